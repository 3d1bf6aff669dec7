/**
 * The identity of a TPM: what distinguishes it from every other one, even after its owner clears it. That is the
 * endorsement key, which derives from a seed that only the manufacturer or the platform can replace. TPM 2.0 Library
 * Part 1, 14.3; TPM Main Part 1, 5.1.
 */
import type { TpmVersion } from './tpm-version.js';

const CERTIFICATE = 'certificate';
/** The mark of a TPM 1.2 that has no endorsement key yet. Once a TPM has one, it keeps it. */
export const NO_KEY = 'no-key';

export interface TpmIdentity {
  readonly version: TpmVersion;
  readonly manufacturerId: number;
  /**
   * SHA-256 digests (lowercase hex) of the endorsement key or its certificate, by what was read: `certificate-1c00002`,
   * `key-ecc`. Empty if the TPM shows neither without an authorization.
   */
  readonly marks: Readonly<Record<string, string>>;
}

/** What identifies a TPM, before it is hashed. */
export interface IdentityMark {
  readonly kind: string;
  readonly bytes: Uint8Array;
}

/** `unknown`: what the TPM shows now cannot be compared with what it showed before. */
export type IdentityVerdict = 'same' | 'other' | 'unknown';

export function compareIdentities(known: TpmIdentity, found: TpmIdentity): IdentityVerdict {
  if (known.version !== found.version || known.manufacturerId !== found.manufacturerId) return 'other';
  const kinds = kindsOf(found);
  if (found.marks[NO_KEY] !== undefined) return kindsOf(known).length > 0 ? 'other' : 'unknown';
  const common = kinds.filter((kind) => known.marks[kind] !== undefined);
  if (common.length === 0) return hasLostCertificates(known, found) ? 'other' : 'unknown';
  return common.some((kind) => known.marks[kind] === found.marks[kind]) ? 'same' : 'other';
}

/**
 * Returns whether certificates that the TPM once showed are missing. TPM2_Clear does not delete their indices, and the
 * key itself is read only if there are none. A TPM 1.2 may hide its certificate once it has an owner.
 */
function hasLostCertificates(known: TpmIdentity, found: TpmIdentity): boolean {
  const hasCertificate = ({ marks }: TpmIdentity) => Object.keys(marks).some((kind) => kind.startsWith(CERTIFICATE));
  const showsKey = Object.keys(found.marks).length > 0 && !hasCertificate(found);
  return found.version === '2.0' && hasCertificate(known) && showsKey;
}

function kindsOf({ marks }: TpmIdentity): readonly string[] {
  return Object.keys(marks).filter((kind) => kind !== NO_KEY);
}

/** Returns what is known of a TPM after it was found again. */
export function mergeIdentities(known: TpmIdentity, found: TpmIdentity): TpmIdentity {
  return { ...found, marks: { ...known.marks, ...found.marks } };
}

/** Returns a short name for people and for folders: `1.2-49424d00`, `2.0-5a1f03c2e4b7d960`. */
export function identityName({ version, manufacturerId, marks }: TpmIdentity): string {
  const [kind] = kindsOf({ version, manufacturerId, marks }).slice().sort();
  const mark = kind === undefined ? undefined : marks[kind]?.slice(0, 16);
  return `${version}-${mark ?? manufacturerId.toString(16).padStart(8, '0')}`;
}
