/** The msTPM-InformationObject of this machine's TPM: found, or made and linked to the computer. */
import { randomUUID } from 'node:crypto';
import { Attribute, Change, type Entry, EqualityFilter } from 'ldapts';
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
import { OwnerOnlyControl, ownerSid } from './object-owner.js';

const RIGHTS = 'allowedAttributesEffective';

/** The object that the computer is linked to; it must be writable, since its name is all that is sure of it. */
export async function checkLinkedObject(session: DirectorySession, dn: string): Promise<void> {
  const [linked] = await session.search(dn, { scope: 'base', attributes: [RIGHTS] });
  if (linked === undefined) return;
  for (const attribute of [OWNER_INFORMATION, PENDING_INFORMATION]) requireRight(linked, RIGHTS, attribute);
}

/**
 * The object of the TPM with this storage root key: the linked one, or one that this computer made before and could not
 * link. Objects of other owners do not count, whatever their thumbprint: whoever makes an object can let himself read
 * its confidential values.
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

function isOwnWork(entry: Entry, { computerSid }: BackupPlace): boolean {
  const descriptor = bytesOf(entry['nTSecurityDescriptor']);
  const owner = descriptor === undefined ? undefined : ownerSid(descriptor);
  return computerSid.length > 0 && owner?.equals(computerSid) === true && hasRight(entry, RIGHTS, OWNER_INFORMATION);
}

/**
 * Makes the object, whose class demands msTPM-OwnerInformation from the start. `pending`: the value is also the
 * temporary one, which tells a reader that the TPM may not have it yet. The name is random, so that nobody can take it
 * first. Resolves with the name.
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

/** No values: the attribute goes, and it is no error when it was not there. */
export function replaced(type: string, values: string[]): Change {
  return new Change({ operation: 'replace', modification: new Attribute({ type, values }) });
}
