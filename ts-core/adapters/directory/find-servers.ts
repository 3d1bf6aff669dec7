/** Finds the servers to ask, in order: the configured one, or those in the domain's SRV records (RFC 2782). */
import type { SrvRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { codeOf, directoryFailure } from './directory-failure.js';
import type { DirectoryOptions } from './directory-options.js';
import { useDnsServers } from './host-lookup.js';

export interface DirectoryServer {
  readonly host: string;
  readonly port: number;
}

const LDAP_PORT = 389;
const LDAPS_PORT = 636;
/** A domain may list hundreds of servers, and a backup must not try them all. */
const MAX_SERVERS = 4;

/**
 * LDAPS records, which have their own port, come first; then domain controllers, as Windows registers them; then any
 * server.
 */
const LDAPS_SERVICE = '_ldaps._tcp';
const LDAP_SERVICES = ['_ldap._tcp.dc._msdcs', '_ldap._tcp'];

export async function findServers(options: DirectoryOptions): Promise<readonly DirectoryServer[]> {
  const { server, domain, startTls } = options;
  if (server !== undefined) return [parseServer(server, startTls)];
  if (domain !== undefined) return findByDns(domain, options);
  throw directoryFailure('notJoined', { message: 'Neither a server nor a domain is configured for the backup.' });
}

export function parseServer(text: string, startTls: boolean): DirectoryServer {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]+))(?::([0-9]{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) return { host: text, port: standardPort(startTls) };
  return { host, port: match?.[3] === undefined ? standardPort(startTls) : Number(match[3]) };
}

/**
 * Sorts by priority, lowest first, and within a priority by weight. Only servers inside the domain are used; otherwise
 * a forged answer could lead to any machine with a certificate of the same authority. `portOf` is needed because the
 * SRV records of LDAP contain LDAP's port, while LDAPS has its own.
 */
export function serversOfDomain(
  records: readonly SrvRecord[],
  domain: string,
  portOf: (record: SrvRecord) => number,
  random: () => number = Math.random,
): readonly DirectoryServer[] {
  const suffix = `.${domain.toLowerCase().replace(/\.$/, '')}`;
  const servers = records
    .map((record) => ({ ...record, host: record.name.toLowerCase().replace(/\.$/, '') }))
    .filter(({ host }) => host.endsWith(suffix))
    .map((record) => ({ ...record, draw: random() ** (1 / Math.max(record.weight, 0.1)) }))
    .sort((a, b) => a.priority - b.priority || b.draw - a.draw)
    .slice(0, MAX_SERVERS)
    .map((record) => ({ host: record.host, port: portOf(record) }));
  if (servers.length > 0) return servers;
  throw directoryFailure('noServer', { message: `DNS names no directory server of the domain ${domain} within it.` });
}

function standardPort(startTls: boolean): number {
  return startTls ? LDAP_PORT : LDAPS_PORT;
}

async function findByDns(domain: string, options: DirectoryOptions): Promise<readonly DirectoryServer[]> {
  const { startTls, timeoutMs, dnsServers } = options;
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  useDnsServers(resolver, dnsServers);
  const services = startTls ? LDAP_SERVICES : [LDAPS_SERVICE, ...LDAP_SERVICES];
  for (const service of services) {
    const records = await resolveService(resolver, `${service}.${domain}`);
    if (records.length === 0) continue;
    const portOf = ({ port }: SrvRecord) => (startTls || service === LDAPS_SERVICE ? port : LDAPS_PORT);
    return serversOfDomain(records, domain, portOf);
  }
  const asked = services.map((service) => `${service}.${domain}`).join(', ');
  throw directoryFailure('noServer', { message: `DNS has no directory server of the domain: ${asked}.` });
}

/** Returns the SRV records of a service; empty when DNS answers that there are none. */
async function resolveService(resolver: Resolver, name: string): Promise<readonly SrvRecord[]> {
  try {
    return await resolver.resolveSrv(name);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
    throw directoryFailure(code === 'ETIMEOUT' ? 'timeout' : 'noServer', {
      message: `DNS did not answer the query for the directory servers of the domain: ${name} (${code}).`,
      cause: error,
    });
  }
}
