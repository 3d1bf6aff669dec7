import type { SystemKerberos } from './system-kerberos.js';

/** Where the directory is, and how this machine authenticates to it, from the daemon's configuration. */
export interface DirectoryOptions {
  /** `HOST` or `HOST:PORT` of a domain controller. Default: found through DNS in `domain`. */
  readonly server?: string | undefined;
  /** DNS name of the domain, to find its SRV records `_ldap._tcp.DOMAIN`. */
  readonly domain?: string | undefined;
  /** PEM file of the trusted certificate authorities. Default: those that Node.js trusts. */
  readonly caFile?: string | undefined;
  /** JSON file with `user` and `password`, private to root or the broker's user. Default: the machine's own account. */
  readonly credentialsFile?: string | undefined;
  /** The service manager loaded the credentials file and protects it by its folder. */
  readonly isServiceCredential?: boolean | undefined;
  /** Keytab with the Kerberos key of this machine's account. */
  readonly keytabFile: string;
  /** Principal, such as `PC1$@CORP.EXAMPLE`. Default: the computer account in the keytab. */
  readonly principal?: string | undefined;
  /** Undefined if the system has no Kerberos. */
  readonly kerberos?: SystemKerberos | undefined;
  /** DNS servers, `ADDRESS` or `ADDRESS:PORT`. Default: the system's. */
  readonly dnsServers?: readonly string[] | undefined;
  /** Distinguished name of the computer object, or the computer's name. Default: the host name. */
  readonly computer?: string | undefined;
  /** Uses StartTLS on the LDAP port instead of LDAPS. */
  readonly startTls: boolean;
  /** Time-out of one operation with one server, from connecting to the last response. */
  readonly timeoutMs: number;
  /** The broker's user id; besides root, only this user may own the credentials file. */
  readonly brokerUid: number;
}
