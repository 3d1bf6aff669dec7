/**
 * Finds out where to write the owner authorization: the form that the directory's schema supports, this machine's
 * computer object, and the account's rights there. It only reads.
 *
 * Schema: MS-ADA2 and MS-ADSC (msTPM-…); rights: the constructed attributes allowedAttributesEffective and
 * allowedChildClassesEffective (MS-ADTS 3.1.1.4.5.21).
 */
import { AndFilter, type Entry, EqualityFilter, OrFilter } from 'ldapts';
import type { DirectoryBackupForm } from '../../application/ports/owner-auth-stores.js';
import type { TbsError } from '../../domain/tbs-error.js';
import { directoryFailure } from './directory-failure.js';
import type { DirectorySession } from './directory-session.js';
import { hostNameLabel } from './machine-account.js';

export const OWNER_INFORMATION = 'msTPM-OwnerInformation';
export const PENDING_INFORMATION = 'msTPM-OwnerInformationTemp';
export const SRK_THUMBPRINT = 'msTPM-SrkPubThumbprint';
export const COMPUTER_LINK = 'msTPM-TpmInformationForComputer';
export const INFORMATION_OBJECT = 'msTPM-InformationObject';

export interface BackupPlace {
  readonly form: DirectoryBackupForm;
  /** The server's host name according to the server itself. */
  readonly server: string;
  readonly computer: string;
  /** The computer's objectSid. */
  readonly computerSid: Buffer;
  /** Windows 8: CN=TPM Devices. Windows 7: the computer object. */
  readonly holder: string;
  /** Windows 8: the object that the computer is linked to; undefined when there is none. */
  readonly linked: string | undefined;
}

/** @throws TBS_E_PROVISIONING_NOT_ALLOWED: schemaMissing, notJoined or noRight, or a failure of the connection. */
export async function findBackupPlace(
  session: DirectorySession,
  computerName: string | undefined,
): Promise<BackupPlace> {
  const root = await rootOf(session);
  const form = await formOf(session, root.schema);
  const computer = await computerOf(session, root.domain, computerName ?? hostNameLabel());
  const linked = textOf(computer[COMPUTER_LINK]);
  const computerSid = bytesOf(computer['objectSid']) ?? Buffer.alloc(0);
  const place = { form, server: root.server, computer: computer.dn, computerSid };
  if (form === 'windows7') {
    requireRight(computer, 'allowedAttributesEffective', OWNER_INFORMATION);
    return { ...place, holder: computer.dn, linked: undefined };
  }
  const container = await containerOf(session, root.domain);
  if (linked === undefined) {
    requireRight(container, 'allowedChildClassesEffective', INFORMATION_OBJECT);
    requireRight(computer, 'allowedAttributesEffective', COMPUTER_LINK);
  }
  return { ...place, holder: container.dn, linked };
}

async function rootOf(session: DirectorySession) {
  const attributes = ['defaultNamingContext', 'schemaNamingContext', 'dnsHostName'];
  const [root] = await session.search('', { scope: 'base', attributes });
  const domain = textOf(root?.['defaultNamingContext']);
  const schema = textOf(root?.['schemaNamingContext']);
  if (domain === undefined || schema === undefined) {
    throw directoryFailure('schemaMissing', { message: 'The server is not an Active Directory domain controller.' });
  }
  return { domain, schema, server: textOf(root?.['dnsHostName']) ?? '' };
}

async function formOf(session: DirectorySession, schema: string): Promise<DirectoryBackupForm> {
  const names = [INFORMATION_OBJECT, PENDING_INFORMATION, SRK_THUMBPRINT, COMPUTER_LINK, OWNER_INFORMATION];
  const filter = new OrFilter({
    filters: names.map((value) => new EqualityFilter({ attribute: 'lDAPDisplayName', value })),
  });
  const found = await session.search(schema, { scope: 'one', filter, attributes: ['lDAPDisplayName', 'isDefunct'] });
  const inUse = found.filter((entry) => textOf(entry['isDefunct']) !== 'TRUE');
  const present = new Set(inUse.map((entry) => textOf(entry['lDAPDisplayName'])));
  if (names.every((name) => present.has(name))) return 'windows8';
  if (present.has(OWNER_INFORMATION)) return 'windows7';
  throw directoryFailure('schemaMissing', { message: `The directory's schema has no ${OWNER_INFORMATION}.` });
}

async function computerOf(session: DirectorySession, domain: string, name: string): Promise<Entry> {
  const isDn = name.includes('=');
  const computerClass = new EqualityFilter({ attribute: 'objectClass', value: 'computer' });
  const account = new EqualityFilter({ attribute: 'sAMAccountName', value: `${name.replace(/\$$/, '')}$` });
  const found = await emptyWhenMissing(
    session.search(isDn ? name : domain, {
      scope: isDn ? 'base' : 'sub',
      filter: isDn ? computerClass : new AndFilter({ filters: [computerClass, account] }),
      attributes: ['objectSid', COMPUTER_LINK, 'allowedAttributesEffective'],
      explicitBufferAttributes: ['objectSid'],
    }),
  );
  const [computer] = found;
  if (computer !== undefined) return computer;
  throw directoryFailure('notJoined', { message: `The directory has no computer object of this machine (${name}).` });
}

async function containerOf(session: DirectorySession, domain: string): Promise<Entry> {
  const dn = `CN=TPM Devices,${domain}`;
  const [container] = await emptyWhenMissing(
    session.search(dn, { scope: 'base', attributes: ['allowedChildClassesEffective'] }),
  );
  if (container !== undefined) return container;
  throw directoryFailure('schemaMissing', {
    message: `The directory has the schema for the backup, but not the container ${dn}.`,
    action: 'Have a domain administrator prepare the domain (adprep /domainprep), which creates the container.',
  });
}

/** A server reports NoSuchObject for a base that does not exist or that the account may not see. */
async function emptyWhenMissing(search: Promise<Entry[]>): Promise<Entry[]> {
  try {
    return await search;
  } catch (error) {
    if (isNoSuchObject(error)) return [];
    throw error;
  }
}

function isNoSuchObject(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 32;
}

export function requireRight(entry: Entry, list: string, name: string): void {
  if (hasRight(entry, list, name)) return;
  throw noRight(entry.dn, list === 'allowedChildClassesEffective' ? `create an ${name}` : `write ${name}`);
}

export function hasRight(entry: Entry, list: string, name: string): boolean {
  const allowed = [entry[list] ?? []].flat().map(String);
  return allowed.some((one) => one.toLowerCase() === name.toLowerCase());
}

function noRight(dn: string, what: string): TbsError {
  return directoryFailure('noRight', { message: `The account may not ${what} at ${dn}.` });
}

/** ldapts returns an empty list for a missing attribute. */
export function textOf(value: Entry[string] | undefined): string | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  return first === undefined ? undefined : first.toString();
}

export function bytesOf(value: Entry[string] | undefined): Buffer | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  return Buffer.isBuffer(first) ? first : undefined;
}
