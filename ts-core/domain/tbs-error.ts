/**
 * The catalogue of results that callers see: symbol, result code, message and what to do.
 *
 * Values: Microsoft's TBS return codes and TPM result codes (Tbs.h, winerror.h). `docs/errors.md` and the PowerShell
 * ErrorIds list the same symbols; a test compares them.
 */
export interface ResultDescription {
  /** Unsigned 32-bit result code. */
  readonly code: number;
  readonly message: string;
  /** What the reader can do about it. */
  readonly action: string;
}

export const TBS_RESULTS = {
  TPM_E_AUTHFAIL: {
    code: 0x80280001,
    message: 'The TPM rejected the owner authorization. The broker tried it once and will not try it again.',
    action:
      'Find the right owner authorization before trying again: each wrong one brings the TPM closer to its lockout.',
  },
  TPM_20_E_AUTH_FAIL: {
    code: 0x8028008e,
    message: 'The TPM rejected the owner authorization. The broker tried it once and will not try it again.',
    action:
      'Find the right owner authorization, and wait for the lockout recovery time before trying it: until then the TPM rejects the right one too.',
  },
  TPM_E_COMMAND_BLOCKED: {
    code: 0x80280400,
    message: 'The command is blocked.',
    action: 'Test-TbsCommandBlock (or `tbs block test`) names the list that blocks it and what would lift that.',
  },
  TPM_E_EMBEDDED_COMMAND_BLOCKED: {
    code: 0x80280403,
    message: 'The command inside TPM_ExecuteTransport is blocked.',
    action: 'Test-TbsCommandBlock on the inner ordinal names the list that blocks it and what would lift that.',
  },
  TPM_E_EMBEDDED_COMMAND_UNSUPPORTED: {
    code: 0x80280404,
    message: 'The broker does not send this command inside TPM_ExecuteTransport.',
    action: 'Send the command outside of the transport session.',
  },
  TPM_E_DEFEND_LOCK_RUNNING: {
    code: 0x80280803,
    message: 'Authorized commands of this user are locked out after too many authorization failures (TPM 1.2).',
    action: 'Wait until the time given, or ask an administrator for Reset-TbsLockout or Unblock-Tpm.',
  },
  TPM_20_E_LOCKOUT: {
    code: 0x80280921,
    message: 'Authorized commands of this user are locked out after too many authorization failures.',
    action: 'Wait until the time given, or ask an administrator for Reset-TbsLockout or Unblock-Tpm.',
  },
  TBS_E_INTERNAL_ERROR: {
    code: 0x80284001,
    message: 'The broker had an internal error.',
    action: 'See the log of tbsd for the cause; it is not shown to callers.',
  },
  TBS_E_BAD_PARAMETER: {
    code: 0x80284002,
    message: 'A parameter is not valid.',
    action: 'Correct the parameter that the message names.',
  },
  TBS_E_INVALID_OUTPUT_POINTER: {
    code: 0x80284003,
    message: 'An output pointer is not valid.',
    action: 'Pass a valid pointer for the result.',
  },
  TBS_E_INVALID_CONTEXT: {
    code: 0x80284004,
    message: 'The context does not exist, or it belongs to another connection.',
    action: 'Open a context on this connection (New-TbsContext, context/open) and use its handle.',
  },
  TBS_E_INSUFFICIENT_BUFFER: {
    code: 0x80284005,
    message: 'The buffer is too small for the result.',
    action: 'Call again with a buffer of the size that was returned.',
  },
  TBS_E_IOERROR: {
    code: 0x80284006,
    message: 'The broker cannot reach the TPM, or the TPM did not answer in time.',
    action: 'Check the TPM device and the log of tbsd; the broker keeps trying to reach the TPM.',
  },
  TBS_E_INVALID_CONTEXT_PARAM: {
    code: 0x80284007,
    message: 'The context parameters are not valid.',
    action: 'Name at least one TPM version (1.2, 2.0) that the caller speaks.',
  },
  TBS_E_SERVICE_NOT_RUNNING: {
    code: 0x80284008,
    message: 'The broker is not running.',
    action: 'Start it with Start-TbsService, `tbs serve` or `systemctl start tpmtbs`.',
  },
  TBS_E_TOO_MANY_TBS_CONTEXTS: {
    code: 0x80284009,
    message: 'There are too many open contexts.',
    action: 'Close contexts that are no longer used; the details name the limit and its setting.',
  },
  TBS_E_TOO_MANY_RESOURCES: {
    code: 0x8028400a,
    message: 'A limit on virtual resources or waiting submissions is reached.',
    action: 'Flush resources or wait for earlier submissions; the details name the limit and its setting.',
  },
  TBS_E_SERVICE_START_PENDING: {
    code: 0x8028400b,
    message: 'The broker is starting, stopping or suspended and cannot take commands now.',
    action: 'Try again in a moment.',
  },
  TBS_E_PPI_NOT_SUPPORTED: {
    code: 0x8028400c,
    message: 'This platform has no physical presence interface.',
    action: 'Use the firmware set-up of the machine instead.',
  },
  TBS_E_COMMAND_CANCELED: {
    code: 0x8028400d,
    message: 'The command was cancelled.',
    action: 'Send it again if it is still wanted.',
  },
  TBS_E_BUFFER_TOO_LARGE: {
    code: 0x8028400e,
    message: 'The command is larger than the TPM accepts.',
    action: 'Send at most as many bytes as the TPM reports in TPM_PT_MAX_COMMAND_SIZE.',
  },
  TBS_E_TPM_NOT_FOUND: {
    code: 0x8028400f,
    message: 'There is no TPM, or none of a version that the caller speaks.',
    action: 'Check Get-TbsDeviceInfo, and the transport in the configuration of tbsd.',
  },
  TBS_E_SERVICE_DISABLED: {
    code: 0x80284010,
    message: 'The broker is disabled on this machine.',
    action: 'Enable it in the configuration of tbsd.',
  },
  TBS_E_NO_EVENT_LOG: {
    code: 0x80284011,
    message: 'There is no measured-boot log.',
    action: 'Check that the firmware measures the boot and that securityfs is mounted.',
  },
  TBS_E_ACCESS_DENIED: {
    code: 0x80284012,
    message: 'The caller may not do this.',
    action: 'Ask an administrator: root, or a member of the configured administrators group.',
  },
  TBS_E_PROVISIONING_NOT_ALLOWED: {
    code: 0x80284013,
    message: 'Policy or configuration does not allow this change to the owner authorization.',
    action: 'The details name the setting that forbids it and its source.',
  },
  TBS_E_PPI_FUNCTION_UNSUPPORTED: {
    code: 0x80284014,
    message: 'The physical presence interface does not support this operation.',
    action: 'Get-TpmPhysicalPresence lists the operations that this platform supports.',
  },
  TBS_E_OWNERAUTH_NOT_FOUND: {
    code: 0x80284015,
    message: 'This machine does not store the owner authorization.',
    action: 'Pass the owner authorization, or import it with Import-TpmOwnerAuth.',
  },
  TBS_E_PROVISIONING_INCOMPLETE: {
    code: 0x80284016,
    message: 'Provisioning of the TPM is not complete.',
    action: 'Get-TpmProvisioningState shows the steps that are still needed; Initialize-Tpm performs them.',
  },
} as const satisfies Record<string, ResultDescription>;

export type TbsSymbol = keyof typeof TBS_RESULTS;

/** Facts about one error that callers may see: names, limits, times. Never secrets or command contents. */
export type TbsErrorDetails = Readonly<Record<string, unknown>>;

export interface TbsErrorOptions {
  /** Replaces the catalogue's message with a more specific one. */
  readonly message?: string;
  readonly action?: string;
  readonly details?: TbsErrorDetails;
  readonly cause?: unknown;
}

/**
 * The only error that use cases throw. `cause` is for the log only; callers see symbol, message, action and details.
 *
 * Only TBS_E_INTERNAL_ERROR has a stack. The others are replies, which a caller may cause without limit, and the stack
 * would be most of their cost.
 */
export class TbsError extends Error {
  override readonly name = 'TbsError';
  readonly symbol: TbsSymbol;
  /** Unsigned 32-bit result code. */
  readonly resultCode: number;
  readonly action: string;
  readonly details: TbsErrorDetails;

  constructor(symbol: TbsSymbol, options: TbsErrorOptions = {}) {
    const description: ResultDescription = TBS_RESULTS[symbol];
    const { stackTraceLimit } = Error;
    if (symbol !== 'TBS_E_INTERNAL_ERROR') Error.stackTraceLimit = 0;
    super(options.message ?? description.message, options.cause === undefined ? undefined : { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.symbol = symbol;
    this.resultCode = description.code;
    this.action = options.action ?? description.action;
    this.details = options.details ?? {};
  }
}

/**
 * Returns the error itself, or wraps it as the cause of TBS_E_INTERNAL_ERROR: the message of an unexpected error never
 * reaches a caller.
 */
export function asTbsError(error: unknown): TbsError {
  return error instanceof TbsError ? error : new TbsError('TBS_E_INTERNAL_ERROR', { cause: error });
}
