/**
 * The physical presence interface in Windows' terms: operations and results by number and name.
 *
 * Operations: Win32_Tpm.SetPhysicalPresenceRequest and TCG PC Client Physical Presence Interface 1.3, table 2;
 * results and confirmation states: the same specification, 2.1.
 */
export interface PhysicalPresenceOperation {
  readonly number: number;
  readonly name: string;
}

export const NO_OPERATION = 0;
export const SUCCESS = 0;
const USER_ABORT = 0xfffffff0;
const FIRMWARE_FAILURE = 0xfffffff1;
const LAST_TPM_RESULT = 0xfff;

/** The operations by Windows' names. */
export const PPI_OPERATION = {
  None: NO_OPERATION,
  Enable: 1,
  Disable: 2,
  Activate: 3,
  Deactivate: 4,
  Clear: 5,
  EnableActivate: 6,
  DeactivateDisable: 7,
  SetOwnerInstallTrue: 8,
  SetOwnerInstallFalse: 9,
  EnableActivateSetOwnerInstallTrue: 10,
  SetOwnerInstallFalseDeactivateDisable: 11,
  DeferredUnownedFieldUpgrade: 12,
  ClearEnableActivate: 14,
  SetNoPPIProvisionFalse: 15,
  SetNoPPIProvisionTrue: 16,
  SetNoPPIClearFalse: 17,
  SetNoPPIClearTrue: 18,
  SetNoPPIMaintenanceFalse: 19,
  SetNoPPIMaintenanceTrue: 20,
  EnableActivateClear: 21,
  EnableActivateClearEnableActivate: 22,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(PPI_OPERATION).map(([name, operation]) => [operation, name]),
);

/** An operation that the platform offers, and how it is confirmed. */
export interface OfferedOperation extends PhysicalPresenceOperation {
  readonly confirmation: Exclude<ConfirmationName, 'NotImplemented'> | 'Unknown';
}

/**
 * Returns the operations in Windows' numbering that the platform offers, in order. If the platform cannot be asked,
 * returns all of them with the confirmation `Unknown`.
 */
export function offeredOperations(confirmations: ReadonlyMap<number, number> | undefined): readonly OfferedOperation[] {
  const offered: OfferedOperation[] = [];
  for (const [number, name] of NAMES) {
    const confirmation = confirmations === undefined ? 'Unknown' : confirmationName(confirmations.get(number) ?? 0);
    if (confirmation !== 'NotImplemented') offered.push({ number, name, confirmation });
  }
  return offered;
}

/** Returns the operation's name, or its number as text if Windows has no name for it (vendor-specific or newer). */
export function operationName(operation: number): string {
  return NAMES.get(operation) ?? String(operation);
}

export function isKnownOperation(operation: number): boolean {
  return NAMES.has(operation);
}

export const CONFIRMATION_NAMES = [
  'NotImplemented',
  'FirmwareOnly',
  'BlockedByFirmwareSettings',
  'UserRequired',
  'UserNotRequired',
] as const;

export type ConfirmationName = (typeof CONFIRMATION_NAMES)[number];

export function confirmationName(state: number): ConfirmationName {
  return CONFIRMATION_NAMES[state] ?? 'NotImplemented';
}

export const TRANSITION_NAMES = ['None', 'Shutdown', 'Restart', 'VendorSpecific'] as const;

export type TransitionName = (typeof TRANSITION_NAMES)[number];

export function transitionName(action: number): TransitionName {
  return TRANSITION_NAMES[action] ?? 'VendorSpecific';
}

export type ResultName = 'Success' | 'UserAbort' | 'FirmwareFailure' | 'TpmError' | 'Unknown';

export function resultName(result: number): ResultName {
  if (result === SUCCESS) return 'Success';
  if (result === USER_ABORT) return 'UserAbort';
  if (result === FIRMWARE_FAILURE) return 'FirmwareFailure';
  return result <= LAST_TPM_RESULT ? 'TpmError' : 'Unknown';
}

export type RequestVerdict =
  | { readonly permitted: true; readonly userRequired: boolean }
  | { readonly permitted: false; readonly reason: string };

/**
 * Decides whether the operating system may request the operation.
 *
 * @param confirmations what the platform does with each operation; undefined if it cannot be asked (interface older
 * than 1.2), in which case only the request itself finds out.
 */
export function mayRequest(operation: number, confirmations: ReadonlyMap<number, number> | undefined): RequestVerdict {
  if (!isKnownOperation(operation)) return { permitted: false, reason: `${operation} is not an operation` };
  if (operation === NO_OPERATION || confirmations === undefined) return { permitted: true, userRequired: true };
  switch (confirmationName(confirmations.get(operation) ?? 0)) {
    case 'UserRequired':
      return { permitted: true, userRequired: true };
    case 'UserNotRequired':
      return { permitted: true, userRequired: false };
    case 'FirmwareOnly':
      return { permitted: false, reason: 'the firmware offers it in its own set-up only' };
    case 'BlockedByFirmwareSettings':
      return { permitted: false, reason: "the firmware's settings keep the operating system from requesting it" };
    case 'NotImplemented':
      return { permitted: false, reason: 'the firmware does not implement it' };
  }
}
