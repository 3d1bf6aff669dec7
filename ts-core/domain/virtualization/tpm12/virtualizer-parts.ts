/**
 * The tables of one TPM and the mechanisms that work on them. Each part of the virtualizer takes those that it needs.
 */
import { ContextGap } from './context-gap.js';
import { ResourceTable } from './handles.js';
import { Quotas, type ResourceLimits } from './quotas.js';
import { Reconciliation } from './reconcile.js';
import { Swapping } from './save-load-evict.js';
import { DaaSessions, SavedSessions, Sha1Thread } from './sessions.js';

export interface VirtualizerParts {
  readonly table: ResourceTable;
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

export function createParts(configured: Partial<ResourceLimits>, changed: () => void): VirtualizerParts {
  const table = new ResourceTable();
  const saved = new SavedSessions();
  const swapping = new Swapping(table, saved, changed);
  return {
    table,
    saved,
    daa: new DaaSessions(),
    sha1: new Sha1Thread(),
    swapping,
    quotas: new Quotas(configured, table, saved),
    contextGap: new ContextGap(table, saved, swapping, changed),
    reconciliation: new Reconciliation(table, changed),
    savedKeyHandles: new Map(),
    changed,
  };
}

/** Empties all tables: the TPM has lost everything. */
export function forgetEverything(parts: VirtualizerParts): void {
  parts.daa.keepOnly([]);
  for (const resource of [...parts.table.all()]) parts.table.remove(resource);
  parts.saved.clear();
  parts.swapping.savedRoom.tpmWasReset();
  parts.savedKeyHandles.clear();
  parts.table.unmanagedKeys = new Set();
  parts.sha1.forget();
  parts.reconciliation.isDue = false;
  parts.changed();
}
