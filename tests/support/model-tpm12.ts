/**
 * A model of a TPM 1.2 with as few slots as the specification permits, for tests of the virtualizer: three keys, three
 * authorization sessions, three transport sessions, sixteen saved sessions. No cryptography: each key and session has
 * an identity, which TPM_Sign answers with, so that a test sees whose resource a command reached.
 *
 * Handles are the lowest free numbers from 1, so that every context's handles collide with every other's.
 */
import { concat, FieldReader, sized, uint8, uint16, uint32 } from '../../ts-core/domain/tpm/byte-fields.js';
import { readUint16, readUint32, writeUint16, writeUint32 } from '../../ts-core/domain/tpm/command-header.js';
import { TPM_ORD, TPM_RESULT, TPM_RT } from '../../ts-core/domain/tpm12/codes.js';

export interface ModelSlots {
  readonly keys: number;
  readonly sessions: number;
  readonly savedSessions: number;
  /** TPM_CAP_PROP_CONTEXT_DIST; without it the TPM never answers TPM_CONTEXT_GAP. */
  readonly contextDistance?: number;
  /** By how much each saved session's number is above the last one's; 1 unless given. */
  readonly contextStep?: number;
}

interface ModelKey {
  readonly identity: number;
}

interface ModelSession {
  readonly identity: number;
  /** Identity of the key that an OSAP session is bound to. */
  readonly boundTo: number | undefined;
}

const AUTH_BYTES = 45;

export class ModelTpm12 {
  readonly keys = new Map<number, ModelKey>();
  readonly authSessions = new Map<number, ModelSession>();
  readonly transportSessions = new Map<number, ModelSession>();
  /** Context count → what was saved. */
  readonly savedSessions = new Map<number, { readonly type: number; readonly session: ModelSession }>();
  /** Ordinals that arrived, in order. */
  readonly received: number[] = [];
  /** The number of the last session that was saved. */
  contextCount = 0;
  #nextSession = 1000;

  constructor(private readonly slots: ModelSlots = { keys: 3, sessions: 3, savedSessions: 16 }) {}

  answer(command: Uint8Array): Uint8Array {
    const ordinal = readUint32(command, 6);
    this.received.push(ordinal);
    const body = command.subarray(10);
    switch (ordinal) {
      case TPM_ORD.OIAP:
        return this.#open(this.authSessions, undefined);
      case TPM_ORD.OSAP:
        return this.#openOsap(body);
      case TPM_ORD.EstablishTransport:
        return this.#open(this.transportSessions, undefined);
      case TPM_ORD.LoadKey2:
        return this.#loadKey(command);
      case TPM_ORD.Sign:
        return this.#sign(command);
      case TPM_ORD.GetCapability:
        return this.#capability(body);
      case TPM_ORD.SaveContext:
        return this.#save(readUint32(body, 0), readUint32(body, 4));
      case TPM_ORD.LoadContext:
        return this.#load(readUint32(body, 0), body.slice(9));
      case TPM_ORD.FlushSpecific:
        return this.#flush(readUint32(body, 0), readUint32(body, 4));
      case TPM_ORD.Delegate_Manage:
        return this.#endBoundSessions();
      default:
        return success(new Uint8Array());
    }
  }

  #endBoundSessions(): Uint8Array {
    for (const [handle, session] of this.authSessions) {
      if (session.boundTo !== undefined) this.authSessions.delete(handle);
    }
    return success(new Uint8Array());
  }

  #open(sessions: Map<number, ModelSession>, boundTo: number | undefined): Uint8Array {
    if (sessions.size >= this.slots.sessions) return failure(TPM_RESULT.RESOURCES);
    const handle = lowestFree(sessions);
    sessions.set(handle, { identity: this.#nextSession++, boundTo });
    return success(concat(uint32(handle), new Uint8Array(40)));
  }

  #openOsap(body: Uint8Array): Uint8Array {
    const isKey = body[1] === 1;
    const key = this.keys.get(readUint32(body, 2));
    if (isKey && key === undefined) return failure(TPM_RESULT.INVALID_KEYHANDLE);
    return this.#open(this.authSessions, isKey ? key?.identity : undefined);
  }

  /** The key's identity is the first four bytes of its public part. */
  #loadKey(command: Uint8Array): Uint8Array {
    const reader = new FieldReader(command.subarray(14));
    reader.bytes(19);
    reader.sized();
    reader.sized();
    const identity = readUint32(reader.sized(), 0);
    if (this.keys.size >= this.slots.keys) return this.#failed(command, TPM_RESULT.NOSPACE);
    const handle = lowestFree(this.keys);
    this.keys.set(handle, { identity });
    return this.#authorized(command, uint32(handle), TPM_RESULT.SUCCESS);
  }

  #sign(command: Uint8Array): Uint8Array {
    const key = this.keys.get(readUint32(command, 10));
    const session = this.authSessions.get(readUint32(command, command.length - AUTH_BYTES));
    if (session === undefined) return failure(TPM_RESULT.INVALID_AUTHHANDLE);
    if (key === undefined) return this.#failed(command, TPM_RESULT.INVALID_KEYHANDLE);
    const bound = session.boundTo === undefined || session.boundTo === key.identity;
    const wrongSecret = command[command.length - 1] === 0xff;
    if (!bound || wrongSecret) return this.#failed(command, TPM_RESULT.AUTHFAIL);
    return this.#authorized(command, concat(uint32(key.identity), uint32(session.identity)), TPM_RESULT.SUCCESS);
  }

  /** A failed command ends its session. */
  #failed(command: Uint8Array, code: number): Uint8Array {
    if (readUint16(command, 0) === 0x00c2) this.authSessions.delete(readUint32(command, command.length - AUTH_BYTES));
    return failure(code);
  }

  #authorized(command: Uint8Array, parameters: Uint8Array, code: number): Uint8Array {
    if (readUint16(command, 0) !== 0x00c2) return success(parameters);
    const handle = readUint32(command, command.length - AUTH_BYTES);
    const continues = command[command.length - 21] ?? 0;
    if (!this.authSessions.has(handle)) return failure(TPM_RESULT.INVALID_AUTHHANDLE);
    if (continues === 0) this.authSessions.delete(handle);
    const response = success(concat(parameters, new Uint8Array(20), uint8(continues), new Uint8Array(20)));
    writeUint16(response, 0, 0x00c5);
    writeUint32(response, 6, code);
    return response;
  }

  #capability(body: Uint8Array): Uint8Array {
    const area = readUint32(body, 0);
    const sub = readUint32(body, 8);
    if (area === 0x14) {
      const handles = [...this.#mapOf(sub).keys()];
      return success(sized(concat(uint16(handles.length), ...handles.map(uint32))));
    }
    const numbers: Record<number, number> = {
      260: this.slots.keys - this.keys.size,
      266: this.slots.sessions - this.authSessions.size,
      267: this.slots.sessions - this.transportSessions.size,
      269: this.slots.sessions,
      275: this.slots.savedSessions,
    };
    const value = area === 5 ? numbers[sub] : undefined;
    return value === undefined ? failure(TPM_RESULT.BAD_PARAMETER) : success(sized(uint32(value)));
  }

  #mapOf(type: number): Map<number, unknown> {
    if (type === TPM_RT.KEY) return this.keys;
    if (type === TPM_RT.AUTH) return this.authSessions;
    return type === TPM_RT.TRANS ? this.transportSessions : this.savedSessions;
  }

  #save(handle: number, type: number): Uint8Array {
    if (type === TPM_RT.KEY) {
      const key = this.keys.get(handle);
      return key === undefined
        ? failure(TPM_RESULT.INVALID_RESOURCE)
        : success(sized(blob(type, handle, 0, key.identity)));
    }
    const sessions = this.#sessionsOf(type);
    const session = sessions.get(handle);
    if (session === undefined) return failure(TPM_RESULT.INVALID_RESOURCE);
    if (this.savedSessions.size >= this.slots.savedSessions) return failure(TPM_RESULT.NOCONTEXTSPACE);
    const step = this.slots.contextStep ?? 1;
    const oldest = this.savedSessions.keys().next();
    const distance = this.slots.contextDistance ?? Number.POSITIVE_INFINITY;
    if (!oldest.done && this.contextCount + step - oldest.value > distance) return failure(TPM_RESULT.CONTEXT_GAP);
    sessions.delete(handle);
    this.contextCount += step;
    const count = this.contextCount;
    this.savedSessions.set(count, { type, session });
    return success(sized(blob(type, handle, count, session.identity)));
  }

  #sessionsOf(type: number): Map<number, ModelSession> {
    return type === TPM_RT.AUTH ? this.authSessions : this.transportSessions;
  }

  #load(entityHandle: number, bytes: Uint8Array): Uint8Array {
    const type = readUint32(bytes, 2);
    if (type === TPM_RT.KEY) {
      if (this.keys.size >= this.slots.keys) return failure(TPM_RESULT.NOSPACE);
      const handle = lowestFree(this.keys);
      this.keys.set(handle, { identity: readUint32(bytes, 50) });
      return success(uint32(handle));
    }
    const count = readUint32(bytes, 26);
    const saved = this.savedSessions.get(count);
    if (saved === undefined || saved.type !== type) return failure(TPM_RESULT.BADCONTEXT);
    const { boundTo } = saved.session;
    if (boundTo !== undefined && this.keys.get(entityHandle)?.identity !== boundTo)
      return failure(TPM_RESULT.RESOURCEMISSING);
    // As libtpms does: the count is gone even when there is no slot.
    this.savedSessions.delete(count);
    const sessions = this.#sessionsOf(type);
    if (sessions.size >= this.slots.sessions) return failure(TPM_RESULT.RESOURCES);
    const handle = lowestFree(sessions);
    sessions.set(handle, saved.session);
    return success(uint32(handle));
  }

  #flush(handle: number, type: number): Uint8Array {
    if (type === TPM_RT.CONTEXT) {
      return this.savedSessions.delete(handle) ? success(new Uint8Array()) : failure(TPM_RESULT.BAD_PARAMETER);
    }
    if (type !== TPM_RT.KEY) {
      const known = this.#sessionsOf(type).delete(handle);
      return known ? success(new Uint8Array()) : failure(TPM_RESULT.INVALID_AUTHHANDLE);
    }
    const key = this.keys.get(handle);
    if (key === undefined) return failure(TPM_RESULT.BAD_PARAMETER);
    this.keys.delete(handle);
    for (const [other, session] of this.authSessions) {
      if (session.boundTo === key.identity) this.authSessions.delete(other);
    }
    return success(new Uint8Array());
  }
}

function lowestFree(map: ReadonlyMap<number, unknown>): number {
  let handle = 1;
  while (map.has(handle)) handle++;
  return handle;
}

/** TPM_CONTEXT_BLOB with the identity where the additional data would be, and in the digest. */
function blob(type: number, handle: number, count: number, identity: number): Uint8Array {
  const digest = concat(uint32(count), uint32(identity), new Uint8Array(12));
  return concat(uint16(1), uint32(type), uint32(handle), new Uint8Array(16), uint32(count), digest, uint32(identity));
}

function success(parameters: Uint8Array): Uint8Array {
  return concat(uint16(0x00c4), uint32(10 + parameters.length), uint32(0), parameters);
}

function failure(code: number): Uint8Array {
  return concat(uint16(0x00c4), uint32(10), uint32(code));
}

/** Commands for the model, as a caller sends them. */
export const modelCommand = {
  oiap: () => bytesOf(0x00c1, TPM_ORD.OIAP, new Uint8Array()),
  osap: (keyHandle: number) => bytesOf(0x00c1, TPM_ORD.OSAP, concat(uint16(1), uint32(keyHandle), new Uint8Array(20))),
  transport: () =>
    bytesOf(
      0x00c1,
      TPM_ORD.EstablishTransport,
      concat(uint32(0x40000003), new Uint8Array(12), sized(new Uint8Array(20))),
    ),
  loadKey2: (identity: number) => {
    const parameters = concat(new Uint8Array(19), sized(new Uint8Array()), sized(new Uint8Array()));
    const key = concat(parameters, sized(uint32(identity)), sized(new Uint8Array()));
    return bytesOf(0x00c1, TPM_ORD.LoadKey2, concat(uint32(0x40000000), key));
  },
  sign: (keyHandle: number, sessionHandle: number, continues: boolean, wrongSecret = false) =>
    bytesOf(
      0x00c2,
      TPM_ORD.Sign,
      concat(
        uint32(keyHandle),
        sized(new Uint8Array(20)),
        concat(uint32(sessionHandle), new Uint8Array(20), uint8(continues ? 1 : 0)),
        new Uint8Array(19),
        uint8(wrongSecret ? 0xff : 0),
      ),
    ),
  flush: (handle: number, type: number) => bytesOf(0x00c1, TPM_ORD.FlushSpecific, concat(uint32(handle), uint32(type))),
  saveContext: (handle: number, type: number) =>
    bytesOf(0x00c1, TPM_ORD.SaveContext, concat(uint32(handle), uint32(type), new Uint8Array(16))),
  loadContext: (contextBlob: Uint8Array, entityHandle: number) =>
    bytesOf(0x00c1, TPM_ORD.LoadContext, concat(uint32(entityHandle), uint8(0), sized(contextBlob))),
  ordinal: (ordinal: number, parameters: Uint8Array = new Uint8Array()) => bytesOf(0x00c1, ordinal, parameters),
};

function bytesOf(tag: number, ordinal: number, body: Uint8Array): Uint8Array {
  return concat(uint16(tag), uint32(10 + body.length), uint32(ordinal), body);
}
