/** Where the directory is and who this machine is in it, as the daemon's configuration says. */
export interface DirectoryOptions {
  /** `HOST` or `HOST:PORT` of a domain controller; unset: found by DNS in `domain`. */
  readonly server?: string | undefined;
  /** DNS name of the domain, for the SRV records `_ldap._tcp.DOMAIN`. */
  readonly domain?: string | undefined;
  /** PEM file of the certificate authorities that are trusted; unset: those that Node.js trusts. */
  readonly caFile?: string | undefined;
  /** JSON file with `user` and `password`, for root (or the broker's user) alone. */
  readonly credentialsFile: string;
  /** Distinguished name of the computer object, or the computer's name; unset: the host name. */
  readonly computer?: string | undefined;
  /** StartTLS on the LDAP port instead of LDAPS. */
  readonly startTls: boolean;
  /** For one operation with one server, from connecting to the last answer. */
  readonly timeoutMs: number;
  /** User id of the broker, who may own the credentials file beside root. */
  readonly brokerUid: number;
}
