/**
 * The short way: a command that creates nothing and whose objects and sessions are all in the TPM takes one round trip,
 * with the handles patched in place and nothing allocated.
 */
import { HEADER_BYTES, readUint32, responseCodeOf, writeUint32 } from '../../tpm/command-header.js';
import { handleType, isSessionHandle, TPM_CAP, TPM_CC, TPM_HT, TPM_RC, TPMA_SESSION } from '../../tpm20/codes.js';
import type { CommandAttributes } from '../../tpm20/structures.js';
import type { DirectPath } from '../virtualizer.js';
import { adaptProperties } from './capability-view.js';
import type { ResourceManager } from './resource-manager.js';
import type { Session } from './sessions.js';
import { SPECIAL_COMMANDS } from './special-commands.js';
import type { TransientObject } from './transient-objects.js';
import type { VirtualContext } from './virtual-context.js';

const MAX_HANDLES = 7;
const MAX_AUTHORIZATIONS = 3;

export class Tpm20DirectPath implements DirectPath {
  #context: VirtualContext | undefined;
  #command: Uint8Array | undefined;
  #code = 0;
  readonly #objects: (TransientObject | undefined)[] = new Array(MAX_HANDLES).fill(undefined);
  #objectPositions = 0;
  readonly #endingSessions: (Session | undefined)[] = new Array(MAX_AUTHORIZATIONS).fill(undefined);
  #endingCount = 0;

  constructor(
    /** Undefined while the tables must be brought in line with the TPM first. */
    private readonly manager: () => ResourceManager | undefined,
    private readonly outcomeUnknown: () => void,
  ) {}

  begin(contextId: number, command: Uint8Array): Uint8Array | null {
    const manager = this.manager();
    const context = manager?.contexts.get(contextId);
    if (!manager || !context) return null;
    const code = readUint32(command, 6);
    const attributes = manager.commands.of(code);
    if (!attributes || !isDirect(attributes, command)) return null;
    this.#objectPositions = 0;
    this.#endingCount = 0;
    if (attributes.handleCount > 0 || command[1] === 2) {
      if (manager.areas.read(command, attributes.handleCount) !== TPM_RC.SUCCESS) return null;
      if (!this.#resolve(manager, context)) return null;
    }
    this.#context = context;
    this.#command = command;
    this.#code = code;
    for (let position = 0; position < this.#objectPositions; position++) {
      const object = this.#objects[position];
      if (!object) continue;
      manager.objects.touch(object);
      writeUint32(command, HEADER_BYTES + 4 * position, object.physicalHandle);
    }
    return command;
  }

  /** Whether everything that the command references is there and resident. Notes the objects and the ending sessions. */
  #resolve(manager: ResourceManager, context: VirtualContext): boolean {
    const { areas, sessions } = manager;
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
    const manager = this.manager();
    const command = this.#command;
    const context = this.#context;
    if (!manager || !command || !context) return null;
    this.#restoreHandles(command);
    this.#command = undefined;
    const code = responseCodeOf(response);
    if (code === TPM_RC.SUCCESS) {
      for (let index = 0; index < this.#endingCount; index++) manager.sessions.ended(this.#endingSessions[index]!);
      if (this.#code === TPM_CC.GetCapability) adaptProperties(manager, context, command, response);
      return response;
    }
    return needsTheLongWay(code) ? null : response;
  }

  #restoreHandles(command: Uint8Array): void {
    for (let position = 0; position < this.#objectPositions; position++) {
      const object = this.#objects[position];
      if (object) writeUint32(command, HEADER_BYTES + 4 * position, object.virtualHandle);
      this.#objects[position] = undefined;
    }
  }

  failed(): void {
    if (this.#command) this.#restoreHandles(this.#command);
    this.#command = undefined;
    this.outcomeUnknown();
  }
}

function isDirect(attributes: CommandAttributes, command: Uint8Array): boolean {
  if (attributes.returnsHandle || attributes.flushesHandles) return false;
  if (attributes.code === TPM_CC.GetCapability) {
    return (
      command[1] === 1 && command.length >= HEADER_BYTES + 4 && readUint32(command, HEADER_BYTES) !== TPM_CAP.HANDLES
    );
  }
  return !SPECIAL_COMMANDS.has(attributes.code);
}

/** No room, a context gap, something lost, a TPM that wants to be started: nothing has happened, and execute() knows what to do. */
function needsTheLongWay(code: number): boolean {
  if (code === TPM_RC.INITIALIZE || code === TPM_RC.RETRY) return true;
  return (code >= 0x901 && code <= 0x906) || (code >= 0x910 && code <= 0x91e);
}
