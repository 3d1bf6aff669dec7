/** The ports: interfaces to the outside world. Adapters implement them; only daemon/compose constructs adapters. */
import type { Caller, CallerClass } from '../domain/caller.js';
import type { LocalCommandLists } from '../domain/filter/local-command-lists.js';
import type { FailureLedgerState } from '../domain/lockout/failure-ledger.js';
import type { SettingExplanation } from '../domain/policy/explain-policy.js';
import type { EffectivePolicy, OsManagedAuthLevel, PolicySettings } from '../domain/policy/settings.js';
import type { VirtualizerSnapshot } from '../domain/virtualization/virtualizer.js';

/** Bytes to the TPM and back, one command at a time; the dispatcher never sends a second before the first is answered. */
export interface TpmTransport {
  /** Kind and address for people: `swtpm unix:/run/swtpm/sock`, `device /dev/tpm0`. */
  readonly description: string;
  readonly maxLocality: number;
  /** How a running command can be cancelled; `none`: its answer must be awaited and thrown away. */
  readonly cancellation: 'controlChannel' | 'sysfs' | 'tbs' | 'none';
  /** Whether the broker itself started this TPM and must shut it down and power it. */
  readonly ownsTpm: boolean;
  /** A program on this or another machine, which protects keys no better than a file does. */
  readonly isSoftwareTpm: boolean;
  /**
   * Sends one whole command and gives the whole response. Rejects with a TbsError TBS_E_IOERROR when the TPM is gone or
   * does not answer within `timeoutMs`; the next transmit then connects again.
   */
  transmit(command: Uint8Array, options: TransmitOptions): Promise<Uint8Array>;
  /** Asks the TPM to give up the running command; resolves when the request is delivered. Its answer still comes through `transmit`. */
  cancel(): Promise<void>;
  /** Processes other than this one that can open, or hold, the device; empty where that is not possible. */
  exposure(): Promise<readonly string[]>;
  /** For TPMs that the platform does not power: TPM_Init after a restart (swtpm CMD_INIT). Absent otherwise. */
  reset?(): Promise<void>;
  /** Called when the TPM behind the transport was lost and found again (swtpm restarted): volatile state is gone. */
  onReset: (() => void) | undefined;
  /** Called when the TPM was lost and found again and may, or may not, have kept its volatile state. */
  onReturned?: (() => void) | undefined;
  /** Called when something happened that may have taken the TPM away while no command was running. */
  onDisturbed?: (() => void) | undefined;
  /** Whether the TPM has gone since the last command; for transports that are not told of it. */
  isGone?(): Promise<boolean>;
  /** The kernel's name of the TPM, `tpm1`; undefined where it has none. It may change when a lost TPM returns. */
  readonly tpmName?: string | undefined;
  close(): Promise<void>;
}

/** A configured way to the TPM that was tried before the one in use. */
export interface PassedOverTpm {
  /** As `TpmTransport.description`. */
  readonly transport: string;
  readonly reason: string;
}

export interface TransmitOptions {
  readonly locality: number;
  readonly timeoutMs: number;
  /**
   * Called once the TPM has the command and the transport could only wait: there is time for other work. Gives whether
   * further commands wait.
   */
  readonly whileTpmWorks?: (() => boolean) | undefined;
}

/** What else runs on the broker's one thread. */
export interface EventLoop {
  /** Takes in the requests that have arrived on the byte path by now, without waiting. */
  takeRequests(): void;
  /** Resolves after everything else that is ready has had its turn. */
  nextTurn(): Promise<void>;
}

export interface Clock {
  /** UTC, milliseconds since 1970; may step. */
  wallClockMs(): number;
  /** CLOCK_BOOTTIME: milliseconds since boot, running through suspend; never steps. */
  bootTimeMs(): number;
  /** Identity of this boot, so that times of different boots are not compared. */
  bootId(): string;
  /** Monotonic milliseconds with fraction, for durations of commands. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`; the timer does not keep the process alive. */
  after(delayMs: number, callback: () => void): { cancel(): void };
}

/** The broker's own records. Each is replaced as a whole; owner authorization material is kept elsewhere. */
export interface StateRecords {
  readonly localCommandLists: LocalCommandLists;
  readonly failureLedger: FailureLedgerState;
  readonly localAuthLevel: { readonly level: OsManagedAuthLevel };
  readonly virtualizer: VirtualizerSnapshot;
  /** Records of other features: JSON values by the feature's own name, validated by the feature when read. */
  readonly [feature: `feature:${string}`]: unknown;
}

export interface StateStore {
  get<Name extends keyof StateRecords>(name: Name): StateRecords[Name] | undefined;
  /** Resolves when the record is durable; rejects with TbsError TBS_E_INTERNAL_ERROR (details: reason) when it cannot be. */
  put<Name extends keyof StateRecords>(name: Name, value: StateRecords[Name]): Promise<void>;
  delete(name: keyof StateRecords): Promise<void>;
  close(): Promise<void>;
}

/** What `Set-TbsPolicy` and `Import-TbsPolicy` would change, setting by setting. */
export interface PolicyDifference {
  readonly setting: string;
  readonly current: unknown;
  readonly desired: unknown;
}

export interface PolicyStore {
  /** The policy in force; never throws: a damaged source leaves the last good one in force and is a problem in it. */
  current(): EffectivePolicy;
  /** Called after every change of what is in force or of its problems. */
  onChange: ((policy: EffectivePolicy) => void) | undefined;
  /** Reads every source again now. */
  refresh(): Promise<EffectivePolicy>;
  /** Writes settings into the local policy file (policy.d); null removes a setting from it. Resolves when in force. */
  set(settings: Readonly<Partial<Record<keyof PolicySettings, unknown>>>): Promise<EffectivePolicy>;
  /** Checks a Registry.pol (PReg) and keeps it as a source. Throws TBS_E_BAD_PARAMETER, with where it is damaged, and keeps nothing. */
  importRegistryPol(bytes: Uint8Array): Promise<EffectivePolicy>;
  /** Every setting with all sources that say something about it, and which of them decides. */
  explain(): readonly SettingExplanation[];
  /** The policy in force as the JSON of a policy.d file. */
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

/** One decision: who, what, why. Never command contents or secrets. */
export interface AuditEvent {
  readonly kind: AuditKind;
  /** UTC ISO 8601. */
  readonly time: string;
  readonly userKey: string | undefined;
  readonly callerClass: CallerClass | undefined;
  readonly processId: number | undefined;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Set on a coalesced event: how many identical ones it stands for, and their first and last time. */
  readonly repeated?: { readonly count: number; readonly first: string; readonly last: string };
}

export interface AuditLog {
  /** Never throws and never waits: a full disk loses audit lines (and counts them), not commands. */
  write(event: AuditEvent): void;
  /** Lines that could not be written since the start. */
  lostLines(): number;
  close(): Promise<void>;
}

/** Tells of the platform's suspend and resume. */
export interface PowerMonitor {
  /** Begins to follow; a platform that tells nothing is no error. */
  start(listener: PowerListener): void;
  close(): Promise<void>;
}

export interface PowerListener {
  /** The platform is about to sleep, and waits, for a bounded time, until the promise is settled. */
  prepareForSleep(): Promise<void>;
  /** It is awake again. Also called when nobody asked to prepare. */
  awake(): Promise<void>;
}

/** Names of users for people to read and to type; decisions go by the key. */
export interface UserNames {
  /** `alice` for `uid:1000`; null when the user is not known (any more). */
  nameOf(userKey: string): string | null;
  /** The key of a user given by name, by number or by key; undefined when there is none. */
  keyOf(user: string): string | undefined;
}

/** Structured log for the people who run the broker (pino). Never secrets or command contents. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Which of the two places the directory's schema offers for the owner authorization (AD DS of Windows 8 and later, or 7). */
export type DirectoryBackupForm = 'windows8' | 'windows7';

export interface DirectoryCheck {
  /** Host name of the server that answered. */
  readonly server: string;
  readonly form: DirectoryBackupForm;
  /** Distinguished name of this machine's computer object. */
  readonly computer: string;
  /** Distinguished name of the object that holds, or would hold, the owner authorization. */
  readonly target: string;
}

export interface DirectoryReceipt {
  readonly server: string;
  readonly target: string;
  readonly form: DirectoryBackupForm;
}

/** Why a backup failed; `details.reason` of the TBS_E_PROVISIONING_NOT_ALLOWED that the directory rejects with. */
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
 * Backup of the owner authorization to a directory (AD DS). The value is the base64 text of the owner authorization; it
 * can be written and not read back, so that a resolved promise is the server's answer to the write.
 *
 * Every method rejects with TBS_E_PROVISIONING_NOT_ALLOWED, details `reason` a DirectoryFailure.
 */
export interface OwnerAuthDirectory {
  /** Reaches the server, checks rights and schema, changes nothing. */
  check(): Promise<DirectoryCheck>;
  /**
   * Phase 1: the new value becomes the pending one (msTPM-OwnerInformationTemp). The Windows 7 form has no place for a
   * pending value: there this only checks what `check` does.
   */
  writePending(value: string, srkThumbprint: Uint8Array): Promise<DirectoryReceipt>;
  /** Phase 2: one modify sets msTPM-OwnerInformation and removes the temporary one. */
  commit(value: string, srkThumbprint: Uint8Array): Promise<DirectoryReceipt>;
  close(): Promise<void>;
}

/**
 * The secrets of the owner authorization: each in a file of its own that only the broker's user may read, encrypted with
 * a key that is sealed to the TPM. Every write is durable, and the bytes that it replaces are overwritten, when the
 * method returns. Throws TBS_E_INTERNAL_ERROR, details `reason`: ioError, diskFull or damaged.
 */
export interface OwnerAuthFiles {
  /** The sealed key as the TPM gave it; undefined when there is none. */
  readSealedKey(): Uint8Array | undefined;
  writeSealedKey(blob: Uint8Array): void;
  /** The sealed key that is to follow, while secrets are moved to it; undefined when none is. */
  readNextSealedKey(): Uint8Array | undefined;
  writeNextSealedKey(blob: Uint8Array): void;
  /** The next sealed key takes the place of the one before, which is overwritten. */
  promoteNextSealedKey(): void;
  /** Names of the secrets that are there. */
  names(): readonly string[];
  has(name: string): boolean;
  /** Undefined when there is no such file. The caller wipes the bytes. */
  read(name: string, key: Uint8Array): Uint8Array | undefined;
  write(name: string, key: Uint8Array, secret: Uint8Array): void;
  /** Overwrites and removes; nothing to do when there is none. */
  wipe(name: string): void;
  /** The sealed keys and every secret. */
  wipeAll(): void;
}

/** What is known of tpm2-abrmd, which wants the same TPM. */
export interface AbrmdState {
  /** Undefined while it does not run. */
  readonly processId: number | undefined;
  /** Whether D-Bus starts it when a program calls it. */
  readonly activatable: boolean;
}

export interface OtherResourceManager {
  look(): Promise<AbrmdState>;
}

/** The measured-boot log, as the firmware's file has it. */
export interface EventLogSource {
  /** Rejects with TBS_E_NO_EVENT_LOG where there is none, or where it is longer than any log. */
  read(): Promise<Uint8Array>;
}

/** What the firmware did with the last request: the operation and its result (0 success). */
export interface PhysicalPresenceAnswer {
  readonly operation: number;
  /** Unsigned 32 bits: 0, a TPM result, 0xFFFFFFF0 aborted by the user, 0xFFFFFFF1 failed in the firmware. */
  readonly result: number;
}

/**
 * The firmware's physical presence interface (TCG PC Client Physical Presence Interface 1.3).
 *
 * Every method rejects with TBS_E_PPI_NOT_SUPPORTED where the platform has none, and with TBS_E_PPI_FUNCTION_UNSUPPORTED
 * where it has it without that function.
 */
export interface PhysicalPresence {
  /** `1.3`. */
  version(): Promise<string>;
  /** The operation that waits for the next boot; 0: none. */
  pendingOperation(): Promise<number>;
  /** What carries the pending operation out: 0 nothing, 1 shut down, 2 restart, 3 the vendor's own. */
  transitionAction(): Promise<number>;
  /** Undefined when nothing was ever requested. */
  lastAnswer(): Promise<PhysicalPresenceAnswer | undefined>;
  /**
   * What the platform does with each operation, by number: 0 not implemented, 1 from the firmware only, 2 blocked by the
   * firmware's settings, 3 after confirmation, 4 without. An operation that is missing is not implemented. Undefined
   * where the platform cannot be asked (an interface before 1.2).
   */
  confirmations(): Promise<ReadonlyMap<number, number> | undefined>;
  /** Resolves when the firmware has taken the request. */
  request(operation: number): Promise<void>;
}

/**
 * A connected stream socket on the event loop, for the paths on which the platform's own streams cost more than what they
 * carry. Used by one owner, who closes it.
 */
export interface ByteStream {
  /** How many bytes of `bytes` from `offset` to `end` were sent, or a negative errno (-EAGAIN: none now). */
  send(bytes: Uint8Array, offset: number, end: number): number;
  /**
   * Bytes received into the stream's buffer within the time, 0 at its end, or a negative errno (-EAGAIN: none came). For
   * the first part of the time it keeps a processor busy, since to sleep and be woken takes longer than a short command.
   */
  receive(spinMicroseconds: number, sleepMicroseconds: number): number;
  /**
   * Which of the callbacks the event loop makes; none at first. With neither, `onReadable` is still called, with 0, when the
   * peer is gone. With `dropsUnread`, what the peer had sent is not received any more once it is gone.
   */
  setInterest(readable: boolean, writable: boolean, dropsUnread?: boolean): void;
  close(): void;
}

/**
 * Takes a connection of the platform over, which nobody else can use any more. `onReadable` gets what `receive`
 * gives; the bytes are in `buffer`, which streams may share, since it is only filled by `receive` and right before the
 * callback.
 */
export type ByteStreamOpener = (
  socket: object,
  buffer: Uint8Array,
  onReadable: (received: number) => void,
  onWritable: () => void,
) => ByteStream;

/** A live subscription of a connection to events; the endpoint sends what it is given. */
export type EventListener = (event: AuditEvent) => void;

export type { Caller, LocalCommandLists };
