/**
 * The tables of one TPM and the mechanisms that work on them. Each part of the virtualizer takes those that it needs.
 */
import { TPM_PT } from '../../tpm20/codes.js';
import { CommandAreas, type CommandTable } from '../../tpm20/command-shape.js';
import type { ResetCounts } from './broker-commands.js';
import { type HandleRanges, TransientObjects, type VirtualContext } from './handles.js';
import { Quotas, type ResourceLimits } from './quotas.js';
import { Reconciliation } from './reconcile.js';
import { Swapping } from './save-load-evict.js';
import { Sessions } from './sessions.js';

export interface VirtualizerParts {
  readonly contexts: Map<number, VirtualContext>;
  readonly objects: TransientObjects;
  readonly sessions: Sessions;
  readonly swapping: Swapping;
  readonly quotas: Quotas;
  readonly commands: CommandTable;
  /** The handles and sessions of the command that was read last. */
  readonly areas: CommandAreas;
  readonly ranges: HandleRanges;
  readonly reconciliation: Reconciliation;
  /** The run of the TPM that the tables describe; undefined if the TPM does not report it. */
  resetCounts: ResetCounts | undefined;
  /** Called when the snapshot has changed. */
  readonly changed: () => void;
}

const DEFAULT_ACTIVE_SESSIONS = 64;

export function createParts(
  limits: ResourceLimits,
  changed: () => void,
  commands: CommandTable,
  properties: ReadonlyMap<number, number>,
): VirtualizerParts {
  const activeSessionsMax = properties.get(TPM_PT.ACTIVE_SESSIONS_MAX) ?? DEFAULT_ACTIVE_SESSIONS;
  const objects = new TransientObjects(changed);
  const sessions = new Sessions(changed);
  const swapping = new Swapping(objects, sessions, changed);
  return {
    contexts: new Map(),
    objects,
    sessions,
    swapping,
    quotas: new Quotas(limits, activeSessionsMax, objects, sessions, swapping),
    commands,
    areas: new CommandAreas(),
    ranges: {
      get transientObjects() {
        return limits.resourcesPerContext;
      },
      sessions: activeSessionsMax,
    },
    reconciliation: new Reconciliation(objects, sessions, swapping),
    resetCounts: undefined,
    changed,
  };
}

/** Empties all tables: the TPM has lost everything. */
export function forgetEverything(parts: VirtualizerParts): void {
  const { contexts, objects, sessions, swapping, reconciliation } = parts;
  // After a TPM Restart, which looks like a reset here, saved sessions still exist, but nobody owns them now.
  const sessionHandles = [...sessions.all()].map((session) => session.handle);
  objects.forgetAll(contexts.values());
  sessions.forgetAll();
  swapping.cancelAllFlushes();
  swapping.flushLater(sessionHandles);
  reconciliation.tpmWasReset();
  reconciliation.isDue = sessionHandles.length > 0;
  parts.resetCounts = undefined;
  parts.changed();
}
