/** Tests SRV records of a real (small) DNS server, with the broker's resolver. */
import assert from 'node:assert/strict';
import type { DirectoryOptions } from '../../../ts-core/adapters/directory/directory-options.js';
import { findServers } from '../../../ts-core/adapters/directory/find-servers.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { type DnsServer, type DnsZone, startDnsServer } from '../../support/dns-server.js';

const DOMAIN = 'corp.example';
const CONTROLLERS = `_ldap._tcp.dc._msdcs.${DOMAIN}`;
const ANY_SERVER = `_ldap._tcp.${DOMAIN}`;
const LDAPS = `_ldaps._tcp.${DOMAIN}`;

const entry = (target: string, priority = 0, weight = 0, port = 389) => ({ target, priority, weight, port });

describe('directory servers from DNS', () => {
  const found = async (dns: DnsServer, changed: Partial<DirectoryOptions> = {}) => {
    const options = { keytabFile: '', startTls: false, timeoutMs: 2000, brokerUid: 0, ...changed };
    const servers = await findServers({ ...options, domain: DOMAIN, dnsServers: [dns.address] });
    return servers.map(({ host, port }) => `${host}:${port}`);
  };
  const reasonOf = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (failure: unknown) => failure,
    );
    assert.ok(error instanceof TbsError, String(error));
    return { reason: error.details['reason'], message: error.message };
  };
  const zone = (srv: DnsZone['srv']): DnsZone => ({ srv, a: {} });

  it('are the domain controllers by priority, at the port of LDAPS', async () => {
    await using dns = await startDnsServer(
      zone({
        [CONTROLLERS]: [entry('dc3.corp.example', 20), entry('dc1.corp.example', 0), entry('dc2.corp.example', 10)],
        [ANY_SERVER]: [entry('other.corp.example')],
      }),
    );
    assert.deepEqual(await found(dns), ['dc1.corp.example:636', 'dc2.corp.example:636', 'dc3.corp.example:636']);
    assert.deepEqual(dns.asked, [LDAPS, CONTROLLERS]);
  });

  it('have the port from DNS for StartTLS', async () => {
    await using dns = await startDnsServer(zone({ [CONTROLLERS]: [entry('dc1.corp.example', 0, 0, 1389)] }));
    assert.deepEqual(await found(dns, { startTls: true }), ['dc1.corp.example:1389']);
    assert.deepEqual(dns.asked, [CONTROLLERS]);
  });

  it('are those of LDAPS first, if the domain has such records', async () => {
    await using dns = await startDnsServer(
      zone({ [LDAPS]: [entry('dc7.corp.example', 0, 0, 3636)], [CONTROLLERS]: [entry('dc1.corp.example')] }),
    );
    assert.deepEqual(await found(dns), ['dc7.corp.example:3636']);
  });

  it('are any LDAP servers of the domain, if it has no records for domain controllers', async () => {
    await using dns = await startDnsServer(zone({ [ANY_SERVER]: [entry('dc1.corp.example')] }));
    assert.deepEqual(await found(dns), ['dc1.corp.example:636']);
    assert.deepEqual(dns.asked, [LDAPS, CONTROLLERS, ANY_SERVER]);
  });

  it('share the load by weight within a priority, and all of them are used', async () => {
    await using dns = await startDnsServer(
      zone({ [CONTROLLERS]: [entry('dc1.corp.example', 0, 90), entry('dc2.corp.example', 0, 10)] }),
    );
    let first = 0;
    for (let time = 0; time < 100; time++) {
      const order = await found(dns);
      assert.equal(order.length, 2);
      if (order[0] === 'dc1.corp.example:636') first++;
    }
    // 90 in the mean; below 60 is less likely than one in 10^16.
    assert.ok(first >= 60 && first < 100 + 1, `the heavier one came first ${first} times of 100`);
  });

  it('are missing with a clear cause: none known, service denied, no answer', async () => {
    {
      await using dns = await startDnsServer(zone({}));
      const { reason, message } = await reasonOf(found(dns));
      assert.equal(reason, 'noServer');
      assert.match(message, /DNS has no directory server of the domain: .*_ldap\._tcp\.dc\._msdcs\.corp\.example/);
    }
    {
      // RFC 2782: the target "." says that the service is not there.
      await using dns = await startDnsServer(zone({ [CONTROLLERS]: [{ ...entry(''), target: '' }] }));
      assert.equal((await reasonOf(found(dns))).reason, 'noServer');
    }
    {
      await using dns = await startDnsServer(undefined);
      assert.equal((await reasonOf(found(dns, { timeoutMs: 300 }))).reason, 'timeout');
    }
  });
});
