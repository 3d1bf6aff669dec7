/** Translates errors of Kerberos (codes of MIT Kerberos, krb5_err.et) into errors that say what to do about them. */
import type { DirectoryFailure } from '../../application/ports/owner-auth-stores.js';
import type { TbsError } from '../../domain/tbs-error.js';
import { codeOf, directoryFailure } from './directory-failure.js';

interface Cause {
  readonly reason: DirectoryFailure;
  readonly what: string;
  /** Default: the usual action for the reason. */
  readonly action?: string;
}

const BASE = -1765328384;

const RENEW_KEYTAB =
  "Renew the machine's keytab (adcli update, realm join, or net ads keytab create); a domain administrator may have to reset the computer account.";
const REACH_KDC = 'Check the network, DNS (_kerberos._udp.REALM) and the realm in /etc/krb5.conf.';

const oldKey: Cause = {
  reason: 'wrongCredentials',
  what: 'The key in the keytab is no longer that of the account',
  action: RENEW_KEYTAB,
};
const noKdc: Cause = {
  reason: 'noServer',
  what: 'No Kerberos server (KDC) of the realm can be reached',
  action: REACH_KDC,
};
const skew: Cause = {
  reason: 'clockSkew',
  what: 'The clock of this machine differs from that of the domain by more than Kerberos allows (5 minutes)',
};

/** Causes by the error code's offset from the base of the table. */
const CAUSES: ReadonlyMap<number, Cause> = new Map([
  [1, { reason: 'wrongCredentials', what: 'The account has expired in the domain', action: RENEW_KEYTAB }],
  [
    6,
    {
      reason: 'wrongCredentials',
      what: 'The domain does not know the account of the keytab',
      action: 'Join the machine to the domain again; the account of the keytab no longer exists.',
    },
  ],
  [
    7,
    {
      reason: 'noServer',
      what: 'Kerberos does not know the directory server',
      action: 'Check that the domain controller has its service principal name ldap/NAME (setspn -L).',
    },
  ],
  [14, { ...oldKey, what: 'The domain accepts none of the encryption types in the keytab' }],
  [18, { reason: 'wrongCredentials', what: 'The account is disabled or locked in the domain', action: RENEW_KEYTAB }],
  [23, { ...oldKey, what: 'The password of the account has expired in the domain' }],
  [24, oldKey],
  [31, oldKey],
  [37, skew],
  [154, noKdc],
  [156, noKdc],
  [181, { ...oldKey, what: 'The keytab has no key of the account' }],
  [195, { ...oldKey, what: 'The keytab has no key of the account' }],
  [220, noKdc],
]);

export function kerberosFailure(error: unknown, principal: string, server: string): TbsError {
  if (codeOf(error) === 'ERR_NO_KERBEROS') return noKerberos(error);
  const minor = numberOf(error, 'minor');
  const cause = minor === undefined ? undefined : CAUSES.get(minor - BASE);
  const { reason, what, action }: Cause = cause ?? {
    reason: 'wrongCredentials',
    what: `Kerberos refused (${messageOf(error)})`,
    action: 'kinit -k shows whether the keytab works; the log of tbsd has the cause.',
  };
  return directoryFailure(reason, {
    message: `${what} (${principal}).`,
    ...(action === undefined ? {} : { action }),
    server,
    cause: error,
  });
}

export function noAnswerOfKdc(principal: string, server: string): TbsError {
  return directoryFailure('timeout', {
    message: `The Kerberos server (KDC) of the realm did not answer in time (${principal}).`,
    action: REACH_KDC,
    server,
  });
}

export function noKerberos(cause?: unknown): TbsError {
  return directoryFailure('wrongCredentials', {
    message: "The machine's keytab cannot be used: the system's Kerberos library is not installed.",
    action: 'Install it (Debian: libgssapi-krb5-2), or set `directory.credentialsFile` in tbsd.json.',
    cause,
  });
}

function numberOf(error: unknown, name: string): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value = (error as Record<string, unknown>)[name];
  return typeof value === 'number' ? value : undefined;
}

/** The library's messages contain principals and realms but never keys. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
