/**
 * Translates every failure of a directory, such as LDAP result codes (RFC 4511, appendix A) and errors of sockets and
 * TLS, into TBS_E_PROVISIONING_NOT_ALLOWED with the reason and what to do about it.
 */
import { ResultCodeError } from 'ldapts';
import type { DirectoryFailure } from '../../application/ports/owner-auth-stores.js';
import { TbsError } from '../../domain/tbs-error.js';

const ACTIONS: Readonly<Record<DirectoryFailure, string>> = {
  notJoined:
    "Join the machine to the domain (its computer object must exist), or set `directory.computer` in tbsd.json to the object's distinguished name.",
  noServer: 'Check the network, DNS and `directory.server` or `directory.domain` in tbsd.json.',
  wrongCredentials:
    'Correct the user and password in the file that `directory.credentialsFile` names, or in the unit’s credential `tpmtbs.directory`.',
  schemaMissing:
    'Have a schema administrator extend the schema for TPM backup (adprep /forestprep and /domainprep of Windows Server 2012 or later).',
  noRight:
    'Have a domain administrator let this account create objects in CN=TPM Devices and write msTPM-TpmInformationForComputer (Windows 7 schema: msTPM-OwnerInformation) on its computer object.',
  timeout: 'Check that the server is not overloaded, or raise `directory.timeoutMs` in tbsd.json.',
  tls: "Set `directory.caFile` to the certificate authority that issued the server's certificate, and name the server as its certificate does.",
  clockSkew: 'Set the clock of this machine by the domain controllers (chrony or systemd-timesyncd).',
};

export interface FailureContext {
  readonly message: string;
  readonly action?: string;
  readonly server?: string;
  readonly cause?: unknown;
}

export function directoryFailure(
  reason: DirectoryFailure,
  { message, action, server, cause }: FailureContext,
): TbsError {
  return new TbsError('TBS_E_PROVISIONING_NOT_ALLOWED', {
    message,
    action: action ?? ACTIONS[reason],
    details: { reason, ...(server === undefined ? {} : { server }) },
    cause,
  });
}

/** Translates any error; returns a TbsError unchanged. */
export function translateFailure(error: unknown, server: string): TbsError {
  if (error instanceof TbsError) return error;
  const { reason, what } = error instanceof ResultCodeError ? ofResult(error.code) : ofConnection(error);
  return directoryFailure(reason, { message: `${what} (server ${server}).`, server, cause: error });
}

interface Translation {
  readonly reason: DirectoryFailure;
  readonly what: string;
}

function ofResult(code: number): Translation {
  switch (code) {
    case 3:
    case 11:
      return {
        reason: 'timeout',
        what: `The directory aborted the request because it took too long (LDAP result ${code})`,
      };
    case 7:
    case 48:
    case 49:
      return {
        reason: 'wrongCredentials',
        what: `The directory rejected the user or the password (LDAP result ${code})`,
      };
    case 8:
    case 13:
      return { reason: 'tls', what: `The directory requires a better protected connection (LDAP result ${code})` };
    case 16:
    case 17:
    case 65:
      return {
        reason: 'schemaMissing',
        what: `The directory's schema does not have what the backup needs (LDAP result ${code})`,
      };
    case 32:
      return { reason: 'notJoined', what: 'An object that the backup needs is not in the directory (LDAP result 32)' };
    case 50:
    case 53:
      return { reason: 'noRight', what: `The account may not write the backup (LDAP result ${code})` };
    default:
      return { reason: 'noServer', what: `The directory rejected the request (LDAP result ${code})` };
  }
}

/** Error codes of Node.js' TLS and of OpenSSL's certificate verification. */
const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|EPROTO$)/;

function ofConnection(error: unknown): Translation {
  const code = codeOf(error);
  if (TLS_CODE.test(code))
    return { reason: 'tls', what: `The server's certificate or TLS is not acceptable (${code})` };
  if (code === 'ETIMEDOUT' || (error instanceof Error && /\btimed? ?out\b/i.test(error.message))) {
    return { reason: 'timeout', what: 'The directory did not answer in time' };
  }
  return { reason: 'noServer', what: `The directory cannot be reached${code === '' ? '' : ` (${code})`}` };
}

export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
