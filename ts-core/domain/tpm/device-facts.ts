/**
 * Reads what the TPM reports about itself: TPM_DEVICE_INFO, its limits and its own dictionary-attack state.
 *
 * TPM 2.0 Part 2, 6.13 TPM_PT; TPM 1.2 Part 2, 21.6 TPM_CAP_VERSION_INFO and 21.2 TPM_CAP_PROPERTY.
 */
import { TPM_CAP_PROP, TPM_CAP as TPM_CAP12 } from '../tpm12/codes.js';
import * as tpm12 from '../tpm12/commands.js';
import { TPM_CAP as TPM_CAP20, TPM_PT, TPMA_PERMANENT } from '../tpm20/codes.js';
import * as tpm20 from '../tpm20/commands.js';

import { HEADER_BYTES, readUint16, readUint32, responseCodeOf } from './command-header.js';
import type { Exchange } from './exchange.js';
import type { TpmVersion } from './tpm-version.js';

export interface DeviceFacts {
  readonly version: TpmVersion;
  readonly manufacturerId: number;
  /** The vendor id as text: `IBM`. */
  readonly manufacturer: string;
  readonly vendorString: string;
  readonly firmwareVersion: string;
  readonly specification: string;
  readonly specificationRevision: number;
  readonly maxCommandBytes: number;
  readonly maxResponseBytes: number;
}

/** TPM_IFTYPE of Tbs.h. The broker does not know how the platform reaches the TPM; 0 means "unknown". */
export const TPM_IFTYPE_UNKNOWN = 0;

/** State of a TPM 2.0's own dictionary-attack protection. */
export interface DictionaryAttackState {
  readonly inLockout: boolean;
  readonly failedTries: number;
  readonly maxTries: number;
  readonly recoverySeconds: number;
  readonly lockoutRecoverySeconds: number;
}

/** Buffer size of the PC Client profile, for a TPM that does not report its own. */
const DEFAULT_BUFFER_BYTES = 4096;

export function* readDeviceFacts(version: TpmVersion): Exchange<DeviceFacts> {
  return version === '2.0' ? yield* readDeviceFacts20() : yield* readDeviceFacts12();
}

function* readDeviceFacts20(): Exchange<DeviceFacts> {
  const fixed = yield* readProperties(TPM_PT.FIXED, 64);
  const text = [0, 1, 2, 3].map((index) => vendorText(fixed.get(TPM_PT.VENDOR_STRING_1 + index) ?? 0)).join('');
  const manufacturerId = fixed.get(TPM_PT.MANUFACTURER) ?? 0;
  const firmware = [fixed.get(TPM_PT.FIRMWARE_VERSION_1) ?? 0, fixed.get(TPM_PT.FIRMWARE_VERSION_2) ?? 0];
  const revision = fixed.get(TPM_PT.REVISION) ?? 0;
  return {
    version: '2.0',
    manufacturerId,
    manufacturer: vendorText(manufacturerId),
    vendorString: text.trim(),
    firmwareVersion: firmware.map((word) => `${word >>> 16}.${word & 0xffff}`).join('.'),
    specification: `2.0 revision ${(revision / 100).toFixed(2)}`,
    specificationRevision: revision,
    maxCommandBytes: fixed.get(TPM_PT.MAX_COMMAND_SIZE) ?? DEFAULT_BUFFER_BYTES,
    maxResponseBytes: fixed.get(TPM_PT.MAX_RESPONSE_SIZE) ?? DEFAULT_BUFFER_BYTES,
  };
}

/** Reads a TPM 2.0's dictionary-attack state; undefined if the TPM does not report it. */
export function* readDictionaryAttackState(): Exchange<DictionaryAttackState | undefined> {
  const variable = yield* readProperties(TPM_PT.VAR, 32);
  const maxTries = variable.get(TPM_PT.MAX_AUTH_FAIL);
  if (maxTries === undefined) return undefined;
  return {
    inLockout: ((variable.get(TPM_PT.PERMANENT) ?? 0) & TPMA_PERMANENT.IN_LOCKOUT) !== 0,
    failedTries: variable.get(TPM_PT.LOCKOUT_COUNTER) ?? 0,
    maxTries,
    recoverySeconds: variable.get(TPM_PT.LOCKOUT_INTERVAL) ?? 0,
    lockoutRecoverySeconds: variable.get(TPM_PT.LOCKOUT_RECOVERY) ?? 0,
  };
}

/** Reads `count` properties from `first`; empty if the TPM does not report them. */
export function* readProperties(first: number, count: number): Exchange<Map<number, number>> {
  const response = yield tpm20.getCapability(TPM_CAP20.TPM_PROPERTIES, first, count);
  const properties = new Map<number, number>();
  if (responseCodeOf(response) !== 0 || response.length < HEADER_BYTES + 9) return properties;
  // moreData (1), capability (4), count (4), then pairs.
  for (let offset = HEADER_BYTES + 9; offset + 8 <= response.length; offset += 8) {
    properties.set(readUint32(response, offset), readUint32(response, offset + 4));
  }
  return properties;
}

function* readDeviceFacts12(): Exchange<DeviceFacts> {
  const version = yield tpm12.getCapability(TPM_CAP12.VERSION_VAL);
  // TPM_CAP_VERSION_INFO after the size: tag (2), version (4), specLevel (2), errataRev (1), vendor id (4).
  const whole = responseCodeOf(version) === 0 && version.length >= HEADER_BYTES + 4 + 13;
  const at = HEADER_BYTES + 4;
  const manufacturerId = whole ? readUint32(version, at + 9) : 0;
  const buffer = yield tpm12.getCapability(TPM_CAP12.PROPERTY, TPM_CAP_PROP.INPUT_BUFFER);
  const bufferKnown = responseCodeOf(buffer) === 0 && buffer.length >= HEADER_BYTES + 8;
  const maxBytes = bufferKnown ? readUint32(buffer, HEADER_BYTES + 4) : DEFAULT_BUFFER_BYTES;
  return {
    version: '1.2',
    manufacturerId,
    manufacturer: vendorText(manufacturerId),
    vendorString: '',
    firmwareVersion: whole ? `${version[at + 4]}.${version[at + 5]}` : '',
    specification: whole ? `1.2 level ${readUint16(version, at + 6)} errata ${version[at + 8]}` : '1.2',
    specificationRevision: whole ? (version[at + 8] ?? 0) : 0,
    maxCommandBytes: maxBytes,
    maxResponseBytes: maxBytes,
  };
}

function vendorText(word: number): string {
  const bytes = [word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff];
  return bytes
    .filter((byte) => byte >= 0x20 && byte < 0x7f)
    .map((byte) => String.fromCharCode(byte))
    .join('')
    .trim();
}
