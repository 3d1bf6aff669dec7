/**
 * The tables of one TPM and the mechanisms that work on them. Each part of the virtualizer takes those that it needs.
 */
import { TPM_PT } from '../../tpm20/codes.js';
import { CommandAreas, type CommandTable } from '../../tpm20/command-shape.js';
import { TransientObjects, type VirtualContext } from './handles.js';
import type { HandleRanges } from './missing-handles.js';
import { Quotas, type ResourceLimits } from './quotas.js';
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
}

const DEFAULT_ACTIVE_SESSIONS = 64;

export function createParts(
  limits: ResourceLimits,
  commands: CommandTable,
  properties: ReadonlyMap<number, number>,
  changed: () => void,
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
  };
}
