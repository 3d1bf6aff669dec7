/**
 * Decodes a Registry.pol file ("PReg"), in which Group Policy delivers registry values.
 *
 * Format: [MS-GPREG] section 2.2.1: signature and version, then `[key;value;type;size;data]` with strings and
 * punctuation in UTF-16LE. Any input yields entries or a verdict that names the offset of the damage; no input throws
 * an exception.
 */

/** Registry value types, [MS-RRP] and winnt.h. */
export const REGISTRY_TYPES = {
  REG_NONE: 0,
  REG_SZ: 1,
  REG_EXPAND_SZ: 2,
  REG_BINARY: 3,
  REG_DWORD: 4,
  REG_DWORD_BIG_ENDIAN: 5,
  REG_LINK: 6,
  REG_MULTI_SZ: 7,
  REG_RESOURCE_LIST: 8,
  REG_FULL_RESOURCE_DESCRIPTOR: 9,
  REG_RESOURCE_REQUIREMENTS_LIST: 10,
  REG_QWORD: 11,
} as const;

export interface PolEntry {
  /** Relative to HKEY_LOCAL_MACHINE in a computer's file. */
  readonly key: string;
  readonly valueName: string;
  readonly type: number;
  readonly data: Uint8Array;
}

export type PolReading =
  | { readonly verdict: 'read'; readonly entries: readonly PolEntry[] }
  | { readonly verdict: 'damaged'; readonly offset: number; readonly reason: string };

/** A GPO's file has all its registry policy, of which the TPM's part is small; the format itself sets no limit. */
export const MAX_POL_BYTES = 16_777_216;

/** The most that is stored of a file. The TPM values of a whole domain take a few kilobytes. */
const MAX_KEPT_BYTES = 4_194_304;

const SIGNATURE = 0x67655250; // "PReg"
const VERSION = 1;
const HEADER_BYTES = 8;
/** Registry limits: a key's full path and a value's name stay far below this many UTF-16 units. */
const MAX_NAME_UNITS = 16_384;

const OPEN = 0x5b;
const CLOSE = 0x5d;
const SEPARATOR = 0x3b;

class Damage {
  constructor(
    readonly offset: number,
    readonly reason: string,
  ) {}
}

/** Decodes the whole file and returns the entries that `isWanted` accepts; the others cost no memory. */
export function decodeRegistryPol(bytes: Uint8Array, isWanted: (key: string) => boolean = () => true): PolReading {
  if (bytes.length > MAX_POL_BYTES) return damaged(MAX_POL_BYTES, `it is longer than ${MAX_POL_BYTES} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES) return damaged(bytes.length, 'it is shorter than its header');
  if (view.getUint32(0, true) !== SIGNATURE) return damaged(0, 'it does not begin with "PReg"');
  if (view.getUint32(4, true) !== VERSION) return damaged(4, `version ${view.getUint32(4, true)} is not 1`);
  const entries: PolEntry[] = [];
  const reader = new PolReader(view);
  let keptBytes = 0;
  while (reader.offset < bytes.length) {
    const start = reader.offset;
    const entry = reader.entry(isWanted);
    if (entry instanceof Damage) return damaged(entry.offset, entry.reason);
    if (entry === undefined) continue;
    keptBytes += reader.offset - start;
    if (keptBytes > MAX_KEPT_BYTES) return damaged(start, `its TPM values are longer than ${MAX_KEPT_BYTES} bytes`);
    entries.push(entry);
  }
  return { verdict: 'read', entries };
}

function damaged(offset: number, reason: string): PolReading {
  return { verdict: 'damaged', offset, reason };
}

class PolReader {
  offset = HEADER_BYTES;
  readonly #view: DataView;

  constructor(view: DataView) {
    this.#view = view;
  }

  /** Returns undefined for a valid entry that is not wanted. */
  entry(isWanted: (key: string) => boolean): PolEntry | Damage | undefined {
    const opened = this.#mark(OPEN, '[');
    if (opened !== undefined) return opened;
    const key = this.#name('key');
    if (key instanceof Damage) return key;
    const valueName = this.#name('value name');
    if (valueName instanceof Damage) return valueName;
    const type = this.#number('type');
    if (type instanceof Damage) return type;
    const size = this.#number('size');
    if (size instanceof Damage) return size;
    const left = this.#view.byteLength - this.offset;
    if (size > left) return new Damage(this.offset, `its data of ${size} bytes end after the file`);
    const dataOffset = this.#view.byteOffset + this.offset;
    this.offset += size;
    const closed = this.#mark(CLOSE, ']');
    if (closed !== undefined) return closed;
    if (!isWanted(key)) return undefined;
    return { key, valueName, type, data: new Uint8Array(this.#view.buffer, dataOffset, size).slice() };
  }

  #mark(unit: number, shown: string): Damage | undefined {
    if (this.#view.byteLength - this.offset < 2) return new Damage(this.offset, `it ends where "${shown}" is expected`);
    if (this.#view.getUint16(this.offset, true) !== unit) return new Damage(this.offset, `"${shown}" is expected`);
    this.offset += 2;
    return undefined;
  }

  #name(what: string): string | Damage {
    const start = this.offset;
    let text = '';
    for (;;) {
      if (this.#view.byteLength - this.offset < 2) return new Damage(start, `the ${what} has no end`);
      const unit = this.#view.getUint16(this.offset, true);
      this.offset += 2;
      if (unit === 0) break;
      if (text.length >= MAX_NAME_UNITS) return new Damage(start, `the ${what} is too long`);
      text += String.fromCharCode(unit);
    }
    return this.#mark(SEPARATOR, ';') ?? text;
  }

  #number(what: string): number | Damage {
    if (this.#view.byteLength - this.offset < 4) return new Damage(this.offset, `it ends inside a ${what}`);
    const value = this.#view.getUint32(this.offset, true);
    this.offset += 4;
    return this.#mark(SEPARATOR, ';') ?? value;
  }
}
