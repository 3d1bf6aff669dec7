/**
 * Judges commands by the tables alone: which take one round trip because everything they need is in the TPM, and
 * whether a waiting command would need swapping.
 */
import {
  commandCodeOf,
  HEADER_BYTES,
  readUint16,
  readUint32,
  responseCodeOf,
  writeUint32,
} from '../../tpm/command-header.js';
import {
  handleType,
  isSessionHandle,
  TPM_CAP,
  TPM_CC,
  TPM_HT,
  TPM_RC,
  TPM_ST,
  TPMA_SESSION,
} from '../../tpm20/codes.js';
import { MAX_SESSIONS } from '../../tpm20/command-shape.js';
import { type CommandAttributes, isSavedContext, savedHandleOf } from '../../tpm20/structures.js';
import type { DirectPath, SwapNeed } from '../virtualizer.js';
import { adaptProperties } from './capabilities.js';
import type { TransientObject, VirtualContext } from './handles.js';
import type { Session } from './sessions.js';
import { SPECIAL_COMMANDS } from './special-commands.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

const MAX_HANDLES = 7;

/** Patches the handles in place and allocates nothing. */
export class Tpm20DirectPath implements DirectPath {
  #context: VirtualContext | undefined;
  #command: Uint8Array | undefined;
  #code = 0;
  readonly #objects: (TransientObject | undefined)[] = new Array(MAX_HANDLES).fill(undefined);
  #objectPositions = 0;
  readonly #endingSessions: (Session | undefined)[] = new Array(MAX_SESSIONS).fill(undefined);
  #endingCount = 0;
  readonly #parts: () => VirtualizerParts;

  constructor(parts: () => VirtualizerParts) {
    this.#parts = parts;
  }

  begin(contextId: number, command: Uint8Array): Uint8Array | null {
    const parts = this.#parts();
    const context = parts.contexts.get(contextId);
    if (parts.reconciliation.isDue || !context) return null;
    const code = commandCodeOf(command);
    const attributes = parts.commands.of(code);
    if (!attributes || !isDirect(attributes, command)) return null;
    if (parts.areas.read(command, attributes.handleCount) !== TPM_RC.SUCCESS) return null;
    if (!this.#resolve(parts, context)) return null;
    this.#context = context;
    this.#command = command;
    this.#code = code;
    for (let position = 0; position < this.#objectPositions; position++) {
      const object = this.#objects[position];
      if (!object) continue;
      parts.objects.touch(object);
      writeUint32(command, HEADER_BYTES + 4 * position, object.physicalHandle);
    }
    return command;
  }

  /**
   * Returns whether everything that the command refers to exists and is resident; records the objects and the sessions
   * that it ends.
   */
  #resolve({ areas, sessions }: Pick<VirtualizerParts, 'areas' | 'sessions'>, context: VirtualContext): boolean {
    for (let position = 0; position < areas.handleCount; position++) {
      const handle = areas.handles[position] as number;
      let object: TransientObject | undefined;
      if (handleType(handle) === TPM_HT.TRANSIENT) {
        object = context.object(handle);
        if (!object || object.physicalHandle === 0) return false;
      } else if (isSessionHandle(handle)) {
        const session = sessions.loadedIn(context, handle);
        if (!session?.resident) return false;
        sessions.touch(session);
      }
      this.#objects[position] = object;
    }
    this.#objectPositions = areas.handleCount;
    this.#endingCount = 0;
    for (let position = 0; position < areas.sessionCount; position++) {
      const handle = areas.sessionHandles[position] as number;
      if (!isSessionHandle(handle)) continue;
      const session = sessions.loadedIn(context, handle);
      if (!session?.resident) return false;
      sessions.touch(session);
      if (((areas.sessionAttributes[position] as number) & TPMA_SESSION.CONTINUE_SESSION) === 0) {
        this.#endingSessions[this.#endingCount++] = session;
      }
    }
    return true;
  }

  complete(response: Uint8Array): Uint8Array | null {
    const parts = this.#parts();
    const command = this.#command;
    const context = this.#context;
    if (parts.reconciliation.isDue || !command || !context) return null;
    this.#release(command);
    const code = responseCodeOf(response);
    if (code === TPM_RC.SUCCESS) {
      for (let index = 0; index < this.#endingCount; index++) parts.sessions.ended(this.#endingSessions[index]!);
      if (this.#code === TPM_CC.GetCapability) adaptProperties(parts, context, command, response);
      return response;
    }
    return needsExchange(code) ? null : response;
  }

  /** Forgets the command, which gets the caller's handles again. */
  #release(command: Uint8Array): void {
    for (let position = 0; position < this.#objectPositions; position++) {
      const object = this.#objects[position];
      if (object) writeUint32(command, HEADER_BYTES + 4 * position, object.virtualHandle);
      this.#objects[position] = undefined;
    }
    this.#command = undefined;
  }

  failed(): void {
    if (this.#command) this.#release(this.#command);
    this.#parts().reconciliation.isDue = true;
  }
}

function isDirect(attributes: CommandAttributes, command: Uint8Array): boolean {
  if (attributes.returnsHandle || attributes.flushesHandles) return false;
  if (attributes.code === TPM_CC.GetCapability) {
    return (
      readUint16(command, 0) === TPM_ST.NO_SESSIONS &&
      command.length >= HEADER_BYTES + 4 &&
      readUint32(command, HEADER_BYTES) !== TPM_CAP.HANDLES
    );
  }
  return !SPECIAL_COMMANDS.has(attributes.code);
}

/**
 * Returns whether `execute` can handle an error response: no room, a context gap, or a lost resource. The TPM has done
 * nothing yet.
 */
function needsExchange(code: number): boolean {
  return (
    code === TPM_RC.RETRY ||
    (code >= TPM_RC.CONTEXT_GAP && code <= TPM_RC.OBJECT_HANDLES) ||
    (code >= TPM_RC.REFERENCE_H0 && code <= TPM_RC.REFERENCE_S6)
  );
}

type Tables = Pick<VirtualizerParts, 'areas' | 'commands' | 'objects' | 'sessions'>;

/** Returns whether a command of a context would need swapping, as far as the tables show. Sends and changes nothing. */
export function swapNeed(parts: Tables, context: VirtualContext, command: Uint8Array): SwapNeed {
  const { areas, commands } = parts;
  const attributes = commands.of(commandCodeOf(command));
  if (!attributes) return 'none';
  if (attributes.code === TPM_CC.FlushContext || attributes.code === TPM_CC.ContextSave) {
    return command.length >= HEADER_BYTES + 4 && isResident(parts, context, readUint32(command, HEADER_BYTES))
      ? 'resident'
      : 'none';
  }
  if (attributes.returnsHandle && hasNoRoomFor(parts, attributes, command)) return 'swap';
  if (areas.read(command, attributes.handleCount) !== TPM_RC.SUCCESS) return 'none';
  let need: SwapNeed = 'none';
  for (let position = 0; position < areas.handleCount + areas.sessionCount; position++) {
    const inHandles = position < areas.handleCount;
    const handle = inHandles ? areas.handles[position] : areas.sessionHandles[position - areas.handleCount];
    const resident = isResident(parts, context, handle as number);
    if (resident === false) return 'swap';
    if (resident) need = 'resident';
  }
  return need;
}

/** Returns undefined for what the context does not have, and for what is never swapped. */
function isResident({ sessions }: Tables, context: VirtualContext, handle: number): boolean | undefined {
  if (handleType(handle) === TPM_HT.TRANSIENT) {
    const object = context.object(handle);
    return object && object.physicalHandle !== 0;
  }
  return isSessionHandle(handle) ? sessions.loadedIn(context, handle)?.resident : undefined;
}

function hasNoRoomFor({ objects, sessions }: Tables, { code }: CommandAttributes, command: Uint8Array): boolean {
  const blob = code === TPM_CC.ContextLoad ? command.subarray(HEADER_BYTES) : undefined;
  const loadsSession = blob !== undefined && isSavedContext(blob) && isSessionHandle(savedHandleOf(blob));
  return code === TPM_CC.StartAuthSession || loadsSession ? sessions.isFull : objects.isFull;
}
