/**
 * The tables of one TPM and the mechanisms that work on them. Each part of the virtualizer takes those that it needs.
 */
import { ContextGap } from './context-gap.js';
import { DaaSessions, Keys, Sha1Thread, type VirtualContext } from './handles.js';
import { Quotas, type ResourceLimits } from './quotas.js';
import { Reconciliation } from './reconcile.js';
import { Swapping } from './save-load-evict.js';
import { SavedSessions, Sessions } from './sessions.js';

export interface VirtualizerParts {
  readonly contexts: Map<number, VirtualContext>;
  readonly keys: Keys;
  readonly sessions: Sessions;
  /** The sessions that callers saved. */
  readonly saved: SavedSessions;
  readonly daa: DaaSessions;
  readonly sha1: Sha1Thread;
  readonly swapping: Swapping;
  readonly quotas: Quotas;
  readonly contextGap: ContextGap;
  readonly reconciliation: Reconciliation;
  /** For key blobs that callers saved: from integrity digest to the handle that they knew. Bounded. */
  readonly savedKeyHandles: Map<string, number>;
  /** Called when the snapshot has changed. */
  readonly changed: () => void;
}

export function createParts(limits: Partial<ResourceLimits>, changed: () => void): VirtualizerParts {
  const contexts = new Map<number, VirtualContext>();
  const keys = new Keys(contexts);
  const sessions = new Sessions(contexts);
  const saved = new SavedSessions();
  const swapping = new Swapping(keys, sessions, saved, changed);
  return {
    contexts,
    keys,
    sessions,
    saved,
    daa: new DaaSessions(),
    sha1: new Sha1Thread(),
    swapping,
    quotas: new Quotas(limits, keys, sessions, saved),
    contextGap: new ContextGap(sessions, saved, swapping, changed),
    reconciliation: new Reconciliation(keys, sessions, changed),
    savedKeyHandles: new Map(),
    changed,
  };
}

/** Empties all tables: the TPM has lost everything. */
export function forgetEverything(parts: VirtualizerParts): void {
  const { keys, sessions, saved, daa, sha1, swapping, savedKeyHandles, reconciliation, changed } = parts;
  keys.forgetAll();
  sessions.forgetAll();
  saved.clear();
  daa.keepOnly([]);
  sha1.forget();
  swapping.savedRoom.tpmWasReset();
  savedKeyHandles.clear();
  reconciliation.isDue = false;
  changed();
}
