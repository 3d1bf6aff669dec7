import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseServer, serversOfDomain } from '../../../ts-core/adapters/directory/find-servers.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';

const ownPort = ({ port }: { readonly port: number }) => port;

const record = (name: string, priority: number, weight: number, port = 389) => ({ name, priority, weight, port });

describe('the directory servers', () => {
  it('are only the configured one, with the default port of LDAPS or LDAP', () => {
    assert.deepEqual(parseServer('dc1.corp.example', false), { host: 'dc1.corp.example', port: 636 });
    assert.deepEqual(parseServer('dc1.corp.example', true), { host: 'dc1.corp.example', port: 389 });
    assert.deepEqual(parseServer('dc1.corp.example:3269', false), { host: 'dc1.corp.example', port: 3269 });
    assert.deepEqual(parseServer('[2001:db8::7]:1636', false), { host: '2001:db8::7', port: 1636 });
  });

  it('of a domain are sorted by priority, then by weight', () => {
    const records = [
      record('dc3.corp.example', 10, 100),
      record('dc1.corp.example', 0, 0),
      record('dc2.corp.example.', 0, 60, 1389),
    ];
    assert.deepEqual(
      serversOfDomain(records, 'corp.example', ownPort, () => 0.5).map(({ host, port }) => `${host}:${port}`),
      ['dc2.corp.example:1389', 'dc1.corp.example:389', 'dc3.corp.example:389'],
    );
  });

  it('are found whatever the case of the domain, with the requested port', () => {
    assert.deepEqual(
      serversOfDomain([record('dc1.corp.example', 0, 0)], 'Corp.Example', () => 636),
      [{ host: 'dc1.corp.example', port: 636 }],
    );
  });

  it('outside the domain are ignored', () => {
    const forged = [record('dc.evil.example', 0, 0), record('evilcorp.example', 0, 0)];
    assert.throws(
      () => serversOfDomain(forged, 'corp.example', ownPort),
      (error) => error instanceof TbsError && error.details['reason'] === 'noServer',
    );
  });

  it('are at most four, lowest priority numbers first', () => {
    const priorities = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(priorities, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (list, draw) => {
        const records = list.map((priority, index) => record(`p${priority}-${index}.corp.example`, priority, index));
        const chosen = serversOfDomain(records, 'corp.example', ownPort, () => draw);
        const found = chosen.map(({ host }) => Number(host[1]));
        assert.deepEqual(found, [...list].sort((a, b) => a - b).slice(0, 4));
      }),
    );
  });
});
