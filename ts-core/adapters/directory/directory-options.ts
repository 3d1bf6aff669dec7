import type { SystemKerberos } from './system-kerberos.js';

/** Where the directory is and who this machine is in it, as the daemon's configuration says. */
export interface DirectoryOptions {
  /** `HOST` or `HOST:PORT` of a domain controller; unset: found by DNS in `domain`. */
  readonly server?: string | undefined;
  /** DNS name of the domain, for the SRV records `_ldap._tcp.DOMAIN`. */
  readonly domain?: string | undefined;
  /** PEM file of the certificate authorities that are trusted; unset: those that Node.js trusts. */
  readonly caFile?: string | undefined;
  /** JSON file with `user` and `password`, for root (or the broker's user) alone; unset: the machine's own account. */
  readonly credentialsFile?: string | undefined;
  /** Keytab with the key of this machine's account, for Kerberos. */
  readonly keytabFile: string;
  /** `PC1$@CORP.EXAMPLE`; unset: the computer's account that is in the keytab. */
  readonly principal?: string | undefined;
  /** Undefined where the system has none. */
  readonly kerberos?: SystemKerberos | undefined;
  /** DNS servers, `ADDRESS` or `ADDRESS:PORT`, instead of the system's. */
  readonly dnsServers?: readonly string[] | undefined;
  /** Distinguished name of the computer object, or the computer's name; unset: the host name. */
  readonly computer?: string | undefined;
  /** StartTLS on the LDAP port instead of LDAPS. */
  readonly startTls: boolean;
  /** For one operation with one server, from connecting to the last answer. */
  readonly timeoutMs: number;
  /** User id of the broker, who may own the credentials file beside root. */
  readonly brokerUid: number;
}
