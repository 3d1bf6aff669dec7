/**
 * Describes an event in one line for people. TCG PC Client Platform Firmware Profile 1.06, 10.4 and 10.2.6
 * UEFI_VARIABLE_DATA. Unknown or damaged data have an empty description.
 */
import { type LoggedEvent, startsWith } from './event-log.js';
import { EV } from './event-types.js';
import { LittleEndianReader } from './little-endian-reader.js';
import { STARTUP_LOCALITY_SIGNATURE, startupLocalityOf } from './startup-locality.js';

const MAX_CHARACTERS = 200;
/** Event types whose data are text with one byte per character. */
const TEXT_TYPES: ReadonlySet<number> = new Set([
  EV.POST_CODE,
  EV.ACTION,
  EV.COMPACT_HASH,
  EV.IPL,
  EV.OMIT_BOOT_DEVICE_EVENTS,
  EV.POST_CODE2,
  EV.EFI_ACTION,
  EV.EFI_HCRTM_EVENT,
]);
const VARIABLE_TYPES: ReadonlySet<number> = new Set([
  EV.EFI_VARIABLE_DRIVER_CONFIG,
  EV.EFI_VARIABLE_BOOT,
  EV.EFI_VARIABLE_BOOT2,
  EV.EFI_VARIABLE_AUTHORITY,
]);
const SPEC_ID_PREFIX = 'Spec ID Event';
const FIRST_PRINTABLE = ' '.charCodeAt(0);
const LAST_PRINTABLE = '~'.charCodeAt(0);

export function describeEvent({ type, data }: LoggedEvent): string {
  if (type === EV.NO_ACTION) return describeNoAction(data);
  if (type === EV.SEPARATOR) return describeSeparator(data);
  if (VARIABLE_TYPES.has(type)) return variableName(data) ?? '';
  if (type === EV.S_CRTM_VERSION) return twoByteText(data) ?? oneByteText(data) ?? '';
  return TEXT_TYPES.has(type) ? (oneByteText(data) ?? '') : '';
}

function describeNoAction(data: Uint8Array): string {
  const locality = startupLocalityOf(data);
  if (locality !== undefined) return `${STARTUP_LOCALITY_SIGNATURE.replace('\0', '')} ${locality}`;
  if (startsWith(data, SPEC_ID_PREFIX) && data.length >= 24) {
    return `specification ${data[21]}.${data[20]} errata ${data[22]}`;
  }
  return oneByteText(data) ?? '';
}

/** A separator of zeros or ones ends the firmware's measurements; the value 1 reports an error. */
function describeSeparator(data: Uint8Array): string {
  const value = data.length === 4 ? new LittleEndianReader(data).uint32() : undefined;
  return value === 1 ? 'error' : '';
}

/** UEFI_VARIABLE_DATA: GUID (16), name length and data length (8 each), the name in UTF-16LE. */
function variableName(data: Uint8Array): string | undefined {
  const reader = new LittleEndianReader(data);
  reader.bytes(16);
  const characters = reader.uint32();
  const high = reader.uint32();
  reader.bytes(8);
  if (characters === undefined || high !== 0 || characters > MAX_CHARACTERS) return undefined;
  const name = reader.bytes(2 * characters);
  return name === undefined ? undefined : twoByteText(name);
}

/** Returns the text up to the first zero; undefined if it is not printable ASCII. */
function oneByteText(data: Uint8Array): string | undefined {
  const end = data.indexOf(0);
  const text = data.subarray(0, end < 0 ? undefined : end);
  if (text.length === 0 || !text.every(isPrintable)) return undefined;
  return shortened(String.fromCharCode(...text.subarray(0, MAX_CHARACTERS + 1)));
}

function twoByteText(data: Uint8Array): string | undefined {
  const characters: string[] = [];
  for (let at = 0; at + 1 < data.length && characters.length <= MAX_CHARACTERS; at += 2) {
    const code = (data[at] as number) | ((data[at + 1] as number) << 8);
    if (code === 0) break;
    if (!isPrintable(code)) return undefined;
    characters.push(String.fromCharCode(code));
  }
  return characters.length === 0 ? undefined : shortened(characters.join(''));
}

function isPrintable(code: number): boolean {
  return code >= FIRST_PRINTABLE && code <= LAST_PRINTABLE;
}

function shortened(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}
