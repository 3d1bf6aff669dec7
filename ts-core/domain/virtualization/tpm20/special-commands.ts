/**
 * The commands that need more than pass-through.ts does. Every command that is not listed here is ordinary, including
 * SequenceComplete and EventSequenceComplete (the TPM itself marks them as flushing their handles) and EvictControl (it
 * copies an object to a persistent handle or deletes that one, and leaves the transient one alone). Shutdown is
 * ordinary too: it only prepares for a power loss, and the next command that changes anything cancels it.
 */
import { HEADER_BYTES, readUint16, readUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_CC, TPM_RC, TPM_RH, TPM_ST, TRANSIENT_FIRST } from '../../tpm20/codes.js';
import { aboutHandle, aboutParameter, isSuccess, refusal } from '../../tpm20/responses.js';
import { type CommandAttributes, hierarchyOf } from '../../tpm20/structures.js';
import { listHandles, readResetCounts } from './broker-commands.js';
import { runGetCapability } from './capabilities.js';
import { runContextLoad, runContextSave, runFlushContext } from './context-commands.js';
import type { VirtualContext } from './handles.js';
import { runMapped } from './pass-through.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

/** Runs in place of the pass-through. */
export type SpecialCommand = (
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
  attributes: CommandAttributes,
) => Exchange<Uint8Array>;

export const SPECIAL_COMMANDS: ReadonlyMap<number, SpecialCommand> = new Map<number, SpecialCommand>([
  // Only the broker starts the TPM, so callers get the answer of a started TPM.
  [TPM_CC.Startup, answer(TPM_RC.INITIALIZE)],
  [TPM_CC.GetCapability, runGetCapability],
  [TPM_CC.ContextSave, sessionless(withOneHandle(aboutHandle(TPM_RC.INSUFFICIENT, 0), runContextSave))],
  [TPM_CC.ContextLoad, sessionless(runContextLoad)],
  [TPM_CC.FlushContext, sessionless(withOneHandle(aboutParameter(TPM_RC.INSUFFICIENT, 1), runFlushContext))],
  [TPM_CC.Clear, voiding(() => [TPM_RH.OWNER, TPM_RH.ENDORSEMENT])],
  [TPM_CC.ChangeEPS, voiding(() => [TPM_RH.ENDORSEMENT])],
  [TPM_CC.ChangePPS, voiding(() => [TPM_RH.PLATFORM])],
  [TPM_CC.HierarchyControl, voiding(voidedByHierarchyControl)],
]);

/** Refuses a well-formed command without sending it. */
function answer(returnCode: number): SpecialCommand {
  // biome-ignore lint/correctness/useYield: answers without asking the TPM, but is an exchange like every other
  return function* ({ areas }, _context, command, attributes) {
    const fault = areas.read(command, attributes.handleCount);
    return refusal(fault === TPM_RC.SUCCESS ? returnCode : fault);
  };
}

/** Rejects a command with sessions, as a TPM does. */
function sessionless(run: SpecialCommand): SpecialCommand {
  return function* (parts, context, command, attributes) {
    if (readUint16(command, 0) === TPM_ST.SESSIONS) return refusal(TPM_RC.AUTH_CONTEXT);
    return yield* run(parts, context, command, attributes);
  };
}

/** Rejects a command that contains anything but one handle; `tooShort` is a TPM's response code if it contains less. */
function withOneHandle(tooShort: number, run: SpecialCommand): SpecialCommand {
  return function* (parts, context, command, attributes) {
    const bodyBytes = command.length - HEADER_BYTES;
    if (bodyBytes < 4) return refusal(tooShort);
    if (bodyBytes > 4) return refusal(TPM_RC.SIZE);
    return yield* run(parts, context, command, attributes);
  };
}

type VoidedHierarchies = (command: Uint8Array, parametersOffset: number) => readonly number[];

/** Runs a command that voids the objects of whole hierarchies if it succeeds. */
function voiding(voidedBy: VoidedHierarchies): SpecialCommand {
  return function* (parts, context, command, attributes) {
    const response = yield* runMapped(parts, context, command, attributes);
    if (!isSuccess(response)) return response;
    yield* forgetVoided(parts, voidedBy(command, parts.areas.parametersOffset));
    // TPM2_Clear resets them.
    parts.resetCounts = yield* readResetCounts();
    parts.changed();
    return response;
  };
}

/** Parameters: enable (4), state (1). Nothing is voided when a hierarchy is switched on. */
function voidedByHierarchyControl(command: Uint8Array, parametersOffset: number): readonly number[] {
  return command[parametersOffset + 4] === 0 ? [readUint32(command, parametersOffset)] : [];
}

/**
 * Forgets the objects of hierarchies that a command has voided: the TPM has flushed those in it, and would not load the
 * saved ones again. Sessions live on. TPM 2.0 Library Part 3, 24.2, 24.4 to 24.6.
 */
function* forgetVoided(
  { contexts, objects }: Pick<VirtualizerParts, 'contexts' | 'objects'>,
  hierarchies: readonly number[],
): Exchange<void> {
  if (hierarchies.length === 0) return;
  const present = new Set(yield* listHandles(TRANSIENT_FIRST));
  for (const context of contexts.values()) {
    for (const object of context.objects()) {
      const isVoid =
        object.physicalHandle !== 0
          ? !present.has(object.physicalHandle)
          : object.blob !== undefined && hierarchies.includes(hierarchyOf(object.blob));
      if (isVoid) objects.remove(object);
    }
  }
}
