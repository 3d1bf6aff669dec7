/** The ports: interfaces to the outside world. Adapters implement them, and only daemon/compose constructs adapters. */
import type { Caller, CallerClass } from '../domain/caller.js';
import type { LocalCommandLists } from '../domain/filter/local-command-lists.js';
import type { FailureLedgerState } from '../domain/lockout/failure-ledger.js';
import type { SettingExplanation } from '../domain/policy/explain-policy.js';
import type { EffectivePolicy, OsManagedAuthLevel, PolicySettings } from '../domain/policy/settings.js';
import type { VirtualizerSnapshot } from '../domain/virtualization/virtualizer.js';

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
  /** Other processes that can open the device or hold it open; empty if no process can. */
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

/** A configured transport that failed before the one in use was tried. */
export interface PassedOverTpm {
  /** The failed transport's `TpmTransport.description`. */
  readonly transport: string;
  readonly reason: string;
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

/** Access to the other work on the broker's single thread. */
export interface EventLoop {
  /** Reads the requests that have already arrived on the wire endpoint, without waiting. */
  takeRequests(): void;
  /** Resolves after everything else that is ready has run. */
  nextTurn(): Promise<void>;
}

export interface Clock {
  /** UTC, milliseconds since 1970. May step. */
  wallClockMs(): number;
  /** CLOCK_BOOTTIME: milliseconds since boot, including suspends. Never steps. */
  bootTimeMs(): number;
  /** Identifies this boot, so that boot times of different boots are never compared. */
  bootId(): string;
  /** Monotonic milliseconds with fractions, for measuring commands. */
  monotonicMs(): number;
  /** Calls `callback` once after `delayMs`. The timer does not keep the process alive. */
  after(delayMs: number, callback: () => void): { cancel(): void };
}

/** The broker's stored records. Each is replaced as a whole. Owner authorization material is stored elsewhere. */
export interface StateRecords {
  readonly localCommandLists: LocalCommandLists;
  readonly failureLedger: FailureLedgerState;
  readonly localAuthLevel: { readonly level: OsManagedAuthLevel };
  readonly virtualizer: VirtualizerSnapshot;
  /**
   * Records of other features: JSON values under the feature's own name, which the feature validates when it reads
   * them.
   */
  readonly [feature: `feature:${string}`]: unknown;
}

export interface StateStore {
  get<Name extends keyof StateRecords>(name: Name): StateRecords[Name] | undefined;
  /**
   * Resolves when the record is durable; rejects with TBS_E_INTERNAL_ERROR (details: reason) if it cannot be stored.
   */
  put<Name extends keyof StateRecords>(name: Name, value: StateRecords[Name]): Promise<void>;
  delete(name: keyof StateRecords): Promise<void>;
  close(): Promise<void>;
}

/** One setting that `Set-TbsPolicy` or `Import-TbsPolicy` would change. */
export interface PolicyDifference {
  readonly setting: string;
  readonly current: unknown;
  readonly desired: unknown;
}

export interface PolicyStore {
  /**
   * Returns the policy in force. Never throws: while a source is damaged, its last good content stays in force, and the
   * policy lists the problem.
   */
  current(): EffectivePolicy;
  /** Called after every change of the policy in force or of its problems. */
  onChange: ((policy: EffectivePolicy) => void) | undefined;
  /** Reads every source again now. */
  refresh(): Promise<EffectivePolicy>;
  /**
   * Writes settings into the local policy file (policy.d); null removes a setting from it. Resolves once they are in
   * force.
   */
  set(settings: Readonly<Partial<Record<keyof PolicySettings, unknown>>>): Promise<EffectivePolicy>;
  /**
   * Validates a Registry.pol (PReg) and stores a copy as a source. If it is damaged, throws TBS_E_BAD_PARAMETER with
   * the position and stores nothing.
   */
  importRegistryPol(bytes: Uint8Array): Promise<EffectivePolicy>;
  /** Returns every setting with all sources that set it, and the one that decides. */
  explain(): readonly SettingExplanation[];
  /** Returns the policy in force as the JSON of a policy.d file. */
  exportJson(): Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

export type AuditKind =
  | 'commandRefused'
  | 'authorizationFailed'
  | 'lockoutBegan'
  | 'lockoutEnded'
  | 'policyChanged'
  | 'listChanged'
  | 'administration'
  | 'ownerAuthorization'
  | 'tpmLost'
  | 'tpmReturned'
  | 'tpmReset'
  | 'warning';

/** One decision: who, what, why. Contains no command contents and no secrets. */
export interface AuditEvent {
  readonly kind: AuditKind;
  /** UTC ISO 8601. */
  readonly time: string;
  readonly userKey: string | undefined;
  readonly callerClass: CallerClass | undefined;
  readonly processId: number | undefined;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Only in a coalesced event: how many identical events it stands for, and the times of the first and the last. */
  readonly repeated?: { readonly count: number; readonly first: string; readonly last: string };
}

export interface AuditLog {
  /** Never throws and never waits: a full disk loses (and counts) audit lines, but never delays commands. */
  write(event: AuditEvent): void;
  /** The number of lines that could not be written since the start. */
  lostLines(): number;
  close(): Promise<void>;
}

/** Reports suspends and resumes of the platform. */
export interface PowerMonitor {
  /** Starts to monitor. A platform that sends no notifications is not an error. */
  start(listener: PowerListener): void;
  close(): Promise<void>;
}

export interface PowerListener {
  /** The platform is about to sleep. It waits, for a bounded time, until the promise settles. */
  prepareForSleep(): Promise<void>;
  /** The platform is awake again. May be called without a preceding `prepareForSleep`. */
  awake(): Promise<void>;
}

/** Translates between user keys and user names, for display and input only; decisions use the key. */
export interface UserNames {
  /** `alice` for `uid:1000`; null if no such user is known. */
  nameOf(userKey: string): string | null;
  /** The key of a user given by name, number or key; undefined if there is no such user. */
  keyOf(user: string): string | undefined;
}

/** Structured diagnostic log (pino) for operators of the broker. Contains no secrets and no command contents. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * The two places that the directory schema offers for the owner authorization: that of Windows 8 and later, or of
 * Windows 7.
 */
export type DirectoryBackupForm = 'windows8' | 'windows7';

export interface DirectoryCheck {
  /** Host name of the server that answered. */
  readonly server: string;
  readonly form: DirectoryBackupForm;
  /** Distinguished name of this machine's computer object. */
  readonly computer: string;
  /** Distinguished name of the object that contains, or will contain, the owner authorization. */
  readonly target: string;
}

export interface DirectoryReceipt {
  readonly server: string;
  readonly target: string;
  readonly form: DirectoryBackupForm;
}

/** Why a backup failed: `details.reason` of the TBS_E_PROVISIONING_NOT_ALLOWED with which the directory rejects. */
export type DirectoryFailure =
  | 'notJoined'
  | 'noServer'
  | 'wrongCredentials'
  | 'schemaMissing'
  | 'noRight'
  | 'timeout'
  | 'tls'
  | 'clockSkew';

/**
 * Backs up the owner authorization to a directory (AD DS). The value is the base64 text of the owner authorization. It
 * can be written but not read back, so a method resolves on the server's answer to the write.
 *
 * Every method rejects with TBS_E_PROVISIONING_NOT_ALLOWED; `details.reason` is a DirectoryFailure.
 */
export interface OwnerAuthDirectory {
  /** Connects to the server and checks rights and schema. Changes nothing. */
  check(): Promise<DirectoryCheck>;
  /**
   * Phase 1: stores the new value as pending (msTPM-OwnerInformationTemp). The Windows 7 form has no pending value;
   * there this does the same as `check`.
   */
  writePending(value: string, srkThumbprint: Uint8Array): Promise<DirectoryReceipt>;
  /** Phase 2: sets msTPM-OwnerInformation and removes the pending value in a single modify operation. */
  commit(value: string, srkThumbprint: Uint8Array): Promise<DirectoryReceipt>;
  close(): Promise<void>;
}

/**
 * Files with the secrets of the owner authorization. Each secret has its own file, readable only by the broker's user
 * and encrypted with a key that is sealed to the TPM. When a write returns, it is durable and the bytes that it
 * replaced are overwritten. Throws TBS_E_INTERNAL_ERROR, details `reason`: ioError, diskFull or damaged.
 */
export interface OwnerAuthFiles {
  /** Returns the sealed key as the TPM created it; undefined if there is none. */
  readSealedKey(): Uint8Array | undefined;
  writeSealedKey(blob: Uint8Array): void;
  /** Returns the sealed key that secrets are being moved to; undefined if no move is in progress. */
  readNextSealedKey(): Uint8Array | undefined;
  writeNextSealedKey(blob: Uint8Array): void;
  /** Replaces the sealed key by the next one, and overwrites the old one. */
  promoteNextSealedKey(): void;
  /** Returns the names of the stored secrets. */
  names(): readonly string[];
  has(name: string): boolean;
  /** Returns undefined if there is no such file. The caller wipes the bytes. */
  read(name: string, key: Uint8Array): Uint8Array | undefined;
  write(name: string, key: Uint8Array, secret: Uint8Array): void;
  /** Overwrites and removes the secret, if it exists. */
  wipe(name: string): void;
  /** Overwrites and removes the sealed keys and every secret. */
  wipeAll(): void;
}

/** The state of tpm2-abrmd, which competes for the same TPM. */
export interface AbrmdState {
  /** Undefined if it is not running. */
  readonly processId: number | undefined;
  /** Whether D-Bus starts it when a program calls it. */
  readonly activatable: boolean;
}

export interface OtherResourceManager {
  look(): Promise<AbrmdState>;
}

/** Reads the measured-boot log from the firmware's file. */
export interface EventLogSource {
  /** Rejects with TBS_E_NO_EVENT_LOG if there is no log or it is longer than any valid log. */
  read(): Promise<Uint8Array>;
}

/** The firmware's result for the last request: the operation and its result (0: success). */
export interface PhysicalPresenceAnswer {
  readonly operation: number;
  /** Unsigned 32 bits: 0, a TPM result, 0xFFFFFFF0 (aborted by the user) or 0xFFFFFFF1 (failed in the firmware). */
  readonly result: number;
}

/**
 * The firmware's physical presence interface (TCG PC Client Physical Presence Interface 1.3).
 *
 * Every method rejects with TBS_E_PPI_NOT_SUPPORTED if the platform has no such interface, and with
 * TBS_E_PPI_FUNCTION_UNSUPPORTED if the interface lacks the function.
 */
export interface PhysicalPresence {
  /** The version of the interface, such as `1.3`. */
  version(): Promise<string>;
  /** The operation that will run at the next boot; 0: none. */
  pendingOperation(): Promise<number>;
  /** The action that executes the pending operation: 0 none, 1 shut down, 2 restart, 3 vendor-specific. */
  transitionAction(): Promise<number>;
  /** Undefined if nothing was ever requested. */
  lastAnswer(): Promise<PhysicalPresenceAnswer | undefined>;
  /**
   * What the platform does with each operation, by number: 0 not implemented, 1 firmware only, 2 blocked by firmware
   * settings, 3 requires confirmation, 4 requires none. An operation that is missing is not implemented. Undefined if
   * the platform cannot be asked (an interface older than 1.2).
   */
  confirmations(): Promise<ReadonlyMap<number, number> | undefined>;
  /** Resolves once the firmware has accepted the request. */
  request(operation: number): Promise<void>;
}

/**
 * A connected stream socket on the event loop, for paths where Node.js streams would cost more than the data they
 * carry. It has one owner, who closes it.
 */
export interface ByteStream {
  /**
   * Sends bytes from `offset` to `end`. Returns how many were sent, or a negative errno (-EAGAIN: none can be sent
   * now).
   */
  send(bytes: Uint8Array, offset: number, end: number): number;
  /**
   * Receives bytes into the stream's buffer. Returns their number, 0 at the end of the stream, or a negative errno
   * (-EAGAIN: none arrived in time). For the first part of the time it spins, because sleeping and waking take longer
   * than a short command.
   */
  receive(spinMicroseconds: number, sleepMicroseconds: number): number;
  /**
   * Selects which callbacks the event loop makes; none at first. Even with neither, `onReadable` is called, with 0,
   * when the peer is gone. With `dropsUnread`, bytes that the peer sent before it disappeared are discarded.
   */
  setInterest(readable: boolean, writable: boolean, dropsUnread?: boolean): void;
  close(): void;
}

/**
 * Takes over a connection of the platform, which nobody else may use afterwards. `onReadable` receives what `receive`
 * returns. The bytes are in `buffer`; streams may share one, because only `receive` fills it, right before the callback.
 */
export type ByteStreamOpener = (
  socket: object,
  buffer: Uint8Array,
  onReadable: (received: number) => void,
  onWritable: () => void,
) => ByteStream;

/** Receives the events that a connection subscribed to. */
export type EventListener = (event: AuditEvent) => void;

export type { Caller, LocalCommandLists };
