/**
 * Direct anonymous attestation: the TPM's one or two DAA sessions, kept apart by context. Their handle is part of what
 * the response's HMAC covers (TPM Main Part 3, 26.1, stage 0), so that callers see the TPM's own value, and none is
 * saved outside. A DAA command with somebody else's handle would end the session whatever its authorization.
 */
import { readUint32, responseCodeOf } from '../../tpm/command-header.js';
import { TPM_CAP, TPM_RESULT, TPM_RT } from '../../tpm12/codes.js';
import { getCapability } from '../../tpm12/commands.js';
import { firstSizedBuffer, handleListOf, refusal } from '../../tpm12/responses.js';
import type { SpecialCommand } from './special-command.js';

export interface DaaSession {
  readonly id: string;
  readonly contextId: number;
  readonly userKey: string;
  readonly handle: number;
}

export class DaaSessions {
  #sessions: readonly DaaSession[] = [];

  all(): readonly DaaSession[] {
    return this.#sessions;
  }

  ofContext(contextId: number): readonly DaaSession[] {
    return this.#sessions.filter((session) => session.contextId === contextId);
  }

  find(contextId: number, handle: number): DaaSession | undefined {
    return this.ofContext(contextId).find((session) => session.handle === handle);
  }

  add(session: DaaSession): void {
    this.#sessions = [...this.#sessions, session];
  }

  remove(session: DaaSession): void {
    this.#sessions = this.#sessions.filter((other) => other !== session);
  }

  keepOnly(handles: readonly number[]): void {
    this.#sessions = this.#sessions.filter(({ handle }) => handles.includes(handle));
  }
}

/** TPM_DAA_Join and TPM_DAA_Sign: handle, stage (one byte), inputs. Stage 0 makes the handle. */
export const runDaaStage: SpecialCommand['run'] = function* (virtualizer, contextId, command) {
  if (command.length < 15) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  const { daa } = virtualizer;
  const begins = command[14] === 0;
  if (!begins && daa.find(contextId, readUint32(command, 10)) === undefined) return refusal(TPM_RESULT.BAD_HANDLE);
  const response = yield* virtualizer.pass(contextId, command);
  const output = responseCodeOf(response) === TPM_RESULT.SUCCESS ? firstSizedBuffer(response) : undefined;
  if (begins && output?.length === 4) {
    const userKey = virtualizer.table.userOf(contextId);
    daa.add({ id: virtualizer.table.nextId('daa'), contextId, userKey, handle: readUint32(output, 0) });
  }
  // The last stage ends the session, and so does any failure.
  const existing = handleListOf(yield getCapability(TPM_CAP.HANDLE, TPM_RT.DAA_TPM));
  if (existing !== undefined) daa.keepOnly(existing);
  virtualizer.changed();
  return response;
};
