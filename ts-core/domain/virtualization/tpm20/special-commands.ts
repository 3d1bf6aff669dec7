/**
 * The commands that the one mechanism (mapped-command.ts) cannot do alone, as data beside it. What is not listed here is
 * ordinary, including SequenceComplete and EventSequenceComplete (the TPM itself marks them as flushing their handles)
 * and EvictControl (it copies an object to a persistent handle, or deletes that; the transient one is untouched).
 * Shutdown is ordinary too: it only prepares for a power loss, and the next command that changes anything takes it back.
 */
import { HEADER_BYTES, readUint16 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_CC, TPM_RC, TPM_ST } from '../../tpm20/codes.js';
import { aboutHandle, aboutParameter, refusal } from '../../tpm20/responses.js';
import { answerHandleList } from './capability-view.js';
import { runContextLoad } from './context-load.js';
import { runContextSave } from './context-save.js';
import { runFlushContext } from './flush-context.js';
import {
  CHANGE_EPS_VOIDS,
  CHANGE_PPS_VOIDS,
  CLEAR_VOIDS,
  HIERARCHY_CONTROL_VOIDS,
  type VoidedHierarchies,
} from './hierarchy-effects.js';
import type { ResourceManager } from './resource-manager.js';
import type { VirtualContext } from './virtual-context.js';

/** A command that a TPM takes without sessions only, and how long its body is. */
interface SessionlessForm {
  readonly minBodyBytes: number;
  readonly maxBodyBytes: number;
  /** What a TPM answers when the body is too short. */
  readonly tooShort: number;
}

export interface SpecialCommand {
  /** Answered by the broker alone; undefined when this one goes the ordinary way after all. */
  readonly answer?: (
    manager: ResourceManager,
    context: VirtualContext,
    command: Uint8Array,
    parametersOffset: number,
  ) => Uint8Array | undefined;
  /** Runs in place of the ordinary mechanism. */
  readonly run?: (manager: ResourceManager, context: VirtualContext, command: Uint8Array) => Exchange<Uint8Array>;
  /** With `run`: anything else is refused as a TPM refuses it. */
  readonly form?: SessionlessForm;
  /** After success, beside the ordinary mechanism. */
  readonly voids?: VoidedHierarchies;
}

const HANDLE_PARAMETER: SessionlessForm = {
  minBodyBytes: 4,
  maxBodyBytes: 4,
  tooShort: aboutParameter(TPM_RC.INSUFFICIENT, 1),
};

export const SPECIAL_COMMANDS: ReadonlyMap<number, SpecialCommand> = new Map<number, SpecialCommand>([
  // Only the broker starts the TPM; programs that send it out of habit are answered as by a TPM that is started.
  [TPM_CC.Startup, { answer: () => refusal(TPM_RC.INITIALIZE) }],
  [TPM_CC.GetCapability, { answer: answerHandleList }],
  [
    TPM_CC.ContextSave,
    { run: runContextSave, form: { ...HANDLE_PARAMETER, tooShort: aboutHandle(TPM_RC.INSUFFICIENT, 0) } },
  ],
  [
    TPM_CC.ContextLoad,
    {
      run: runContextLoad,
      form: { ...HANDLE_PARAMETER, minBodyBytes: 0, maxBodyBytes: Number.POSITIVE_INFINITY },
    },
  ],
  [TPM_CC.FlushContext, { run: runFlushContext, form: HANDLE_PARAMETER }],
  [TPM_CC.Clear, { voids: CLEAR_VOIDS }],
  [TPM_CC.ChangeEPS, { voids: CHANGE_EPS_VOIDS }],
  [TPM_CC.ChangePPS, { voids: CHANGE_PPS_VOIDS }],
  [TPM_CC.HierarchyControl, { voids: HIERARCHY_CONTROL_VOIDS }],
]);

/** 0, or the response code for a command that has not the form that its special handling relies on. */
export function formFault(command: Uint8Array, form: SessionlessForm): number {
  if (readUint16(command, 0) === TPM_ST.SESSIONS) return TPM_RC.AUTH_CONTEXT;
  const bodyBytes = command.length - HEADER_BYTES;
  if (bodyBytes < form.minBodyBytes) return form.tooShort;
  return bodyBytes > form.maxBodyBytes ? TPM_RC.SIZE : 0;
}
