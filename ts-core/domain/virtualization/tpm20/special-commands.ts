/**
 * The commands that the one mechanism (mapped-command.ts) cannot do alone, as data beside it. What is not listed here is
 * ordinary, including SequenceComplete and EventSequenceComplete (the TPM itself marks them as flushing their handles)
 * and EvictControl (it copies an object to a persistent handle, or deletes that; the transient one is untouched).
 * Shutdown is ordinary too: it only prepares for a power loss, and the next command that changes anything takes it back.
 */
import { errorResponse, HEADER_BYTES, readUint16, TPM_ST_SESSIONS } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import {
  aboutHandle,
  aboutParameter,
  TPM_CC_CHANGE_EPS,
  TPM_CC_CHANGE_PPS,
  TPM_CC_CLEAR,
  TPM_CC_CONTEXT_LOAD,
  TPM_CC_CONTEXT_SAVE,
  TPM_CC_FLUSH_CONTEXT,
  TPM_CC_GET_CAPABILITY,
  TPM_CC_HIERARCHY_CONTROL,
  TPM_CC_STARTUP,
  TPM_RC_AUTH_CONTEXT,
  TPM_RC_INITIALIZE,
  TPM_RC_INSUFFICIENT,
  TPM_RC_SIZE,
} from '../../tpm20/codes.js';
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
  tooShort: aboutParameter(TPM_RC_INSUFFICIENT, 1),
};

export const SPECIAL_COMMANDS: ReadonlyMap<number, SpecialCommand> = new Map<number, SpecialCommand>([
  // Only the broker starts the TPM; programs that send it out of habit are answered as by a TPM that is started.
  [TPM_CC_STARTUP, { answer: () => errorResponse('2.0', TPM_RC_INITIALIZE) }],
  [TPM_CC_GET_CAPABILITY, { answer: answerHandleList }],
  [
    TPM_CC_CONTEXT_SAVE,
    { run: runContextSave, form: { ...HANDLE_PARAMETER, tooShort: aboutHandle(TPM_RC_INSUFFICIENT, 0) } },
  ],
  [
    TPM_CC_CONTEXT_LOAD,
    {
      run: runContextLoad,
      form: { ...HANDLE_PARAMETER, minBodyBytes: 0, maxBodyBytes: Number.POSITIVE_INFINITY },
    },
  ],
  [TPM_CC_FLUSH_CONTEXT, { run: runFlushContext, form: HANDLE_PARAMETER }],
  [TPM_CC_CLEAR, { voids: CLEAR_VOIDS }],
  [TPM_CC_CHANGE_EPS, { voids: CHANGE_EPS_VOIDS }],
  [TPM_CC_CHANGE_PPS, { voids: CHANGE_PPS_VOIDS }],
  [TPM_CC_HIERARCHY_CONTROL, { voids: HIERARCHY_CONTROL_VOIDS }],
]);

/** 0, or the response code for a command that has not the form that its special handling relies on. */
export function formFault(command: Uint8Array, form: SessionlessForm): number {
  if (readUint16(command, 0) === TPM_ST_SESSIONS) return TPM_RC_AUTH_CONTEXT;
  const bodyBytes = command.length - HEADER_BYTES;
  if (bodyBytes < form.minBodyBytes) return form.tooShort;
  return bodyBytes > form.maxBodyBytes ? TPM_RC_SIZE : 0;
}
