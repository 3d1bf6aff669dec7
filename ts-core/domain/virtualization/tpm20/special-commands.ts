/**
 * The commands that need more than pass-through.ts does. Every command that is not listed here is ordinary, including
 * SequenceComplete and EventSequenceComplete (the TPM itself marks them as flushing their handles) and EvictControl (it
 * copies an object to a persistent handle or deletes that one, and leaves the transient one alone). Shutdown is
 * ordinary too: it only prepares for a power loss, and the next command that changes anything cancels it.
 */
import { HEADER_BYTES, readUint16, readUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_CC, TPM_RC, TPM_RH, TPM_ST, TRANSIENT_FIRST } from '../../tpm20/codes.js';
import { aboutHandle, aboutParameter, refusal } from '../../tpm20/responses.js';
import { type CommandAttributes, hierarchyOf } from '../../tpm20/structures.js';
import { listHandles } from './broker-commands.js';
import { adaptProperties, answerHandleList } from './capabilities.js';
import { runContextLoad, runContextSave, runFlushContext } from './context-commands.js';
import type { VirtualContext } from './handles.js';
import { runMapped } from './pass-through.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

export interface SpecialCommand {
  /** Returns the broker's own response; undefined if this command is ordinary after all. */
  readonly answer?: (
    parts: VirtualizerParts,
    context: VirtualContext,
    command: Uint8Array,
    parametersOffset: number,
  ) => Uint8Array | undefined;
  /** Runs in place of the pass-through. */
  readonly run?: (parts: VirtualizerParts, context: VirtualContext, command: Uint8Array) => Exchange<Uint8Array>;
  /** With `run`: a command without this form is rejected as a TPM rejects it. */
  readonly form?: SessionlessForm;
  /** Changes the TPM's response for the context. */
  readonly adapt?: (
    parts: VirtualizerParts,
    context: VirtualContext,
    command: Uint8Array,
    response: Uint8Array,
  ) => void;
  /** The hierarchies whose objects a successful command voids. */
  readonly voids?: VoidedHierarchies;
}

/** The form of a command that a TPM takes without sessions only. */
interface SessionlessForm {
  readonly minBodyBytes: number;
  readonly maxBodyBytes: number;
  /** The response code of a TPM if the body is too short. */
  readonly tooShort: number;
}

const HANDLE_PARAMETER: SessionlessForm = {
  minBodyBytes: 4,
  maxBodyBytes: 4,
  tooShort: aboutParameter(TPM_RC.INSUFFICIENT, 1),
};

type VoidedHierarchies = (command: Uint8Array, parametersOffset: number) => readonly number[];

/** Parameters: enable (4), state (1). Nothing is voided when a hierarchy is switched on. */
const voidedByHierarchyControl: VoidedHierarchies = (command, parametersOffset) =>
  command[parametersOffset + 4] === 0 ? [readUint32(command, parametersOffset)] : [];

export const SPECIAL_COMMANDS: ReadonlyMap<number, SpecialCommand> = new Map<number, SpecialCommand>([
  // Only the broker starts the TPM; programs that send Startup out of habit get the answer of a started TPM.
  [TPM_CC.Startup, { answer: () => refusal(TPM_RC.INITIALIZE) }],
  [TPM_CC.GetCapability, { answer: answerHandleList, adapt: adaptProperties }],
  [
    TPM_CC.ContextSave,
    { run: runContextSave, form: { ...HANDLE_PARAMETER, tooShort: aboutHandle(TPM_RC.INSUFFICIENT, 0) } },
  ],
  [
    TPM_CC.ContextLoad,
    { run: runContextLoad, form: { ...HANDLE_PARAMETER, minBodyBytes: 0, maxBodyBytes: Number.POSITIVE_INFINITY } },
  ],
  [TPM_CC.FlushContext, { run: runFlushContext, form: HANDLE_PARAMETER }],
  [TPM_CC.Clear, { voids: () => [TPM_RH.OWNER, TPM_RH.ENDORSEMENT] }],
  [TPM_CC.ChangeEPS, { voids: () => [TPM_RH.ENDORSEMENT] }],
  [TPM_CC.ChangePPS, { voids: () => [TPM_RH.PLATFORM] }],
  [TPM_CC.HierarchyControl, { voids: voidedByHierarchyControl }],
]);

/** Runs a special command, except for what it voids; see `applyVoided`. */
export function* runSpecial(
  parts: VirtualizerParts,
  context: VirtualContext,
  attributes: CommandAttributes,
  special: SpecialCommand,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const { areas } = parts;
  if (special.answer) {
    const fault = areas.read(command, attributes.handleCount);
    if (fault !== TPM_RC.SUCCESS) return refusal(fault);
    const answer = special.answer(parts, context, command, areas.parametersOffset);
    if (answer) return answer;
  }
  if (special.run) {
    const fault = special.form ? formFault(command, special.form) : TPM_RC.SUCCESS;
    return fault === TPM_RC.SUCCESS ? yield* special.run(parts, context, command) : refusal(fault);
  }
  const response = yield* runMapped(parts, context, attributes, command);
  special.adapt?.(parts, context, command, response);
  return response;
}

/** Returns 0, or the response code for a command without the form on which its special handling relies. */
function formFault(command: Uint8Array, form: SessionlessForm): number {
  if (readUint16(command, 0) === TPM_ST.SESSIONS) return TPM_RC.AUTH_CONTEXT;
  const bodyBytes = command.length - HEADER_BYTES;
  if (bodyBytes < form.minBodyBytes) return form.tooShort;
  return bodyBytes > form.maxBodyBytes ? TPM_RC.SIZE : TPM_RC.SUCCESS;
}

/**
 * Forgets the objects of hierarchies that a command has voided: the TPM has flushed those in it, and would not load the
 * saved ones again. Sessions live on. TPM 2.0 Library Part 3, 24.2, 24.4 to 24.6.
 */
export function* applyVoided({ contexts, objects }: VirtualizerParts, hierarchies: readonly number[]): Exchange<void> {
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
