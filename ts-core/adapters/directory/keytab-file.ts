/**
 * Finds the domain account whose key a keytab contains (MIT Kerberos, keytab file format 0x0502). Only the Kerberos
 * library uses the keys themselves.
 */
import type { TbsError } from '../../domain/tbs-error.js';
import { directoryFailure } from './directory-failure.js';
import { readPrivateFile } from './private-file.js';

const FORMAT = 0x0502;
const MAX_FILE_BYTES = 256 * 1024;

export interface KerberosPrincipal {
  /** For example `PC1$@CORP.EXAMPLE`. */
  readonly name: string;
  readonly realm: string;
}

/**
 * Returns the principal to authenticate as: `wanted` if it is given, otherwise the account of the computer `computer`,
 * otherwise the only computer account in the keytab.
 * @throws TBS_E_PROVISIONING_NOT_ALLOWED, reason `wrongCredentials`
 */
export function principalOfKeytab(
  path: string,
  brokerUid: number,
  { wanted, computer }: { readonly wanted: string | undefined; readonly computer: string },
): KerberosPrincipal {
  const bytes = readPrivateFile(path, {
    brokerUid,
    maxBytes: MAX_FILE_BYTES,
    refuse: (why, cause) => unusable(path, why, cause),
  });
  let principals: readonly KerberosPrincipal[];
  try {
    principals = principalsOf(bytes);
  } catch (cause) {
    throw unusable(path, 'is no keytab, or is damaged', cause);
  } finally {
    bytes.fill(0);
  }
  const found = chosen(principals, wanted, computer);
  if (found !== undefined) return found;
  const whom = wanted ?? `the computer account ${computer.toUpperCase()}$`;
  const has = principals.length === 0 ? 'nothing' : principals.map(({ name }) => name).join(', ');
  throw unusable(path, `has no key of ${whom}; it has ${has}`);
}

function chosen(
  principals: readonly KerberosPrincipal[],
  wanted: string | undefined,
  computer: string,
): KerberosPrincipal | undefined {
  const same = (name: string, other: string) => name.toLowerCase() === other.toLowerCase();
  if (wanted !== undefined) return principals.find(({ name }) => same(name, wanted));
  const accounts = principals.filter(({ name }) => /^[^/]+\$@/.test(name));
  const own = accounts.find(({ name, realm }) => same(name, `${computer}$@${realm}`));
  return own ?? (accounts.length === 1 ? accounts[0] : undefined);
}

/** Returns each principal once, in the order of the file. Throws a RangeError if the file is truncated. */
function principalsOf(bytes: Buffer): readonly KerberosPrincipal[] {
  if (bytes.readUInt16BE(0) !== FORMAT) throw new RangeError('not a keytab of format 0x0502');
  const found = new Map<string, KerberosPrincipal>();
  for (let offset = 2; offset + 4 <= bytes.length; ) {
    const length = bytes.readInt32BE(offset);
    offset += 4;
    if (length === 0) break;
    // A negative length marks the gap that a removed entry left.
    if (length > 0) {
      if (offset + length > bytes.length) throw new RangeError('an entry is cut off');
      const principal = principalOfEntry(bytes.subarray(offset, offset + length));
      found.set(principal.name, principal);
    }
    offset += Math.abs(length);
  }
  return [...found.values()];
}

function principalOfEntry(entry: Buffer): KerberosPrincipal {
  let offset = 2;
  const text = () => {
    const length = entry.readUInt16BE(offset);
    const start = offset + 2;
    if (start + length > entry.length) throw new RangeError('a name is cut off');
    offset = start + length;
    return entry.toString('utf8', start, offset);
  };
  const count = entry.readUInt16BE(0);
  const realm = text();
  const components = Array.from({ length: count }, text);
  return { name: `${components.join('/')}@${realm}`, realm };
}

function unusable(path: string, why: string, cause?: unknown): TbsError {
  return directoryFailure('wrongCredentials', {
    message: `The keytab ${path} ${why}.`,
    action:
      "Renew the machine's keytab (adcli update, realm join, or net ads keytab create), or set `directory.credentialsFile` in tbsd.json.",
    cause,
  });
}
