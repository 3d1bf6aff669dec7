/** Finds the msTPM-InformationObject of this machine's TPM, or creates it and links the computer to it. */
import { randomUUID } from 'node:crypto';
import { Attribute, Change, Control, type Entry, EqualityFilter } from 'ldapts';
import {
  type BackupPlace,
  bytesOf,
  COMPUTER_LINK,
  hasRight,
  INFORMATION_OBJECT,
  OWNER_INFORMATION,
  PENDING_INFORMATION,
  requireRight,
  SRK_THUMBPRINT,
} from './backup-place.js';
import type { DirectorySession } from './directory-session.js';

const RIGHTS = 'allowedAttributesEffective';

/** Checks that the object that the computer is linked to is writable; only its name is known otherwise. */
export async function checkLinkedObject(session: DirectorySession, dn: string): Promise<void> {
  const [linked] = await session.search(dn, { scope: 'base', attributes: [RIGHTS] });
  if (linked === undefined) return;
  for (const attribute of [OWNER_INFORMATION, PENDING_INFORMATION]) requireRight(linked, RIGHTS, attribute);
}

/**
 * Finds the object of the TPM with this storage root key: the linked one, or one that this computer created earlier but
 * could not link. Ignores objects of other owners, whatever their thumbprint, because the creator of an object can obtain
 * the right to read its confidential values.
 */
export async function findInformationObject(
  session: DirectorySession,
  place: BackupPlace,
  srkThumbprint: Buffer,
): Promise<string | undefined> {
  const found = await session.search(
    place.holder,
    {
      scope: 'one',
      filter: new EqualityFilter({ attribute: SRK_THUMBPRINT, value: srkThumbprint }),
      attributes: ['nTSecurityDescriptor', RIGHTS],
      explicitBufferAttributes: ['nTSecurityDescriptor'],
    },
    [new OwnerOnlyControl()],
  );
  const linked = found.find(({ dn }) => dn.toLowerCase() === place.linked?.toLowerCase());
  if (linked !== undefined) {
    requireRight(linked, RIGHTS, OWNER_INFORMATION);
    return linked.dn;
  }
  return found.find((entry) => isOwnWork(entry, place))?.dn;
}

/**
 * Requests only the owner of security descriptors: LDAP_SERVER_SD_FLAGS_OID with OWNER_SECURITY_INFORMATION (MS-ADTS
 * 3.1.1.3.4.1.11).
 */
class OwnerOnlyControl extends Control {
  constructor() {
    super('1.2.840.113556.1.4.801', { critical: true });
  }

  override writeControl(writer: Parameters<Control['write']>[0]): void {
    const sequenceOfOne = Buffer.from([0x30, 0x03, 0x02, 0x01, 0x01]);
    writer.writeBuffer(sequenceOfOne, 0x04);
  }
}

function isOwnWork(entry: Entry, { computerSid }: BackupPlace): boolean {
  const descriptor = bytesOf(entry['nTSecurityDescriptor']);
  const owner = descriptor === undefined ? undefined : ownerSid(descriptor);
  return computerSid.length > 0 && owner?.equals(computerSid) === true && hasRight(entry, RIGHTS, OWNER_INFORMATION);
}

const OWNER_OFFSET_AT = 4;
const SID_HEADER_BYTES = 8;

/** Returns the owner in a self-relative security descriptor (MS-DTYP 2.4.6); undefined if it has no complete one. */
function ownerSid(descriptor: Buffer): Buffer | undefined {
  if (descriptor.length < OWNER_OFFSET_AT + 4) return undefined;
  const start = descriptor.readUInt32LE(OWNER_OFFSET_AT);
  const authorities = descriptor[start + 1];
  if (start === 0 || authorities === undefined) return undefined;
  const end = start + SID_HEADER_BYTES + 4 * authorities;
  return end <= descriptor.length ? descriptor.subarray(start, end) : undefined;
}

/**
 * Creates the object; its class requires msTPM-OwnerInformation from the start. `pending` also writes the value as the
 * temporary one, which tells a reader that the TPM may not have it yet. The name is random, so that nobody can create
 * it first. Resolves with the name.
 */
export async function addInformationObject(
  session: DirectorySession,
  place: BackupPlace,
  value: string,
  srkThumbprint: Buffer,
  pending: boolean,
): Promise<string> {
  const dn = `CN=${randomUUID()},${place.holder}`;
  await session.add(dn, [
    new Attribute({ type: 'objectClass', values: [INFORMATION_OBJECT] }),
    new Attribute({ type: OWNER_INFORMATION, values: [value] }),
    new Attribute({ type: SRK_THUMBPRINT, values: [srkThumbprint] }),
    ...(pending ? [new Attribute({ type: PENDING_INFORMATION, values: [value] })] : []),
  ]);
  return dn;
}

export async function linkComputer(session: DirectorySession, place: BackupPlace, dn: string): Promise<void> {
  if (place.linked?.toLowerCase() === dn.toLowerCase()) return;
  await session.modify(place.computer, [replaced(COMPUTER_LINK, [dn])]);
}

/**
 * Returns a change that replaces an attribute. Without values it removes the attribute, which may be missing already.
 */
export function replaced(type: string, values: string[]): Change {
  return new Change({ operation: 'replace', modification: new Attribute({ type, values }) });
}
