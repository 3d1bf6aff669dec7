/**
 * A small model of a TPM 2.0: slots for objects and loaded sessions, saved contexts with integrity, the context gap and
 * capabilities. It is pure and fast, so that tests of properties can send thousands of commands. Measured against
 * libtpms 0.9.
 *
 * Every object and session has a tag of its own: ReadPublic and PolicyGetDigest return it, so that a test sees whose
 * resource a command reached.
 */
import {
  errorResponse,
  HEADER_BYTES,
  readUint16,
  readUint32,
  writeUint32,
} from '../../ts-core/domain/tpm/command-header.js';
import {
  type CommandName,
  handleNumber,
  handleType,
  SAVED_SEQUENCE_OBJECT,
  TPM_CAP,
  TPM_CC,
  TPM_HT,
  TPM_PT,
  TPM_RC,
  TPM_RH,
  TPM_ST,
  TPMA_SESSION,
  TRANSIENT_FIRST,
} from '../../ts-core/domain/tpm20/codes.js';
import { aboutHandle, aboutParameter, success } from '../../ts-core/domain/tpm20/responses.js';
import { sized, u16, u32 } from './tpm20-commands.js';

/** The code with which a TPM answers that cannot save a sequence object: no code that the broker knows. */
const CANNOT_BE_SAVED = 0x102;

export interface ScriptedTpmOptions {
  readonly objectSlots?: number;
  readonly sessionSlots?: number;
  readonly activeSessions?: number;
  readonly gapMax?: number;
  /** Whether sequence objects cannot be saved, as on some TPMs. */
  readonly refusesToSaveSequences?: boolean;
  /** The most items in one answer to GetCapability. */
  readonly pageItems?: number;
  /** Properties that replace the usual ones. */
  readonly properties?: readonly (readonly [number, number])[] | null;
  /** By how many bytes a list of properties is shorter than its count requires. */
  readonly cutsProperties?: number;
}

interface FakeObject {
  readonly tag: number;
  readonly hierarchy: number;
  readonly isSequence: boolean;
  /** The number of bytes that a sequence has hashed, which is its state. */
  state: number;
}

interface FakeSession {
  readonly tag: number;
  readonly type: number;
  loaded: boolean;
  /** The context counter when the session was last saved. */
  contextId: number;
}

/** Code, number of handles, whether the command returns a handle, whether it flushes the handles that it is given. */
const COMMANDS: readonly (readonly [number, number, boolean, boolean])[] = [
  [TPM_CC.HierarchyControl, 1, false, false],
  [TPM_CC.ChangeEPS, 1, false, false],
  [TPM_CC.ChangePPS, 1, false, false],
  [TPM_CC.Clear, 1, false, false],
  [TPM_CC.SetPrimaryPolicy, 1, false, false],
  [TPM_CC.CreatePrimary, 1, true, false],
  [TPM_CC.SequenceComplete, 1, false, true],
  [TPM_CC.Startup, 0, false, false],
  [TPM_CC.Certify, 2, false, false],
  [TPM_CC.HMAC_Start, 1, true, false],
  [TPM_CC.SequenceUpdate, 1, false, false],
  [TPM_CC.Sign, 1, false, false],
  [TPM_CC.ContextLoad, 0, true, false],
  [TPM_CC.ContextSave, 1, false, false],
  [TPM_CC.FlushContext, 0, false, false],
  [TPM_CC.ReadPublic, 1, false, false],
  [TPM_CC.StartAuthSession, 2, true, false],
  [TPM_CC.GetCapability, 0, false, false],
  [TPM_CC.GetRandom, 0, false, false],
  [TPM_CC.ReadClock, 0, false, false],
  [TPM_CC.EventSequenceComplete, 2, false, true],
  [TPM_CC.HashSequenceStart, 0, true, false],
  [TPM_CC.PolicyGetDigest, 1, false, false],
];

function tpmaCc([code, handles, returns, flushes]: (typeof COMMANDS)[number]): number {
  return (code | (handles << 25) | (returns ? 1 << 28 : 0) | (flushes ? 1 << 24 : 0)) >>> 0;
}

const COMMAND_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(TPM_CC).map(([name, code]) => [code, name]));

export class ScriptedTpm20 {
  readonly objects = new Map<number, FakeObject>();
  readonly sessions = new Map<number, FakeSession>();
  resetCount = 0;
  restartCount = 0;
  started = true;
  /** Codes of the commands that arrived. */
  readonly log: number[] = [];

  readonly #answers: { readonly code: number; readonly response: Uint8Array }[] = [];
  #nextTag = 1;
  #contextCounter = 1;
  #objectCounter = 1;
  /** The value that a saved context of each hierarchy must contain to be loaded. */
  readonly #proofs = new Map<number, number>();
  readonly #options: Required<ScriptedTpmOptions>;

  constructor(options: ScriptedTpmOptions = {}) {
    this.#options = {
      objectSlots: 3,
      sessionSlots: 3,
      activeSessions: 64,
      gapMax: 255,
      refusesToSaveSequences: false,
      pageItems: 254,
      properties: null,
      cutsProperties: 0,
      ...options,
    };
  }

  /** Returns the names of the commands that arrived since the last call. */
  takeLog(): readonly string[] {
    return this.log.splice(0).map((code) => COMMAND_NAMES.get(code) ?? `0x${code.toString(16)}`);
  }

  /** Performs a power cycle without Shutdown. */
  reset(): void {
    this.objects.clear();
    this.sessions.clear();
    this.resetCount++;
    this.restartCount = 0;
    this.#void([TPM_RH.OWNER, TPM_RH.ENDORSEMENT, TPM_RH.PLATFORM]);
    this.started = false;
  }

  /** Makes the next `times` commands with this name return this response code and do nothing else. */
  refuses(name: CommandName, responseCode: number, times = 1): void {
    for (let time = 0; time < times; time++) this.answers(name, responseCode);
  }

  /** Makes the next command with this name return this response code and body, and do nothing else. */
  answers(name: CommandName, responseCode: number, body: readonly number[] = []): void {
    const response = ok(body);
    writeUint32(response, 6, responseCode);
    this.#answers.push({ code: TPM_CC[name], response });
  }

  #takeAnswer(code: number): Uint8Array | undefined {
    const index = this.#answers.findIndex((answer) => answer.code === code);
    return index < 0 ? undefined : this.#answers.splice(index, 1)[0]?.response;
  }

  loadedSessions(): readonly FakeSession[] {
    return [...this.sessions.values()].filter((session) => session.loaded);
  }

  transmit(bytes: Uint8Array): Uint8Array {
    const code = readUint32(bytes, 6);
    this.log.push(code);
    if (code === TPM_CC.Startup) {
      const given = this.#takeAnswer(code);
      if (given !== undefined) return given;
      if (this.started) return error(TPM_RC.INITIALIZE);
      this.started = true;
      return ok([]);
    }
    if (!this.started) return error(TPM_RC.INITIALIZE);
    const given = this.#takeAnswer(code);
    if (given !== undefined) return given;
    const described = COMMANDS.find((command) => command[0] === code);
    if (!described) return error(TPM_RC.COMMAND_CODE);
    const handles = this.#handles(bytes, described[1]);
    if (typeof handles === 'number') return error(handles);
    const sessionFault = this.#checkSessions(bytes, described[1]);
    if (sessionFault) return error(sessionFault);
    const response = this.#run(code, bytes, handles);
    if (readUint32(response, 6) === 0) this.#endSessions(bytes, described[1]);
    return response;
  }

  #handles(bytes: Uint8Array, count: number): readonly number[] | number {
    const handles: number[] = [];
    for (let position = 0; position < count; position++) {
      if (bytes.length < HEADER_BYTES + 4 * position + 4) return aboutHandle(TPM_RC.INSUFFICIENT, position);
      const handle = readUint32(bytes, HEADER_BYTES + 4 * position);
      handles.push(handle);
      if (handleType(handle) === TPM_HT.TRANSIENT && !this.objects.has(handle)) return TPM_RC.REFERENCE_H0 + position;
      const session = isSession(handle) ? this.sessions.get(handleNumber(handle)) : undefined;
      if (isSession(handle) && !session?.loaded) return TPM_RC.REFERENCE_H0 + position;
    }
    return handles;
  }

  #authorizations(bytes: Uint8Array, handleCount: number): readonly { handle: number; attributes: number }[] {
    if (readUint16(bytes, 0) !== TPM_ST.SESSIONS) return [];
    const start = HEADER_BYTES + 4 * handleCount;
    const end = start + 4 + readUint32(bytes, start);
    const sessions: { handle: number; attributes: number }[] = [];
    for (let offset = start + 4; offset < end; ) {
      const attributesAt = offset + 6 + readUint16(bytes, offset + 4);
      sessions.push({ handle: readUint32(bytes, offset), attributes: bytes[attributesAt] as number });
      offset = attributesAt + 3 + readUint16(bytes, attributesAt + 1);
    }
    return sessions;
  }

  #checkSessions(bytes: Uint8Array, handleCount: number): number {
    const sessions = this.#authorizations(bytes, handleCount);
    for (let position = 0; position < sessions.length; position++) {
      const handle = (sessions[position] as { handle: number }).handle;
      if (isSession(handle) && !this.sessions.get(handleNumber(handle))?.loaded) return TPM_RC.REFERENCE_S0 + position;
    }
    return 0;
  }

  #endSessions(bytes: Uint8Array, handleCount: number): void {
    for (const { handle, attributes } of this.#authorizations(bytes, handleCount)) {
      if (isSession(handle) && (attributes & TPMA_SESSION.CONTINUE_SESSION) === 0)
        this.sessions.delete(handleNumber(handle));
    }
  }

  #run(code: number, bytes: Uint8Array, handles: readonly number[]): Uint8Array {
    const parameter = (offset: number) => readUint32(bytes, HEADER_BYTES + offset);
    switch (code) {
      case TPM_CC.Clear:
        return this.#clear();
      case TPM_CC.HierarchyControl:
        return this.#hierarchyControl(bytes);
      case TPM_CC.ChangeEPS:
        return this.#void([TPM_RH.ENDORSEMENT]);
      case TPM_CC.ChangePPS:
        return this.#void([TPM_RH.PLATFORM]);
      case TPM_CC.CreatePrimary:
        return this.#create(handles[0] as number, false);
      case TPM_CC.HMAC_Start:
      case TPM_CC.HashSequenceStart:
        return this.#create(TPM_RH.NULL, true);
      case TPM_CC.SequenceUpdate:
        return this.#update(handles[0] as number);
      case TPM_CC.SequenceComplete: {
        const object = this.objects.get(handles[0] as number) as FakeObject;
        this.objects.delete(handles[0] as number);
        return ok(u32(object.state));
      }
      case TPM_CC.EventSequenceComplete:
        this.objects.delete(handles[1] as number);
        return ok([]);
      case TPM_CC.Certify:
        return ok(handles.flatMap((handle) => u32((this.objects.get(handle) as FakeObject).tag)));
      case TPM_CC.ReadPublic:
      case TPM_CC.Sign:
        return ok(u32((this.objects.get(handles[0] as number) as FakeObject).tag));
      case TPM_CC.PolicyGetDigest:
        return ok(u32((this.sessions.get(handleNumber(handles[0] as number)) as FakeSession).tag));
      case TPM_CC.ContextLoad:
        return this.#load(bytes.subarray(HEADER_BYTES));
      case TPM_CC.ContextSave:
        return this.#save(handles[0] as number);
      case TPM_CC.FlushContext:
        return this.#flush(parameter(0));
      case TPM_CC.StartAuthSession:
        return this.#startSession(bytes[HEADER_BYTES + 8 + 2 + 16 + 2] as number);
      case TPM_CC.GetCapability:
        return this.#capability(parameter(0), parameter(4), parameter(8));
      case TPM_CC.GetRandom:
        return ok(sized([1, 2, 3, 4]));
      case TPM_CC.ReadClock:
        return ok([...new Array<number>(16).fill(0), ...u32(this.resetCount), ...u32(this.restartCount), 1]);
      default:
        return ok([]);
    }
  }

  #clear(): Uint8Array {
    this.resetCount = 0;
    return this.#void([TPM_RH.OWNER, TPM_RH.ENDORSEMENT]);
  }

  /** The parameters after the platform's password session are enable (4 bytes) and state (1 byte). */
  #hierarchyControl(bytes: Uint8Array): Uint8Array {
    const parameters = HEADER_BYTES + 4 + 4 + readUint32(bytes, HEADER_BYTES + 4);
    return bytes[parameters + 4] === 0 ? this.#void([readUint32(bytes, parameters)]) : ok([]);
  }

  /** Flushes the objects of these hierarchies and voids their saved forms. */
  #void(hierarchies: readonly number[]): Uint8Array {
    for (const [handle, object] of this.objects)
      if (hierarchies.includes(object.hierarchy)) this.objects.delete(handle);
    for (const hierarchy of hierarchies) this.#proofs.set(hierarchy, this.#proofOf(hierarchy) + 1);
    return ok([]);
  }

  #proofOf(hierarchy: number): number {
    return this.#proofs.get(hierarchy) ?? 1;
  }

  #freeObjectHandle(): number | undefined {
    for (let slot = 0; slot < this.#options.objectSlots; slot++) {
      if (!this.objects.has(TRANSIENT_FIRST + slot)) return TRANSIENT_FIRST + slot;
    }
    return undefined;
  }

  #create(hierarchy: number, isSequence: boolean): Uint8Array {
    const handle = this.#freeObjectHandle();
    if (handle === undefined) return error(TPM_RC.OBJECT_MEMORY);
    this.objects.set(handle, { tag: this.#nextTag++, hierarchy, isSequence, state: 0 });
    return ok([...u32(handle), ...u32((this.objects.get(handle) as FakeObject).tag)]);
  }

  #update(handle: number): Uint8Array {
    const object = this.objects.get(handle) as FakeObject;
    if (!object.isSequence) return error(TPM_RC.SEQUENCE);
    object.state++;
    return ok([]);
  }

  #startSession(type: number): Uint8Array {
    const code = this.#sessionSlotFault(undefined);
    if (code) return error(code);
    for (let number = 0; number < this.#options.activeSessions; number++) {
      if (this.sessions.has(number)) continue;
      this.sessions.set(number, { tag: this.#nextTag++, type: type === 0 ? 2 : 3, loaded: true, contextId: 0 });
      return ok([...u32(((type === 0 ? 2 : 3) << 24) | number), ...u32(0)]);
    }
    return error(TPM_RC.SESSION_HANDLES);
  }

  #oldestSaved(): FakeSession | undefined {
    let oldest: FakeSession | undefined;
    for (const session of this.sessions.values()) {
      if (!session.loaded && (!oldest || session.contextId < oldest.contextId)) oldest = session;
    }
    return oldest;
  }

  #isAtGap(): boolean {
    const oldest = this.#oldestSaved();
    return oldest !== undefined && this.#contextCounter - oldest.contextId >= this.#options.gapMax;
  }

  #sessionSlotFault(loading: FakeSession | undefined): number {
    const free = this.#options.sessionSlots - this.loadedSessions().length;
    if (free === 0) return TPM_RC.SESSION_MEMORY;
    // The last slot is reserved for the session whose context is the oldest.
    return free === 1 && this.#isAtGap() && loading !== this.#oldestSaved() ? TPM_RC.CONTEXT_GAP : TPM_RC.SUCCESS;
  }

  #save(handle: number): Uint8Array {
    if (isSession(handle)) {
      const session = this.sessions.get(handleNumber(handle)) as FakeSession;
      if (this.#isAtGap()) return error(TPM_RC.CONTEXT_GAP);
      session.loaded = false;
      session.contextId = this.#contextCounter++;
      return ok(blob(session.contextId, handle, TPM_RH.NULL, [...u32(session.contextId), ...u32(this.resetCount)]));
    }
    const object = this.objects.get(handle) as FakeObject;
    if (object.isSequence && this.#options.refusesToSaveSequences) return error(CANNOT_BE_SAVED);
    const saved = object.isSequence ? SAVED_SEQUENCE_OBJECT : TRANSIENT_FIRST;
    const content = [...u32(object.tag), ...u32(object.state), ...u32(this.#proofOf(object.hierarchy))];
    return ok(blob(this.#objectCounter++, saved, object.hierarchy, content));
  }

  #load(bytes: Uint8Array): Uint8Array {
    if (bytes.length < 18 || bytes.length !== 18 + readUint16(bytes, 16))
      return error(aboutParameter(TPM_RC.INSUFFICIENT, 1));
    if (checksum(bytes.subarray(0, -4)) !== readUint32(bytes, bytes.length - 4))
      return error(aboutParameter(TPM_RC.INTEGRITY, 1));
    const handle = readUint32(bytes, 8);
    if (isSession(handle)) {
      const session = this.sessions.get(handleNumber(handle));
      if (!session || session.loaded || session.contextId !== readUint32(bytes, 18))
        return error(aboutParameter(TPM_RC.HANDLE, 1));
      const code = this.#sessionSlotFault(session);
      if (code) return error(code);
      session.loaded = true;
      return ok(u32(handle));
    }
    const hierarchy = readUint32(bytes, 12);
    if (hierarchy !== TPM_RH.NULL && readUint32(bytes, 26) !== this.#proofOf(hierarchy))
      return error(aboutParameter(TPM_RC.INTEGRITY, 1));
    const slot = this.#freeObjectHandle();
    if (slot === undefined) return error(TPM_RC.OBJECT_MEMORY);
    const isSequence = handle === SAVED_SEQUENCE_OBJECT;
    this.objects.set(slot, { tag: readUint32(bytes, 18), hierarchy, isSequence, state: readUint32(bytes, 22) });
    return ok(u32(slot));
  }

  #flush(handle: number): Uint8Array {
    const gone = isSession(handle) ? this.sessions.delete(handleNumber(handle)) : this.objects.delete(handle);
    return gone ? ok([]) : error(aboutParameter(TPM_RC.HANDLE, 1));
  }

  #capability(capability: number, property: number, count: number): Uint8Array {
    if (capability === TPM_CAP.HANDLES)
      return page(TPM_CAP.HANDLES, this.#listHandles(property), count, this.#options.pageItems);
    if (capability === TPM_CAP.COMMANDS) {
      const codes = COMMANDS.filter(([code]) => code >= property).map(tpmaCc);
      return page(TPM_CAP.COMMANDS, codes, count, this.#options.pageItems);
    }
    const all: readonly (readonly [number, number])[] = this.#options.properties ?? [
      [TPM_PT.HR_TRANSIENT_MIN, this.#options.objectSlots],
      [TPM_PT.ACTIVE_SESSIONS_MAX, this.#options.activeSessions],
      [TPM_PT.CONTEXT_GAP_MAX, this.#options.gapMax],
      [TPM_PT.MAX_COMMAND_SIZE, 4096],
      [TPM_PT.HR_LOADED, this.loadedSessions().length],
      [TPM_PT.HR_TRANSIENT_AVAIL, this.#options.objectSlots - this.objects.size],
    ];
    const properties = all.filter(([number]) => number >= property && number >>> 8 === property >>> 8);
    const shown = properties.slice(0, Math.min(count, this.#options.pageItems));
    const more = shown.length < properties.length ? 1 : 0;
    return ok([
      more,
      ...u32(TPM_CAP.TPM_PROPERTIES),
      ...u32(shown.length),
      ...shown
        .flatMap(([number, value]) => [...u32(number), ...u32(value)])
        .slice(0, 8 * shown.length - this.#options.cutsProperties),
    ]);
  }

  #listHandles(first: number): readonly number[] {
    const number = handleNumber(first);
    if (handleType(first) === TPM_HT.TRANSIENT)
      return [...this.objects.keys()].filter((handle) => handle >= first).sort();
    const wantsLoaded = handleType(first) === TPM_HT.HMAC_SESSION;
    return [...this.sessions]
      .filter(([own, session]) => own >= number && session.loaded === wantsLoaded)
      .map(([own, session]) => ((wantsLoaded ? session.type : TPM_HT.HMAC_SESSION) << 24) | own)
      .sort((left, right) => handleNumber(left) - handleNumber(right));
  }
}

function isSession(handle: number): boolean {
  return handle >>> 24 === 2 || handle >>> 24 === 3;
}

function ok(body: readonly number[]): Uint8Array {
  return success(Uint8Array.from(body));
}

function error(code: number): Uint8Array {
  return errorResponse('2.0', code);
}

function page(capability: number, items: readonly number[], count: number, pageItems: number): Uint8Array {
  const shown = items.slice(0, Math.min(count, pageItems));
  return ok([shown.length < items.length ? 1 : 0, ...u32(capability), ...u32(shown.length), ...shown.flatMap(u32)]);
}

function checksum(bytes: Uint8Array): number {
  let sum = 17;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) >>> 0;
  return sum;
}

function blob(sequence: number, savedHandle: number, hierarchy: number, content: readonly number[]): readonly number[] {
  const head = [0, 0, 0, 0, ...u32(sequence), ...u32(savedHandle), ...u32(hierarchy)];
  const bytes = Uint8Array.from([...head, ...u16(content.length + 4), ...content, 0, 0, 0, 0]);
  writeUint32(bytes, bytes.length - 4, checksum(bytes.subarray(0, -4)));
  return [...bytes];
}
