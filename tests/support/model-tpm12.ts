/**
 * A model of a TPM 1.2 with as few slots as the specification permits, for tests of the virtualizer: three keys, three
 * authorization sessions, three transport sessions, sixteen saved sessions. No cryptography: each key and session has
 * an identity, which TPM_Sign answers with, so that a test sees whose resource a command reached.
 *
 * Handles are the lowest free numbers from 1, so that every context's handles collide with every other's.
 */
import { concat, FieldReader, sized, uint8, uint16, uint32 } from '../../ts-core/domain/tpm/byte-fields.js';
import { HEADER_BYTES, readUint32, writeUint16, writeUint32 } from '../../ts-core/domain/tpm/command-header.js';
import {
  type OrdinalName,
  TPM_CAP,
  TPM_CAP_PROP,
  TPM_ET,
  TPM_KEY_CONTROL_OWNER_EVICT,
  TPM_KH,
  TPM_ORD,
  TPM_RESULT,
  TPM_RT,
  TPM_TAG,
} from '../../ts-core/domain/tpm12/codes.js';
import { authorizationCount } from '../../ts-core/domain/tpm12/command-shape.js';
import { refusal as failure, success } from '../../ts-core/domain/tpm12/responses.js';
import { COMMAND_AUTH_BYTES } from '../../ts-core/domain/tpm12/structures.js';
import { command12, insideTransport, TPM_TAG_TRANSPORT_PUBLIC } from './tpm12-commands.js';

export interface ModelSlots {
  readonly keys: number;
  readonly sessions: number;
  readonly savedSessions: number;
  /** TPM_CAP_PROP_CONTEXT_DIST; without it the TPM never answers TPM_CONTEXT_GAP. */
  readonly contextDistance?: number;
  /** The difference between the numbers of successive saved sessions; 1 unless given. */
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

const AUTH_BYTES = COMMAND_AUTH_BYTES;

const ORDINAL_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(TPM_ORD).map(([name, code]) => [code, name]));

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
  /** Whether TPM_GetCapability lists handles. */
  listsHandles = true;
  readonly daaSessions = new Map<number, { readonly identity: number }>();
  /** Whether TPM_Startup has arrived since the last reset. */
  started = true;
  readonly #scripted: { readonly ordinal: number; readonly response: number | Uint8Array }[] = [];
  readonly #lastCommands = new Map<number, Uint8Array>();
  #nextSession = 1000;
  readonly #slots: ModelSlots;

  constructor(slots: ModelSlots = { keys: 3, sessions: 3, savedSessions: 16 }) {
    this.#slots = slots;
  }

  /** Performs a power cycle without TPM_SaveState. */
  reset(): void {
    this.#clear();
    this.daaSessions.clear();
    this.started = false;
  }

  /** Makes the next `times` commands with this ordinal return this code and do nothing else. */
  refuses(ordinal: OrdinalName, returnCode: number, times = 1): void {
    for (let time = 0; time < times; time++) this.#scripted.push({ ordinal: TPM_ORD[ordinal], response: returnCode });
  }

  /** Makes the next `times` commands with this ordinal return these output parameters and do nothing else. */
  responds(ordinal: OrdinalName, parameters: Uint8Array, times = 1): void {
    const response = success(parameters);
    for (let time = 0; time < times; time++) this.#scripted.push({ ordinal: TPM_ORD[ordinal], response });
  }

  /** Returns the last command with this ordinal, as it arrived. */
  lastCommand(ordinal: OrdinalName): Uint8Array {
    return this.#lastCommands.get(TPM_ORD[ordinal]) ?? new Uint8Array();
  }

  /** Returns the names of the commands since the last call, including those inside transport sessions. */
  takeLog(): readonly string[] {
    return this.received.splice(0).map((ordinal) => ORDINAL_NAMES.get(ordinal) ?? `${ordinal}`);
  }

  answer(command: Uint8Array): Uint8Array {
    const ordinal = readUint32(command, 6);
    this.received.push(ordinal);
    this.#lastCommands.set(ordinal, command.slice());
    const index = this.#scripted.findIndex((scripted) => scripted.ordinal === ordinal);
    const scripted = index >= 0 ? this.#scripted.splice(index, 1)[0]?.response : undefined;
    if (typeof scripted === 'number') return this.#failed(command, scripted);
    if (scripted !== undefined) return scripted.slice();
    if (ordinal === TPM_ORD.Startup) this.started = true;
    if (!this.started) return failure(TPM_RESULT.INVALID_POSTINIT);
    const body = command.subarray(10);
    switch (ordinal) {
      case TPM_ORD.OIAP:
        return this.#open(this.authSessions, undefined);
      case TPM_ORD.OSAP:
        return this.#openBound(body, TPM_ET.KEYHANDLE);
      case TPM_ORD.DSAP:
        return this.#openBound(body, TPM_ET.DEL_KEY_BLOB);
      case TPM_ORD.EstablishTransport:
        return this.#open(this.transportSessions, undefined);
      case TPM_ORD.LoadKey:
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
      case TPM_ORD.SaveKeyContext:
        return this.#save(readUint32(body, 0), TPM_RT.KEY);
      case TPM_ORD.SaveAuthContext:
        return this.#save(readUint32(body, 0), TPM_RT.AUTH);
      case TPM_ORD.LoadKeyContext:
      case TPM_ORD.LoadAuthContext:
        return this.#load(0, body.slice(4));
      case TPM_ORD.ExecuteTransport:
        return this.#executeTransport(command);
      case TPM_ORD.ReleaseTransportSigned:
        return this.#releaseTransport(command);
      case TPM_ORD.DAA_JOIN:
      case TPM_ORD.DAA_SIGN:
        return this.#daaStage(body);
      case TPM_ORD.OwnerClear:
        return this.#clear();
      default:
        return this.#authorized(command, new Uint8Array(), TPM_RESULT.SUCCESS);
    }
  }

  /** Runs the command inside, whatever its session says, and wraps its response. */
  #executeTransport(command: Uint8Array): Uint8Array {
    const handle = readUint32(command, command.length - AUTH_BYTES);
    // wrappedCmdSize (4) and wrappedCmd are between the header and the session's authorization.
    const inner = command.subarray(HEADER_BYTES + 4, -AUTH_BYTES);
    if (!this.transportSessions.has(handle)) return failure(TPM_RESULT.INVALID_AUTHHANDLE);
    if (inner.length < HEADER_BYTES || inner.length !== readUint32(command, HEADER_BYTES)) {
      return failure(TPM_RESULT.BAD_PARAMETER);
    }
    const response = this.answer(inner.slice());
    const continues = command[command.length - 21] ?? 0;
    if (continues === 0) this.transportSessions.delete(handle);
    const wrapped = concat(new Uint8Array(12), sized(response));
    return withAuthorizations(wrapped, [continues]);
  }

  /** Ends the transport session although its continue flag is returned as 1. */
  #releaseTransport(command: Uint8Array): Uint8Array {
    const handle = readUint32(command, command.length - AUTH_BYTES);
    if (!this.transportSessions.delete(handle)) return failure(TPM_RESULT.INVALID_AUTHHANDLE);
    const others = authorizationsOf(command).slice(0, -1);
    this.#endSessions(others);
    return withAuthorizations(new Uint8Array(), [...others.map(({ continues }) => continues), 1]);
  }

  /** Stage 0 creates the session, stage 24 ends it. */
  #daaStage(body: Uint8Array): Uint8Array {
    const handle = readUint32(body, 0);
    const stage = body[4];
    if (stage === 0) {
      const created = lowestFree(this.daaSessions);
      this.daaSessions.set(created, { identity: this.#nextSession++ });
      return success(sized(uint32(created)));
    }
    if (!this.daaSessions.has(handle)) return failure(TPM_RESULT.BAD_HANDLE);
    if (stage === 24) this.daaSessions.delete(handle);
    return success(sized(new Uint8Array()));
  }

  #clear(): Uint8Array {
    for (const map of [this.keys, this.authSessions, this.transportSessions, this.savedSessions]) map.clear();
    return success(new Uint8Array());
  }

  #endBoundSessions(): Uint8Array {
    for (const [handle, session] of this.authSessions) {
      if (session.boundTo !== undefined) this.authSessions.delete(handle);
    }
    return success(new Uint8Array());
  }

  #open(sessions: Map<number, ModelSession>, boundTo: number | undefined): Uint8Array {
    if (sessions.size >= this.#slots.sessions) return failure(TPM_RESULT.RESOURCES);
    const handle = lowestFree(sessions);
    sessions.set(handle, { identity: this.#nextSession++, boundTo });
    return success(concat(uint32(handle), new Uint8Array(40)));
  }

  #openBound(body: Uint8Array, typeOfKeys: number): Uint8Array {
    const isKey = body[1] === typeOfKeys;
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
    if (this.keys.size >= this.#slots.keys) return this.#failed(command, TPM_RESULT.NOSPACE);
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

  /** A failed command ends its sessions. */
  #failed(command: Uint8Array, code: number): Uint8Array {
    for (const { handle } of authorizationsOf(command)) this.authSessions.delete(handle);
    return failure(code);
  }

  #authorized(command: Uint8Array, parameters: Uint8Array, code: number): Uint8Array {
    const authorizations = authorizationsOf(command);
    if (authorizations.length === 0) return success(parameters);
    if (!authorizations.every(({ handle }) => this.authSessions.has(handle))) {
      return failure(TPM_RESULT.INVALID_AUTHHANDLE);
    }
    this.#endSessions(authorizations);
    const response = withAuthorizations(
      parameters,
      authorizations.map(({ continues }) => continues),
    );
    writeUint32(response, 6, code);
    return response;
  }

  #endSessions(authorizations: readonly ModelAuthorization[]): void {
    for (const { handle, continues } of authorizations) if (continues === 0) this.authSessions.delete(handle);
  }

  #capability(body: Uint8Array): Uint8Array {
    const area = readUint32(body, 0);
    const sub = readUint32(body, 8);
    if (area === TPM_CAP.HANDLE && !this.listsHandles) return failure(TPM_RESULT.BAD_MODE);
    if (area === TPM_CAP.HANDLE) {
      const handles = [...this.#mapOf(sub).keys()];
      return success(sized(concat(uint16(handles.length), ...handles.map(uint32))));
    }
    if (area === TPM_CAP.CHECK_LOADED) return success(sized(uint8(this.keys.size < this.#slots.keys ? 1 : 0)));
    const numbers: Record<number, number> = {
      [TPM_CAP_PROP.KEYS]: this.#slots.keys - this.keys.size,
      [TPM_CAP_PROP.AUTHSESS]: this.#slots.sessions - this.authSessions.size,
      [TPM_CAP_PROP.TRANSESS]: this.#slots.sessions - this.transportSessions.size,
      [TPM_CAP_PROP.MAX_AUTHSESS]: this.#slots.sessions,
      [TPM_CAP_PROP.MAX_CONTEXT]: this.#slots.savedSessions,
      [TPM_CAP_PROP.OWNER]: 1,
    };
    const value = area === TPM_CAP.PROPERTY ? numbers[sub] : undefined;
    return value === undefined ? failure(TPM_RESULT.BAD_PARAMETER) : success(sized(uint32(value)));
  }

  #mapOf(type: number): Map<number, unknown> {
    if (type === TPM_RT.KEY) return this.keys;
    if (type === TPM_RT.AUTH) return this.authSessions;
    if (type === TPM_RT.DAA_TPM) return this.daaSessions;
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
    if (this.savedSessions.size >= this.#slots.savedSessions) return failure(TPM_RESULT.NOCONTEXTSPACE);
    const step = this.#slots.contextStep ?? 1;
    const oldest = this.savedSessions.keys().next();
    const distance = this.#slots.contextDistance ?? Number.POSITIVE_INFINITY;
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
      if (this.keys.size >= this.#slots.keys) return failure(TPM_RESULT.NOSPACE);
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
    // As in libtpms, the count is gone even if there is no free slot.
    this.savedSessions.delete(count);
    const sessions = this.#sessionsOf(type);
    if (sessions.size >= this.#slots.sessions) return failure(TPM_RESULT.RESOURCES);
    const handle = lowestFree(sessions);
    sessions.set(handle, saved.session);
    return success(uint32(handle));
  }

  #flush(handle: number, type: number): Uint8Array {
    if (type === TPM_RT.CONTEXT) {
      return this.savedSessions.delete(handle) ? success(new Uint8Array()) : failure(TPM_RESULT.BAD_PARAMETER);
    }
    if (type === TPM_RT.DAA_TPM) {
      return this.daaSessions.delete(handle) ? success(new Uint8Array()) : failure(TPM_RESULT.BAD_HANDLE);
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

/** Returns a TPM_CONTEXT_BLOB with the identity in place of the additional data, and in the digest. */
function blob(type: number, handle: number, count: number, identity: number): Uint8Array {
  const digest = concat(uint32(count), uint32(identity), new Uint8Array(12));
  return concat(
    uint16(TPM_TAG.CONTEXTBLOB),
    uint32(type),
    uint32(handle),
    new Uint8Array(16),
    uint32(count),
    digest,
    uint32(identity),
  );
}

interface ModelAuthorization {
  readonly handle: number;
  readonly continues: number;
}

function authorizationsOf(command: Uint8Array): readonly ModelAuthorization[] {
  const count = authorizationCount(command);
  return Array.from({ length: count }, (_, index) => {
    const start = command.length - (count - index) * AUTH_BYTES;
    return { handle: readUint32(command, start), continues: command[start + 24] ?? 0 };
  });
}

/** Returns a successful response with an authorization for each continue flag. */
function withAuthorizations(parameters: Uint8Array, continueFlags: readonly number[]): Uint8Array {
  const authorizations = continueFlags.map((flag) => concat(new Uint8Array(20), uint8(flag), new Uint8Array(20)));
  const response = success(concat(parameters, ...authorizations));
  writeUint16(response, 0, TPM_TAG.RSP_COMMAND + continueFlags.length);
  return response;
}

/** Commands for the model, as a caller sends them. */
export const modelCommand = {
  oiap: () => command12(TPM_ORD.OIAP),
  osap: (entity: number, type: number = TPM_ET.KEYHANDLE) =>
    command12(TPM_ORD.OSAP, concat(uint16(type), uint32(entity), new Uint8Array(20))),
  dsap: (keyHandle: number, type: number = TPM_ET.DEL_KEY_BLOB) =>
    command12(TPM_ORD.DSAP, concat(uint16(type), uint32(keyHandle), new Uint8Array(20), sized(new Uint8Array(4)))),
  /** `attributes` are those of TPM_TRANSPORT. */
  transport: (attributes = 0) =>
    command12(
      TPM_ORD.EstablishTransport,
      concat(
        uint32(TPM_KH.TRANSPORT),
        uint16(TPM_TAG_TRANSPORT_PUBLIC),
        uint32(attributes),
        new Uint8Array(8),
        sized(new Uint8Array(20)),
      ),
    ),
  executeTransport: (session: number, inner: Uint8Array, continues = true) =>
    authorizedBy(insideTransport(inner), session, continues),
  /** With `keySession`, the key that signs the log is authorized too. */
  releaseTransport: (session: number, keySession?: number) => {
    const authorizations = keySession === undefined ? [] : [authorization(keySession, true)];
    return command12(
      TPM_ORD.ReleaseTransportSigned,
      concat(uint32(TPM_KH.SRK), new Uint8Array(20), ...authorizations, authorization(session, false)),
      keySession === undefined ? TPM_TAG.RQU_AUTH1_COMMAND : TPM_TAG.RQU_AUTH2_COMMAND,
    );
  },
  /** Needs two keys and two sessions at once. `continues`: of each session. */
  certifyKey: (
    keys: readonly [number, number],
    sessions: readonly [number, number],
    continues: readonly [boolean, boolean] = [true, true],
  ) =>
    command12(
      TPM_ORD.CertifyKey,
      concat(
        uint32(keys[0]),
        uint32(keys[1]),
        new Uint8Array(20),
        authorization(sessions[0], continues[0]),
        authorization(sessions[1], continues[1]),
      ),
      TPM_TAG.RQU_AUTH2_COMMAND,
    ),
  getPubKey: (keyHandle: number) => command12(TPM_ORD.GetPubKey, uint32(keyHandle)),
  loadKey2: (identity: number) => command12(TPM_ORD.LoadKey2, keyUnderSrk(identity)),
  /** Loads a key under another one, which this session authorizes. */
  loadChild: (parentHandle: number, identity: number, session: number) => {
    const bytes = command12(
      TPM_ORD.LoadKey2,
      concat(keyUnderSrk(identity), authorization(session, true)),
      TPM_TAG.RQU_AUTH1_COMMAND,
    );
    writeUint32(bytes, HEADER_BYTES, parentHandle);
    return bytes;
  },
  loadKey: (identity: number) => command12(TPM_ORD.LoadKey, keyUnderSrk(identity)),
  sign: (keyHandle: number, sessionHandle: number, continues: boolean, wrongSecret = false) => {
    const parameters = concat(uint32(keyHandle), sized(new Uint8Array(20)), new Uint8Array(COMMAND_AUTH_BYTES));
    const bytes = authorizedBy(
      command12(TPM_ORD.Sign, parameters, TPM_TAG.RQU_AUTH1_COMMAND),
      sessionHandle,
      continues,
    );
    if (wrongSecret) bytes[bytes.length - 1] = 0xff;
    return bytes;
  },
  keyControlOwner: (keyHandle: number, session: number, stays: boolean) =>
    authorizedBy(
      command12(
        TPM_ORD.KeyControlOwner,
        concat(
          uint32(keyHandle),
          new Uint8Array(30),
          uint32(TPM_KEY_CONTROL_OWNER_EVICT),
          uint8(stays ? 1 : 0),
          new Uint8Array(COMMAND_AUTH_BYTES),
        ),
        TPM_TAG.RQU_AUTH1_COMMAND,
      ),
      session,
      true,
    ),
  daa: (ordinal: 'DAA_JOIN' | 'DAA_SIGN', handle: number, stage: number) =>
    command12(TPM_ORD[ordinal], concat(uint32(handle), uint8(stage), sized(new Uint8Array()), sized(new Uint8Array()))),
  flush: (handle: number, type: number) => command12(TPM_ORD.FlushSpecific, concat(uint32(handle), uint32(type))),
  evictKey: (handle: number) => command12(TPM_ORD.EvictKey, uint32(handle)),
  terminate: (handle: number) => command12(TPM_ORD.Terminate_Handle, uint32(handle)),
  saveContext: (handle: number, type: number) =>
    command12(TPM_ORD.SaveContext, concat(uint32(handle), uint32(type), new Uint8Array(16))),
  loadContext: (contextBlob: Uint8Array, entityHandle: number, keepHandle = false) =>
    command12(TPM_ORD.LoadContext, concat(uint32(entityHandle), uint8(keepHandle ? 1 : 0), sized(contextBlob))),
  saveAuthContext: (handle: number) => command12(TPM_ORD.SaveAuthContext, uint32(handle)),
  loadAuthContext: (contextBlob: Uint8Array) => command12(TPM_ORD.LoadAuthContext, sized(contextBlob)),
  loadKeyContext: (contextBlob: Uint8Array) => command12(TPM_ORD.LoadKeyContext, sized(contextBlob)),
  ordinal: (ordinal: number, parameters: Uint8Array = new Uint8Array()) => command12(ordinal, parameters),
};

/** Returns the parent's handle and a TPM_KEY whose public part is the identity. */
function keyUnderSrk(identity: number): Uint8Array {
  const parameters = concat(new Uint8Array(19), sized(new Uint8Array()), sized(new Uint8Array()));
  return concat(uint32(TPM_KH.SRK), parameters, sized(uint32(identity)), sized(new Uint8Array()));
}

function authorization(session: number, continues: boolean): Uint8Array {
  return concat(uint32(session), new Uint8Array(20), uint8(continues ? 1 : 0), new Uint8Array(20));
}

/** Changes the command's last authorization to this session, and returns the command. */
function authorizedBy(command: Uint8Array, session: number, continues: boolean): Uint8Array {
  const start = command.length - COMMAND_AUTH_BYTES;
  writeUint32(command, start, session);
  command[start + 24] = continues ? 1 : 0;
  return command;
}
