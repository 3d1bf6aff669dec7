/**
 * The contract between the dispatcher and a virtualizer: one command of one context becomes the physical commands that
 * carry it out.
 *
 * Only one exchange runs at a time, since one command is in flight at the TPM. An exchange whose transport failed is
 * resumed with `throw(error)` and must leave the tables consistent before it lets the error go on.
 */
import type { Caller } from '../caller.js';
import type { Exchange } from '../tpm/exchange.js';

/** A resource that some context holds, for `Get-TbsResource`. */
export interface VirtualResource {
  /** Stable name within the broker's life, what `Remove-TbsResource` takes. */
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
  /** Null for a saved session whose context is gone. */
  readonly contextId: number | null;
  /** The handle that the context sees. */
  readonly virtualHandle: number;
  /** Whether it is in the TPM now, or saved outside. */
  readonly resident: boolean;
}

export interface ResourceCounts {
  readonly transient: number;
  readonly loadedSessions: number;
  readonly savedSessions: number;
}

/** Sessions that a user has saved outside of any context; kept over restarts of the broker, void after a TPM reset. */
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

/** What must be remembered over a restart of the broker, so that nothing of its own leaks in the TPM. */
export interface VirtualizerSnapshot {
  readonly savedSessions: readonly SavedSessionRecord[];
  /** Physical handles that the broker created and had not flushed; flushed at the next start when they still exist. */
  readonly ownedHandles: readonly number[];
  /** TPM 2.0: which run of the TPM the snapshot speaks of; after another reset nothing of it holds. */
  readonly resetCounts?: { readonly resetCount: number; readonly restartCount: number };
}

/**
 * What carrying a command out now means for who is in the TPM. `none`: it uses nothing that is ever swapped; `resident`:
 * all that it uses is in the TPM; `swap`: something must be loaded, or something else saved to make room.
 */
export type SwapNeed = 'none' | 'resident' | 'swap';

/**
 * The short way of a command that is one plain round trip: no generator, nothing allocated.
 *
 *     const physical = direct.begin(contextId, command);
 *     if (physical === null) → execute(contextId, command)
 *     response = direct.complete(await transmit(physical)), or direct.failed() when the transport failed
 *     if (response === null) → execute(contextId, command): nothing has happened yet, and it takes more than this
 *
 * Between `begin` and `complete` or `failed` no exchange runs.
 */
export interface DirectPath {
  /** Null when it takes more than one round trip. The command's handles may be rewritten until `complete` or `failed`. */
  begin(contextId: number, command: Uint8Array): Uint8Array | null;
  complete(response: Uint8Array): Uint8Array | null;
  failed(): void;
}

export interface Virtualizer {
  /** Asks the TPM for what the tables are made of and flushes what the broker's own previous run left behind. */
  start(previous: VirtualizerSnapshot | undefined): Exchange<void>;
  /**
   * The handles in a command's handle area, as many whole ones as it holds, for the filter's handle rules; null when
   * the TPM does not list the command. TPM 1.2 has no handle area: always null.
   */
  handlesOf(command: Uint8Array): readonly number[] | null;
  /** A context begins; nothing is sent to the TPM. */
  openContext(contextId: number, caller: Caller): void;
  /** Present where most commands need no exchange. */
  readonly direct?: DirectPath;
  /** Asked for commands that wait, to decide their order: looks at the tables only, and counts as no use of anything. */
  swapNeed(contextId: number, command: Uint8Array): SwapNeed;
  /** Runs one command that has passed every gate. Errors of the caller's making are TPM responses, not exceptions. */
  execute(contextId: number, command: Uint8Array): Exchange<Uint8Array>;
  /**
   * The caller of a successful command gave it up before its response came: flushes what the command made.
   * `response` is what `execute` returned.
   */
  discard(contextId: number, command: Uint8Array, response: Uint8Array): Exchange<void>;
  /** Flushes what the context holds. Sessions that it saved stay with its user. */
  closeContext(contextId: number): Exchange<void>;
  /** The TPM was reset (restarted, power-cycled): everything volatile is gone; contexts stay. */
  tpmWasReset(): void;
  /** Before a suspend: what the TPM would lose in the state that TPM2_Shutdown(STATE) keeps. */
  suspend(): Exchange<void>;
  resume(): Exchange<void>;
  resources(): readonly VirtualResource[];
  counts(contextId: number): ResourceCounts;
  /** Flushes one resource, whoever holds it; false when it is not there any more. */
  removeResource(id: string): Exchange<boolean>;
  snapshot(): VirtualizerSnapshot;
  /** Called synchronously when the snapshot has changed, so that it can be kept. */
  onSnapshotChange: (() => void) | undefined;
}
