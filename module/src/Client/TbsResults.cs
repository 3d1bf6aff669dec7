using System;
using System.Collections.Generic;
using System.Management.Automation;

namespace TpmTbs.Client;

/// <summary>A result code, with the ErrorId and category of its error records.</summary>
internal sealed class TbsResult(uint code, string errorId, ErrorCategory category)
{
    internal uint Code { get; } = code;

    internal string ErrorId { get; } = errorId;

    internal ErrorCategory Category { get; } = category;
}

/// <summary>The table of results. Codes and symbols match ts-core/domain/tbs-error.ts; a test compares them.</summary>
internal static class TbsResults
{
    /// <summary>A symbol that only a later broker knows, or a protocol error.</summary>
    private static readonly TbsResult Other = new(0x80284001, "TbsProtocolError", ErrorCategory.ProtocolError);

    private static readonly Dictionary<string, TbsResult> BySymbol = new(StringComparer.Ordinal)
    {
        ["TPM_E_AUTHFAIL"] = new(0x80280001, "TpmAuthFail", ErrorCategory.AuthenticationError),
        ["TPM_20_E_AUTH_FAIL"] = new(0x8028008e, "TpmAuthFail", ErrorCategory.AuthenticationError),
        ["TPM_E_COMMAND_BLOCKED"] = new(0x80280400, "TbsCommandBlocked", ErrorCategory.SecurityError),
        ["TPM_E_EMBEDDED_COMMAND_BLOCKED"] = new(0x80280403, "TbsEmbeddedCommandBlocked", ErrorCategory.SecurityError),
        ["TPM_E_EMBEDDED_COMMAND_UNSUPPORTED"] = new(0x80280404, "TbsEmbeddedCommandUnsupported", ErrorCategory.NotImplemented),
        ["TPM_E_DEFEND_LOCK_RUNNING"] = new(0x80280803, "TbsDefendLockRunning", ErrorCategory.PermissionDenied),
        ["TPM_20_E_LOCKOUT"] = new(0x80280921, "TbsLockout", ErrorCategory.PermissionDenied),
        ["TBS_E_INTERNAL_ERROR"] = new(0x80284001, "TbsInternalError", ErrorCategory.NotSpecified),
        ["TBS_E_BAD_PARAMETER"] = new(0x80284002, "TbsBadParameter", ErrorCategory.InvalidArgument),
        ["TBS_E_INVALID_OUTPUT_POINTER"] = new(0x80284003, "TbsInvalidOutputPointer", ErrorCategory.InvalidArgument),
        ["TBS_E_INVALID_CONTEXT"] = new(0x80284004, "TbsInvalidContext", ErrorCategory.ObjectNotFound),
        ["TBS_E_INSUFFICIENT_BUFFER"] = new(0x80284005, "TbsInsufficientBuffer", ErrorCategory.LimitsExceeded),
        ["TBS_E_IOERROR"] = new(0x80284006, "TbsIoError", ErrorCategory.DeviceError),
        ["TBS_E_INVALID_CONTEXT_PARAM"] = new(0x80284007, "TbsInvalidContextParam", ErrorCategory.InvalidArgument),
        ["TBS_E_SERVICE_NOT_RUNNING"] = new(0x80284008, "TbsServiceNotRunning", ErrorCategory.ResourceUnavailable),
        ["TBS_E_TOO_MANY_TBS_CONTEXTS"] = new(0x80284009, "TbsTooManyContexts", ErrorCategory.LimitsExceeded),
        ["TBS_E_TOO_MANY_RESOURCES"] = new(0x8028400a, "TbsTooManyResources", ErrorCategory.LimitsExceeded),
        ["TBS_E_SERVICE_START_PENDING"] = new(0x8028400b, "TbsServiceStartPending", ErrorCategory.ResourceBusy),
        ["TBS_E_PPI_NOT_SUPPORTED"] = new(0x8028400c, "TbsPpiNotSupported", ErrorCategory.NotImplemented),
        ["TBS_E_COMMAND_CANCELED"] = new(0x8028400d, "TbsCommandCanceled", ErrorCategory.OperationStopped),
        ["TBS_E_BUFFER_TOO_LARGE"] = new(0x8028400e, "TbsBufferTooLarge", ErrorCategory.LimitsExceeded),
        ["TBS_E_TPM_NOT_FOUND"] = new(0x8028400f, "TbsTpmNotFound", ErrorCategory.ObjectNotFound),
        ["TBS_E_SERVICE_DISABLED"] = new(0x80284010, "TbsServiceDisabled", ErrorCategory.ResourceUnavailable),
        ["TBS_E_NO_EVENT_LOG"] = new(0x80284011, "TbsNoEventLog", ErrorCategory.ObjectNotFound),
        ["TBS_E_ACCESS_DENIED"] = new(0x80284012, "TbsAccessDenied", ErrorCategory.PermissionDenied),
        ["TBS_E_PROVISIONING_NOT_ALLOWED"] = new(0x80284013, "TbsProvisioningNotAllowed", ErrorCategory.PermissionDenied),
        ["TBS_E_PPI_FUNCTION_UNSUPPORTED"] = new(0x80284014, "TbsPpiFunctionUnsupported", ErrorCategory.NotImplemented),
        ["TBS_E_OWNERAUTH_NOT_FOUND"] = new(0x80284015, "TbsOwnerAuthNotFound", ErrorCategory.ObjectNotFound),
        ["TBS_E_PROVISIONING_INCOMPLETE"] = new(0x80284016, "TbsProvisioningIncomplete", ErrorCategory.InvalidResult),
    };

    internal static TbsResult Of(string symbol) => BySymbol.TryGetValue(symbol, out TbsResult? result) ? result : Other;
}
