# One row a result that callers see: code, ErrorId, category, and the message and action for where the client itself
# finds out. Codes and symbols are those of ts-core/domain/tbs-error.ts; a test compares them.
$script:TbsResultTable = @{
    TPM_E_AUTHFAIL                     = 0x80280001L, 'TpmAuthFail', 'AuthenticationError'
    TPM_20_E_AUTH_FAIL                 = 0x8028008eL, 'TpmAuthFail', 'AuthenticationError'
    TPM_E_COMMAND_BLOCKED              = 0x80280400L, 'TbsCommandBlocked', 'SecurityError'
    TPM_E_EMBEDDED_COMMAND_BLOCKED     = 0x80280403L, 'TbsEmbeddedCommandBlocked', 'SecurityError'
    TPM_E_EMBEDDED_COMMAND_UNSUPPORTED = 0x80280404L, 'TbsEmbeddedCommandUnsupported', 'NotImplemented'
    TPM_E_DEFEND_LOCK_RUNNING          = 0x80280803L, 'TbsDefendLockRunning', 'PermissionDenied'
    TPM_20_E_LOCKOUT                   = 0x80280921L, 'TbsLockout', 'PermissionDenied'
    TBS_E_INTERNAL_ERROR               = 0x80284001L, 'TbsInternalError', 'NotSpecified'
    TBS_E_BAD_PARAMETER                = 0x80284002L, 'TbsBadParameter', 'InvalidArgument'
    TBS_E_INVALID_OUTPUT_POINTER       = 0x80284003L, 'TbsInvalidOutputPointer', 'InvalidArgument'
    TBS_E_INVALID_CONTEXT              = 0x80284004L, 'TbsInvalidContext', 'ObjectNotFound'
    TBS_E_INSUFFICIENT_BUFFER          = 0x80284005L, 'TbsInsufficientBuffer', 'LimitsExceeded'
    TBS_E_IOERROR                      = 0x80284006L, 'TbsIoError', 'DeviceError'
    TBS_E_INVALID_CONTEXT_PARAM        = 0x80284007L, 'TbsInvalidContextParam', 'InvalidArgument'
    TBS_E_SERVICE_NOT_RUNNING          = 0x80284008L, 'TbsServiceNotRunning', 'ResourceUnavailable'
    TBS_E_TOO_MANY_TBS_CONTEXTS        = 0x80284009L, 'TbsTooManyContexts', 'LimitsExceeded'
    TBS_E_TOO_MANY_RESOURCES           = 0x8028400aL, 'TbsTooManyResources', 'LimitsExceeded'
    TBS_E_SERVICE_START_PENDING        = 0x8028400bL, 'TbsServiceStartPending', 'ResourceBusy'
    TBS_E_PPI_NOT_SUPPORTED            = 0x8028400cL, 'TbsPpiNotSupported', 'NotImplemented'
    TBS_E_COMMAND_CANCELED             = 0x8028400dL, 'TbsCommandCanceled', 'OperationStopped'
    TBS_E_BUFFER_TOO_LARGE             = 0x8028400eL, 'TbsBufferTooLarge', 'LimitsExceeded'
    TBS_E_TPM_NOT_FOUND                = 0x8028400fL, 'TbsTpmNotFound', 'ObjectNotFound'
    TBS_E_SERVICE_DISABLED             = 0x80284010L, 'TbsServiceDisabled', 'ResourceUnavailable'
    TBS_E_NO_EVENT_LOG                 = 0x80284011L, 'TbsNoEventLog', 'ObjectNotFound'
    TBS_E_ACCESS_DENIED                = 0x80284012L, 'TbsAccessDenied', 'PermissionDenied'
    TBS_E_PROVISIONING_NOT_ALLOWED     = 0x80284013L, 'TbsProvisioningNotAllowed', 'PermissionDenied'
    TBS_E_PPI_FUNCTION_UNSUPPORTED     = 0x80284014L, 'TbsPpiFunctionUnsupported', 'NotImplemented'
    TBS_E_OWNERAUTH_NOT_FOUND          = 0x80284015L, 'TbsOwnerAuthNotFound', 'ObjectNotFound'
    TBS_E_PROVISIONING_INCOMPLETE      = 0x80284016L, 'TbsProvisioningIncomplete', 'InvalidResult'
}

function New-TbsErrorRecord([string]$Symbol, [string]$Message, [string]$Action, $TargetObject, $Details) {
    $row = $script:TbsResultTable[$Symbol]
    if ($null -eq $row) { $row = 0x80284001L, 'TbsProtocolError', 'ProtocolError' }
    # An HRESULT is the same 32 bits read with a sign.
    $exception = [System.Runtime.InteropServices.ExternalException]::new($Message, [int]($row[0] - 0x100000000L))
    foreach ($property in @(
            [psnoteproperty]::new('Symbol', $Symbol)
            [psnoteproperty]::new('ResultCode', [uint32]$row[0])
            [psnoteproperty]::new('RecommendedAction', $Action)
            [psnoteproperty]::new('Details', $Details))) {
        $exception.PSObject.Properties.Add($property)
        $exception.Data[$property.Name] = $property.Value
    }
    $record = [System.Management.Automation.ErrorRecord]::new($exception, $row[1], $row[2], $TargetObject)
    $record.ErrorDetails = [System.Management.Automation.ErrorDetails]::new("$Message ($Symbol, 0x$($row[0].ToString('X8')))")
    $record.ErrorDetails.RecommendedAction = $Action
    $record
}
