/** Resolves host names with the DNS servers that are configured for the directory. */
import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { codeOf } from './directory-failure.js';

export function useDnsServers(resolver: Resolver, dnsServers: readonly string[] | undefined): void {
  if (dnsServers !== undefined) resolver.setServers(dnsServers.map(withBrackets));
}

/** Returns a lookup function for sockets; undefined without configured servers, for the system's own resolution. */
export function hostLookup(dnsServers: readonly string[] | undefined, timeoutMs: number): LookupFunction | undefined {
  if (dnsServers === undefined) return undefined;
  return (host, options, callback) => {
    const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
    useDnsServers(resolver, dnsServers);
    addressesOf(resolver, host).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true) callback(null, addresses);
        else callback(null, first?.address ?? '', first?.family ?? 4);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

/** Returns IPv4 and IPv6 addresses. Rejects with the error for IPv4 if there are neither. */
async function addressesOf(resolver: Resolver, host: string): Promise<LookupAddress[]> {
  const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const addresses = [
    ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
    ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
  ];
  if (addresses.length > 0) return addresses;
  throw four.status === 'rejected' ? four.reason : new Error(`no address of ${host} (${codeOf(four)})`);
}

/** Encloses an IPv6 address in brackets, which Node.js needs with a port and accepts without one. */
function withBrackets(server: string): string {
  return server.includes('.') || server.startsWith('[') ? server : `[${server}]`;
}
