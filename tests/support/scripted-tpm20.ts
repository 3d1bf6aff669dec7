/**
 * A small TPM 2.0 made of facts: slots for objects and loaded sessions, saved contexts with integrity, the context gap,
 * capabilities. Pure and quick, so that properties can be tried over thousands of commands. Measured against libtpms 0.9.
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
import { success } from '../../ts-core/domain/tpm20/responses.js';
import { sized, u16, u32 } from './tpm20-commands.js';

export interface ScriptedTpmOptions {
  readonly objectSlots?: number;
  readonly sessionSlots?: number;
  readonly activeSessions?: number;
  readonly gapMax?: number;
  /** Sequence objects cannot be saved, as some TPMs have it. */
  readonly refusesToSaveSequences?: boolean;
  /** Page size of capability answers. */
  readonly pageItems?: number;
}

interface FakeObject {
  readonly tag: number;
  readonly hierarchy: number;
  readonly isSequence: boolean;
  /** Bytes a sequence has hashed: its state. */
  state: number;
}

interface FakeSession {
  readonly tag: number;
  readonly type: number;
  loaded: boolean;
  /** The context counter at its last save. */
  contextId: number;
}

/** code, handles, returns handle, flushes */
const COMMANDS: readonly (readonly [number, number, boolean, boolean])[] = [
  [0x126, 1, false, false],
  [0x12e, 1, false, false],
  [0x131, 1, true, false],
  [0x13e, 1, false, true],
  [0x144, 0, false, false],
  [0x15c, 1, false, false],
  [0x15d, 1, false, false],
  [0x161, 0, true, false],
  [0x162, 1, false, false],
  [0x165, 0, false, false],
  [0x173, 1, false, false],
  [0x176, 2, true, false],
  [0x17a, 0, false, false],
  [0x17b, 0, false, false],
  [0x181, 0, false, false],
  [0x186, 0, true, false],
  [0x189, 1, false, false],
];

function tpmaCc([code, handles, returns, flushes]: (typeof COMMANDS)[number]): number {
  return (code | (handles << 25) | (returns ? 1 << 28 : 0) | (flushes ? 1 << 24 : 0)) >>> 0;
}

export class ScriptedTpm20 {
  readonly objects = new Map<number, FakeObject>();
  readonly sessions = new Map<number, FakeSession>();
  resetCount = 0;
  restartCount = 0;
  started = true;
  /** Codes of the commands that arrived. */
  readonly log: number[] = [];
  #nextTag = 1;
  #contextCounter = 1;
  #objectCounter = 1;
  #proof = 1;
  readonly #options: Required<ScriptedTpmOptions>;

  constructor(options: ScriptedTpmOptions = {}) {
    this.#options = {
      objectSlots: 3,
      sessionSlots: 3,
      activeSessions: 64,
      gapMax: 255,
      refusesToSaveSequences: false,
      pageItems: 254,
      ...options,
    };
  }

  /** A power cycle without Shutdown. */
  reset(): void {
    this.objects.clear();
    this.sessions.clear();
    this.resetCount++;
    this.restartCount = 0;
    this.#proof++;
    this.started = false;
  }

  loadedSessions(): readonly FakeSession[] {
    return [...this.sessions.values()].filter((session) => session.loaded);
  }

  transmit(bytes: Uint8Array): Uint8Array {
    const code = readUint32(bytes, 6);
    this.log.push(code);
    if (code === 0x144) {
      if (this.started) return error(0x100);
      this.started = true;
      return ok([]);
    }
    if (!this.started) return error(0x100);
    const described = COMMANDS.find((command) => command[0] === code);
    if (!described) return error(0x143);
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
      if (bytes.length < HEADER_BYTES + 4 * position + 4) return 0x9a | ((position + 1) << 8);
      const handle = readUint32(bytes, HEADER_BYTES + 4 * position);
      handles.push(handle);
      if (handle >>> 24 === 0x80 && !this.objects.has(handle)) return 0x910 + position;
      const session = isSession(handle) ? this.sessions.get(handle & 0xffffff) : undefined;
      if (isSession(handle) && !session?.loaded) return 0x910 + position;
    }
    return handles;
  }

  #authorizations(bytes: Uint8Array, handleCount: number): readonly { handle: number; attributes: number }[] {
    if (readUint16(bytes, 0) !== 0x8002) return [];
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
      if (isSession(handle) && !this.sessions.get(handle & 0xffffff)?.loaded) return 0x918 + position;
    }
    return 0;
  }

  #endSessions(bytes: Uint8Array, handleCount: number): void {
    for (const { handle, attributes } of this.#authorizations(bytes, handleCount)) {
      if (isSession(handle) && (attributes & 1) === 0) this.sessions.delete(handle & 0xffffff);
    }
  }

  #run(code: number, bytes: Uint8Array, handles: readonly number[]): Uint8Array {
    const parameter = (offset: number) => readUint32(bytes, HEADER_BYTES + offset);
    switch (code) {
      case 0x126:
        return this.#clear();
      case 0x131:
        return this.#create(handles[0] as number, false);
      case 0x186:
        return this.#create(0x40000007, true);
      case 0x15c:
        return this.#update(handles[0] as number);
      case 0x13e: {
        const object = this.objects.get(handles[0] as number) as FakeObject;
        this.objects.delete(handles[0] as number);
        return ok(u32(object.state));
      }
      case 0x173:
      case 0x15d:
        return ok(u32((this.objects.get(handles[0] as number) as FakeObject).tag));
      case 0x189:
        return ok(u32((this.sessions.get((handles[0] as number) & 0xffffff) as FakeSession).tag));
      case 0x161:
        return this.#load(bytes.subarray(HEADER_BYTES));
      case 0x162:
        return this.#save(handles[0] as number);
      case 0x165:
        return this.#flush(parameter(0));
      case 0x176:
        return this.#startSession(bytes[HEADER_BYTES + 8 + 2 + 16 + 2] as number);
      case 0x17a:
        return this.#capability(parameter(0), parameter(4), parameter(8));
      case 0x17b:
        return ok(sized([1, 2, 3, 4]));
      case 0x181:
        return ok([...new Array<number>(16).fill(0), ...u32(this.resetCount), ...u32(this.restartCount), 1]);
      default:
        return ok([]);
    }
  }

  #clear(): Uint8Array {
    for (const [handle, object] of this.objects) if (object.hierarchy !== 0x40000007) this.objects.delete(handle);
    this.#proof++;
    this.resetCount = 0;
    return ok([]);
  }

  #freeObjectHandle(): number | undefined {
    for (let slot = 0; slot < this.#options.objectSlots; slot++) {
      if (!this.objects.has(0x80000000 + slot)) return 0x80000000 + slot;
    }
    return undefined;
  }

  #create(hierarchy: number, isSequence: boolean): Uint8Array {
    const handle = this.#freeObjectHandle();
    if (handle === undefined) return error(0x902);
    this.objects.set(handle, { tag: this.#nextTag++, hierarchy, isSequence, state: 0 });
    return ok([...u32(handle), ...u32((this.objects.get(handle) as FakeObject).tag)]);
  }

  #update(handle: number): Uint8Array {
    const object = this.objects.get(handle) as FakeObject;
    if (!object.isSequence) return error(0x103);
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
    return error(0x905);
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
    if (free === 0) return 0x903;
    // The last slot is kept for the session whose context is the oldest.
    return free === 1 && this.#isAtGap() && loading !== this.#oldestSaved() ? 0x901 : 0;
  }

  #save(handle: number): Uint8Array {
    if (isSession(handle)) {
      const session = this.sessions.get(handle & 0xffffff) as FakeSession;
      if (this.#isAtGap()) return error(0x901);
      session.loaded = false;
      session.contextId = this.#contextCounter++;
      return ok(blob(session.contextId, handle, 0x40000007, [...u32(session.contextId), ...u32(this.#proof)]));
    }
    const object = this.objects.get(handle) as FakeObject;
    if (object.isSequence && this.#options.refusesToSaveSequences) return error(0x102);
    const saved = object.isSequence ? 0x80000001 : 0x80000000;
    const content = [...u32(object.tag), ...u32(object.state), ...u32(this.#proof)];
    return ok(blob(this.#objectCounter++, saved, object.hierarchy, content));
  }

  #load(bytes: Uint8Array): Uint8Array {
    if (bytes.length < 18 || bytes.length !== 18 + readUint16(bytes, 16)) return error(0x1da);
    if (checksum(bytes.subarray(0, -4)) !== readUint32(bytes, bytes.length - 4)) return error(0x1df);
    const handle = readUint32(bytes, 8);
    if (isSession(handle)) {
      const session = this.sessions.get(handle & 0xffffff);
      if (!session || session.loaded || session.contextId !== readUint32(bytes, 18)) return error(0x1cb);
      const code = this.#sessionSlotFault(session);
      if (code) return error(code);
      session.loaded = true;
      return ok(u32(handle));
    }
    const hierarchy = readUint32(bytes, 12);
    if (hierarchy !== 0x40000007 && readUint32(bytes, 26) !== this.#proof) return error(0x1df);
    const slot = this.#freeObjectHandle();
    if (slot === undefined) return error(0x902);
    const isSequence = handle === 0x80000001;
    this.objects.set(slot, { tag: readUint32(bytes, 18), hierarchy, isSequence, state: readUint32(bytes, 22) });
    return ok(u32(slot));
  }

  #flush(handle: number): Uint8Array {
    const gone = isSession(handle) ? this.sessions.delete(handle & 0xffffff) : this.objects.delete(handle);
    return gone ? ok([]) : error(0x1cb);
  }

  #capability(capability: number, property: number, count: number): Uint8Array {
    if (capability === 1) return page(1, this.#listHandles(property), count, this.#options.pageItems);
    if (capability === 2) {
      const codes = COMMANDS.filter(([code]) => code >= property).map(tpmaCc);
      return page(2, codes, count, this.#options.pageItems);
    }
    const all: readonly (readonly [number, number])[] = [
      [0x10e, this.#options.objectSlots],
      [0x111, this.#options.activeSessions],
      [0x114, this.#options.gapMax],
      [0x11e, 4096],
      [0x203, this.loadedSessions().length],
      [0x207, this.#options.objectSlots - this.objects.size],
    ];
    const properties = all.filter(([number]) => number >= property && number >>> 8 === property >>> 8);
    const shown = properties.slice(0, Math.min(count, this.#options.pageItems));
    const more = shown.length < properties.length ? 1 : 0;
    return ok([
      more,
      ...u32(6),
      ...u32(shown.length),
      ...shown.flatMap(([number, value]) => [...u32(number), ...u32(value)]),
    ]);
  }

  #listHandles(first: number): readonly number[] {
    const number = first & 0xffffff;
    if (first >>> 24 === 0x80) return [...this.objects.keys()].filter((handle) => handle >= first).sort();
    const wantsLoaded = first >>> 24 === 2;
    return [...this.sessions]
      .filter(([own, session]) => own >= number && session.loaded === wantsLoaded)
      .map(([own, session]) => ((wantsLoaded ? session.type : 2) << 24) | own)
      .sort((left, right) => (left & 0xffffff) - (right & 0xffffff));
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
