/** What the platform's firmware offers: the measured-boot log and physical presence. */

/** Reads the measured-boot log from the firmware's file. */
export interface EventLogSource {
  /** Rejects with TBS_E_NO_EVENT_LOG if there is no log or it is longer than any valid log. */
  read(): Promise<Uint8Array>;
}

/**
 * The firmware's physical presence interface (TCG PC Client Physical Presence Interface 1.3).
 *
 * Every method rejects with TBS_E_PPI_NOT_SUPPORTED if the platform has no such interface, and with
 * TBS_E_PPI_FUNCTION_UNSUPPORTED if the interface lacks the function.
 */
export interface PhysicalPresence {
  /** Returns the version of the interface, such as `1.3`. */
  version(): Promise<string>;
  /** Returns the operation that will run at the next boot; 0: none. */
  pendingOperation(): Promise<number>;
  /** Returns the action that executes the pending operation: 0 none, 1 shut down, 2 restart, 3 vendor-specific. */
  transitionAction(): Promise<number>;
  /** Returns the firmware's answer to the last request; undefined if nothing was ever requested. */
  lastAnswer(): Promise<PhysicalPresenceAnswer | undefined>;
  /**
   * Returns what the platform does with each operation, by number: 0 not implemented, 1 firmware only, 2 blocked by
   * firmware settings, 3 requires confirmation, 4 requires none. An operation that is missing is not implemented.
   * Undefined if the platform cannot be asked (an interface older than 1.2).
   */
  confirmations(): Promise<ReadonlyMap<number, number> | undefined>;
  /** Resolves once the firmware has accepted the request. */
  request(operation: number): Promise<void>;
}

/** The firmware's result for the last request: the operation and its result (0: success). */
export interface PhysicalPresenceAnswer {
  readonly operation: number;
  /** Unsigned 32 bits: 0, a TPM result, 0xFFFFFFF0 (aborted by the user) or 0xFFFFFFF1 (failed in the firmware). */
  readonly result: number;
}
