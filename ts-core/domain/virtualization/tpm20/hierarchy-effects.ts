/**
 * Commands that flush the objects of whole hierarchies and void their saved forms: Clear, ChangePPS, ChangeEPS and
 * HierarchyControl that disables. Sessions live on. TPM 2.0 Library Part 3, 24.2, 24.4 to 24.6.
 */
import { readUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RH, TRANSIENT_FIRST } from '../../tpm20/codes.js';
import { hierarchyOf } from '../../tpm20/structures.js';
import { listHandles } from './capability-query.js';
import type { ResourceManager } from './resource-manager.js';

/** The hierarchies whose objects a successful command voids. */
export type VoidedHierarchies = (command: Uint8Array, parametersOffset: number) => readonly number[];

export const CLEAR_VOIDS: VoidedHierarchies = () => [TPM_RH.OWNER, TPM_RH.ENDORSEMENT];
export const CHANGE_EPS_VOIDS: VoidedHierarchies = () => [TPM_RH.ENDORSEMENT];
export const CHANGE_PPS_VOIDS: VoidedHierarchies = () => [TPM_RH.PLATFORM];

/** Parameters: enable (4), state (1). Nothing is voided when a hierarchy is switched on. */
export const HIERARCHY_CONTROL_VOIDS: VoidedHierarchies = (command, parametersOffset) =>
  command[parametersOffset + 4] === 0 ? [readUint32(command, parametersOffset)] : [];

/** Forgets what the TPM has flushed, and what it would not load again. */
export function* applyVoided(manager: ResourceManager, hierarchies: readonly number[]): Exchange<void> {
  if (hierarchies.length === 0) return;
  const present = new Set(yield* listHandles(TRANSIENT_FIRST));
  for (const context of manager.contexts.values()) {
    for (const object of context.objects()) {
      const isVoid =
        object.physicalHandle !== 0
          ? !present.has(object.physicalHandle)
          : object.blob !== undefined && hierarchies.includes(hierarchyOf(object.blob));
      if (isVoid) manager.objects.remove(object);
    }
  }
}
