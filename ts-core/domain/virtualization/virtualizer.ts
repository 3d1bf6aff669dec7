/**
 * The contract between the dispatcher and a virtualizer, which translates one command of one context into physical
 * commands.
 *
 * Only one exchange runs at a time, since the TPM executes one command at a time. If the transport fails, the exchange
 * is resumed with `throw(error)`, and must make the tables consistent before it passes the error on. If the TPM answers
 * that it needs to be started, it has lost everything: the exchange is ended with `return`, and runs again after
 * `tpmWasReset`. So an exchange sees that answer to its own Startup only, and `direct.complete` never sees it.
 */
import type { Caller } from '../caller.js';
import type { Exchange } from '../tpm/exchange.js';

/** Who holds a resource. */
export type ResourceHolder = Pick<VirtualResource, 'userKey' | 'contextId'>;

/** A resource that some context holds, for `Get-TbsResource`. */
export interface VirtualResource {
  /** A name that does not change while the broker runs; `Remove-TbsResource` takes it. */
  readonly id: string;
  readonly kind:
    | 'transient'
    | 'loadedSession'
    | 'savedSession'
    | 'sequence'
    | 'key'
    | 'authSession'
    | 'transportSession';
  readonly userKey: string;
  /** Null for a saved session whose context was closed. */
  readonly contextId: number | null;
  /** The handle that the context sees. */
  readonly virtualHandle: number;
  /** Whether it is in the TPM now, or swapped out. */
  readonly resident: boolean;
}

export interface ResourceCounts {
  readonly transient: number;
  readonly loadedSessions: number;
  readonly savedSessions: number;
}

/** A session that a user has saved: it outlives contexts and restarts of the broker, and is void after a TPM reset. */
export interface SavedSessionRecord {
  readonly handle: number;
  readonly userKey: string;
  /** The blob that the caller holds, base64. */
  readonly callerBlob: string;
  /** The newest blob of the same session (after a gap repair), base64. */
  readonly currentBlob: string;
  /** Order of saving, for reclaiming the oldest first. */
  readonly sequence: number;
}

/** What must survive a restart of the broker, so that none of its resources leak in the TPM. */
export interface VirtualizerSnapshot {
  readonly savedSessions: readonly SavedSessionRecord[];
  /**
   * Physical handles that the broker has created and not flushed; if they still exist at the next start, it flushes
   * them.
   */
  readonly ownedHandles: readonly number[];
  /**
   * TPM 2.0: the transient objects that were in the TPM and not the broker's. Whatever else is there after a crash, in
   * the same run of the TPM, is the broker's: of the programs that use the TPM besides, the kernel's resource manager
   * lets none leave an object. Undefined after an orderly stop, when others may have used the TPM in between.
   */
  readonly unmanagedObjects?: readonly number[];
  /** TPM 2.0: the run of the TPM that the snapshot describes; it is void after another reset. */
  readonly resetCounts?: { readonly resetCount: number; readonly restartCount: number };
}

/**
 * Whether running a command now would need swapping. `none`: it uses nothing that is ever swapped; `resident`:
 * everything that it uses is in the TPM; `swap`: something must be loaded, or something else saved to make room.
 */
export type SwapNeed = 'none' | 'resident' | 'swap';

/**
 * Runs commands that are one plain round trip, without a generator and without allocating anything.
 *
 *     const physical = direct.begin(contextId, command);
 *     if (physical === null) → execute(contextId, command)
 *     response = direct.complete(await transmit(physical)), or direct.failed() when the transport failed
 *     if (response === null) → execute(contextId, command): nothing has happened yet, and the command needs an exchange
 *
 * Between `begin` and `complete` or `failed` no exchange runs.
 */
export interface DirectPath {
  /**
   * Returns null if the command needs an exchange. The handles in `command` may be rewritten until `complete` or
   * `failed`.
   */
  begin(contextId: number, command: Uint8Array): Uint8Array | null;
  complete(response: Uint8Array): Uint8Array | null;
  failed(): void;
}

export interface Virtualizer {
  /** Reads from the TPM what the tables need, and flushes what the broker's previous run left behind. */
  start(previous: VirtualizerSnapshot | undefined): Exchange<void>;
  /**
   * Returns the complete handles in a command's handle area, for the filter's handle rules; null if the TPM does not
   * list the command, and always for TPM 1.2, which has no handle area.
   */
  handlesOf(command: Uint8Array): readonly number[] | null;
  /** Adds a new context; sends nothing to the TPM. */
  openContext(contextId: number, caller: Caller): void;
  /** Absent if every command needs an exchange. */
  readonly direct?: DirectPath;
  /**
   * Judges a waiting command, for the order of the queue. Reads only the tables, and does not count as a use of
   * anything.
   */
  swapNeed(contextId: number, command: Uint8Array): SwapNeed;
  /**
   * Runs one command that the filter and the lockout have allowed. A caller's mistakes become TPM responses, not
   * exceptions.
   */
  execute(contextId: number, command: Uint8Array): Exchange<Uint8Array>;
  /**
   * Flushes what a cancelled command has created, since its caller never saw the response. `response` is what `execute`
   * returned.
   */
  discard(contextId: number, command: Uint8Array, response: Uint8Array): Exchange<void>;
  /** Flushes what the context holds. Sessions that it saved stay with its user. */
  closeContext(contextId: number): Exchange<void>;
  /** Forgets everything volatile, since the TPM was reset; contexts stay open. */
  tpmWasReset(): void;
  /** Prepares a suspend: saves what the TPM would lose although it saves its own state. */
  suspend(): Exchange<void>;
  resume(): Exchange<void>;
  /** Lists the resources of the holders that `of` selects; without `of`, all. Does not read the resources of others. */
  resources(of?: (holder: ResourceHolder) => boolean): readonly VirtualResource[];
  counts(contextId: number): ResourceCounts;
  /** Flushes one resource, whoever holds it; returns false if it no longer exists. */
  removeResource(id: string): Exchange<boolean>;
  snapshot(): VirtualizerSnapshot;
  /** Called synchronously when the snapshot has changed, so that it can be stored. */
  onSnapshotChange: (() => void) | undefined;
}
