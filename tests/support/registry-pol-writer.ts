/** Writes the bytes of a Registry.pol ([MS-GPREG] 2.2.1) for tests. */
export interface PolEntryInput {
  readonly key: string;
  readonly valueName: string;
  readonly type: number;
  readonly data: Uint8Array;
}

export function encodeRegistryPol(entries: readonly PolEntryInput[]): Uint8Array {
  const parts: Buffer[] = [Buffer.from('PReg\x01\0\0\0', 'latin1')];
  for (const { key, valueName, type, data } of entries) {
    parts.push(units(`[${key}\0;${valueName}\0;`), number(type), units(';'), number(data.length), units(';'));
    parts.push(Buffer.from(data), units(']'));
  }
  return new Uint8Array(Buffer.concat(parts));
}

export function dword(value: number): Uint8Array {
  return new Uint8Array(number(value));
}

export function sz(text: string): Uint8Array {
  return new Uint8Array(units(`${text}\0`));
}

function units(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
