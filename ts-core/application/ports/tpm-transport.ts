/** A connection to the TPM. The dispatcher never transmits a second command before the first is answered. */
export interface TpmTransport {
  /** Kind and address, for messages: `swtpm unix:/run/swtpm/sock`, `device /dev/tpm0`. */
  readonly description: string;
  readonly maxLocality: number;
  /** How a running command can be cancelled. With `none`, the broker has to wait for its response and discards it. */
  readonly cancellation: 'controlChannel' | 'sysfs' | 'tbs' | 'none';
  /** Whether the broker started this TPM itself, and so has to reset it and shut it down. */
  readonly ownsTpm: boolean;
  /** A TPM implemented by a program, which protects keys no better than a file does. */
  readonly isSoftwareTpm: boolean;
  /**
   * Transmits one whole command and returns the whole response. Rejects with TBS_E_IOERROR if the TPM is gone or does
   * not answer within `timeoutMs`; the next transmit then reconnects.
   */
  transmit(command: Uint8Array, options: TransmitOptions): Promise<Uint8Array>;
  /**
   * Asks the TPM to cancel the running command. Resolves once the request is delivered; `transmit` still returns the
   * response.
   */
  cancel(): Promise<void>;
  /** Returns other processes that can open the device or hold it open; empty if no process can. */
  exposure(): Promise<readonly string[]>;
  /** Sends TPM_Init to a restarted TPM that the platform does not power (swtpm CMD_INIT). Absent for other TPMs. */
  reset?(): Promise<void>;
  /** Called when the TPM was lost and came back without its volatile state (swtpm restarted). */
  onReset: (() => void) | undefined;
  /** Called when the TPM was lost and came back, and its volatile state may be gone. */
  onReturned?: (() => void) | undefined;
  /** Called when an event may have disconnected the TPM while no command was running. */
  onDisturbed?: (() => void) | undefined;
  /** Returns whether the TPM has disappeared since the last command; for transports that receive no notification. */
  isGone?(): Promise<boolean>;
  /** The kernel's name of the TPM, such as `tpm1`; undefined if it has none. It may differ after a lost TPM returns. */
  readonly tpmName?: string | undefined;
  close(): Promise<void>;
}

export interface TransmitOptions {
  readonly locality: number;
  readonly timeoutMs: number;
  /**
   * Called once the TPM has the command and the transport would only wait, so that the broker can do other work.
   * Returns whether further commands are queued.
   */
  readonly whileTpmWorks?: (() => boolean) | undefined;
}

/** A configured transport that failed before the one in use was tried. */
export interface PassedOverTpm {
  /** The failed transport's `TpmTransport.description`. */
  readonly transport: string;
  readonly reason: string;
}
