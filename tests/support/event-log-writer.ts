/**
 * Writes measured-boot logs in both formats of the TCG PC Client Platform Firmware Profile, without using the
 * product's code.
 */
import { createHash } from 'node:crypto';

export interface WrittenEvent {
  readonly pcr: number;
  readonly type: number;
  /** The measured data; its digests are computed unless `digests` are given. */
  readonly data: Uint8Array;
}

export const ALGORITHM_IDS = { sha1: 0x4, sha256: 0xb, sha384: 0xc, sha512: 0xd } as const;
export type BankName = keyof typeof ALGORITHM_IDS;

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const uint16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};

export const digestOf = (bank: BankName, data: Uint8Array): Buffer => createHash(bank).update(data).digest();

export function sha1Event({ pcr, type, data }: WrittenEvent, digest = digestOf('sha1', data)): Buffer {
  return Buffer.concat([uint32(pcr), uint32(type), digest, uint32(data.length), data]);
}

export function specIdEvent(banks: readonly BankName[]): Buffer {
  const sizes = banks.map((bank) =>
    Buffer.concat([uint16(ALGORITHM_IDS[bank]), uint16(digestOf(bank, new Uint8Array()).length)]),
  );
  const data = Buffer.concat([
    Buffer.from('Spec ID Event03\0', 'latin1'),
    ...[uint32(0), Buffer.from([0, 2, 0, 2]), uint32(banks.length), ...sizes, Buffer.from([0])],
  ]);
  return sha1Event({ pcr: 0, type: 3, data }, Buffer.alloc(20));
}

export function cryptoAgileEvent({ pcr, type, data }: WrittenEvent, banks: readonly BankName[]): Buffer {
  const digests = banks.map((bank) => Buffer.concat([uint16(ALGORITHM_IDS[bank]), digestOf(bank, data)]));
  return Buffer.concat([...[uint32(pcr), uint32(type), uint32(banks.length), ...digests, uint32(data.length), data]]);
}

export function cryptoAgileLog(events: readonly WrittenEvent[], banks: readonly BankName[]): Buffer {
  return Buffer.concat([specIdEvent(banks), ...events.map((event) => cryptoAgileEvent(event, banks))]);
}

export function startupLocalityEvent(locality: number): WrittenEvent {
  return {
    pcr: 0,
    type: 3,
    data: Buffer.concat([Buffer.from('StartupLocality\0', 'latin1'), Buffer.from([locality])]),
  };
}

/** A typical boot: version, a variable, boot manager, separators. */
export const A_BOOT: readonly WrittenEvent[] = [
  { pcr: 0, type: 0x8, data: Buffer.from('firmware 1.2.3\0', 'utf16le') },
  { pcr: 7, type: 0x80000001, data: efiVariable('SecureBoot', Buffer.from([1])) },
  { pcr: 4, type: 0x80000007, data: Buffer.from('Calling EFI Application from Boot Option') },
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((pcr) => ({ pcr, type: 0x4, data: Buffer.alloc(4) })),
];

/** Returns a log whose events fill several pages of eventLog/get. */
export function longLog(): Buffer {
  return cryptoAgileLog(Array.from({ length: 200 }, () => A_BOOT).flat(), ['sha1', 'sha256']);
}

export function efiVariable(name: string, value: Uint8Array): Buffer {
  const lengths = Buffer.alloc(16);
  lengths.writeBigUInt64LE(BigInt(name.length), 0);
  lengths.writeBigUInt64LE(BigInt(value.length), 8);
  return Buffer.concat([Buffer.alloc(16, 0x8b), lengths, Buffer.from(name, 'utf16le'), value]);
}

/** Returns the PCR values, by index, of a TPM that was extended with the events. */
export function extendedPcrs(events: readonly WrittenEvent[], bank: BankName, locality = 0): Map<number, Buffer> {
  const pcrs = new Map<number, Buffer>();
  for (const { pcr, type, data } of events) {
    if (type === 3) continue;
    const digest = digestOf(bank, data);
    const before =
      pcrs.get(pcr) ?? Buffer.concat([Buffer.alloc(digest.length - 1), Buffer.from([pcr === 0 ? locality : 0])]);
    pcrs.set(pcr, createHash(bank).update(before).update(digest).digest());
  }
  return pcrs;
}
