/** Which servers to ask, in order: the configured one, or those of the domain's SRV records (RFC 2782). */
import type { SrvRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { codeOf, directoryFailure } from './directory-failure.js';
import type { DirectoryOptions } from './directory-options.js';

export interface DirectoryServer {
  readonly host: string;
  readonly port: number;
}

const LDAP_PORT = 389;
const LDAPS_PORT = 636;
/** A domain may list hundreds; a backup must not try them all. */
const MAX_SERVERS = 4;

export async function findServers(options: DirectoryOptions): Promise<readonly DirectoryServer[]> {
  const { server, domain, startTls } = options;
  if (server !== undefined) return [parseServer(server, startTls)];
  if (domain !== undefined) return serversOfDomain(await resolveServers(domain, options.timeoutMs), domain, startTls);
  throw directoryFailure('notJoined', { message: 'Neither a server nor a domain is configured for the backup.' });
}

export function parseServer(text: string, startTls: boolean): DirectoryServer {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]+))(?::([0-9]{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) return { host: text, port: standardPort(startTls) };
  return { host, port: match?.[3] === undefined ? standardPort(startTls) : Number(match[3]) };
}

/**
 * Lowest priority first, within a priority by weight. Only servers inside of the domain count: a forged answer could
 * otherwise lead to any machine that has a certificate of the same authority. SRV records name the LDAP port; LDAPS has
 * its own.
 */
export function serversOfDomain(
  records: readonly SrvRecord[],
  domain: string,
  startTls: boolean,
  random: () => number = Math.random,
): readonly DirectoryServer[] {
  const suffix = `.${domain.toLowerCase().replace(/\.$/, '')}`;
  const servers = records
    .map((record) => ({ ...record, host: record.name.toLowerCase().replace(/\.$/, '') }))
    .filter(({ host }) => host.endsWith(suffix))
    .map((record) => ({ ...record, draw: random() ** (1 / Math.max(record.weight, 0.1)) }))
    .sort((a, b) => a.priority - b.priority || b.draw - a.draw)
    .slice(0, MAX_SERVERS)
    .map(({ host, port }) => ({ host, port: startTls ? port : LDAPS_PORT }));
  if (servers.length > 0) return servers;
  throw directoryFailure('noServer', { message: `DNS names no directory server of the domain ${domain} within it.` });
}

function standardPort(startTls: boolean): number {
  return startTls ? LDAP_PORT : LDAPS_PORT;
}

async function resolveServers(domain: string, timeoutMs: number): Promise<readonly SrvRecord[]> {
  const name = `_ldap._tcp.${domain}`;
  try {
    return await new Resolver({ timeout: timeoutMs, tries: 1 }).resolveSrv(name);
  } catch (error) {
    const late = codeOf(error) === 'ETIMEOUT';
    throw directoryFailure(late ? 'timeout' : 'noServer', {
      message: `DNS does not tell the directory servers of the domain: ${name} (${codeOf(error)}).`,
      cause: error,
    });
  }
}
