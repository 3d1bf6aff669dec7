import assert from 'node:assert/strict';
import {
  deliveryOf,
  type Manifest,
  readManifest,
  sourceOfGpo,
} from '../../../ts-core/domain/policy/group-policy-delivery.js';
import { guidOf, sambaDelivery } from '../../support/group-policy-delivery-writer.js';
import { dword, type PolEntryInput } from '../../support/registry-pol-writer.js';

const TPM = 'Software\\Policies\\Microsoft\\TPM';
const value = (key: string, valueName: string): PolEntryInput => ({ key, valueName, type: 4, data: dword(1) });
const DELIVERY = sambaDelivery([
  { name: 'Base', entries: [value(TPM, 'a'), value('Software\\Other', 'b')], problems: ['one'] },
  { name: 'Empty', entries: [], enforced: true },
  { name: 'Strict', entries: [value(TPM, 'c')], link: 'OU=x' },
]);

function manifestOf(text: string): Manifest {
  const reading = readManifest(text);
  assert.ok(reading.verdict === 'read');
  return reading.manifest;
}

/** Returns why a manifest with this text is refused. */
function refusalOf(text: string): string {
  const reading = readManifest(text);
  assert.ok(reading.verdict === 'damaged', text);
  return reading.reason;
}

/** Returns why the manifest is refused if these properties replace its own. */
function refusal(properties: Readonly<Record<string, unknown>>): string {
  return refusalOf(JSON.stringify({ ...JSON.parse(DELIVERY.manifest), ...properties }));
}

describe('the manifest of a delivery', () => {
  it('names the GPOs, weakest first, and how many values each has', () => {
    const { gpos, sha256 } = manifestOf(DELIVERY.manifest);
    assert.equal(sha256, JSON.parse(DELIVERY.manifest).registryPol.sha256);
    assert.deepEqual(gpos, [
      {
        gpo: { guid: guidOf(0), name: 'Base', link: 'DC=tpmlab,DC=example', isEnforced: false },
        entryCount: 2,
        problems: ['one'],
      },
      {
        gpo: { guid: guidOf(1), name: 'Empty', link: 'DC=tpmlab,DC=example', isEnforced: true },
        entryCount: 0,
        problems: [],
      },
      { gpo: { guid: guidOf(2), name: 'Strict', link: 'OU=x', isEnforced: false }, entryCount: 1, problems: [] },
    ]);
  });

  it('has the time of the refresh, unless the policy was unapplied', () => {
    const refreshedAt = (properties: Readonly<Record<string, unknown>>) =>
      manifestOf(JSON.stringify({ ...JSON.parse(DELIVERY.manifest), ...properties })).refreshedAt;
    assert.deepEqual(refreshedAt({ time: '2026-11-29T10:00:00Z' }), new Date(Date.UTC(2026, 10, 29, 10)));
    assert.equal(refreshedAt({ time: '2026-11-29T10:00:00Z', state: 'unapplied' }), undefined);
    for (const time of [undefined, 5, 'yesterday']) assert.equal(refreshedAt({ time }), undefined);
  });

  it('is refused if it is malformed, with the reason', () => {
    assert.equal(refusalOf('{'), 'the manifest is not JSON');
    for (const other of ['[]', 'null', '3', '"text"']) assert.equal(refusalOf(other), 'the manifest is not an object');
    assert.equal(refusal({ version: 2 }), 'the manifest has version 2, not 1');
    for (const registryPol of [undefined, null, [], {}, { sha256: 1 }]) {
      assert.equal(refusal({ registryPol }), 'the manifest has no hash');
    }
    for (const gpos of [undefined, {}, new Array(1000).fill(0)]) {
      assert.equal(refusal({ gpos }), 'the manifest has no list of GPOs');
    }
  });

  it('is refused if one of its GPOs lacks its name or count', () => {
    const whole = { guid: '{1}', name: 'x', entries: 0 };
    for (const gpo of [
      null,
      'x',
      { ...whole, guid: 1 },
      { ...whole, name: undefined },
      { ...whole, entries: '0' },
      { ...whole, entries: 0.5 },
      { ...whole, entries: -1 },
    ]) {
      const reason = 'the manifest has a GPO without guid, name or count';
      assert.equal(refusal({ gpos: [whole, gpo] }), reason, JSON.stringify(gpo));
    }
    const many = JSON.stringify({ ...JSON.parse(DELIVERY.manifest), gpos: new Array(999).fill(whole) });
    assert.equal(manifestOf(many).gpos.length, 999);
  });

  it('may omit what is not needed', () => {
    const bare = { guid: '{1}', name: 'x', entries: 0 };
    const more = { ...bare, link: 7, enforced: 'yes', problems: ['a', 5, ...new Array(20).fill('b')] };
    const text = JSON.stringify({
      ...JSON.parse(DELIVERY.manifest),
      gpos: [bare, { ...bare, problems: 'none' }, more],
    });
    const { gpos } = manifestOf(text);
    for (const { gpo } of gpos) assert.deepEqual([gpo.link, gpo.isEnforced], [undefined, false]);
    assert.deepEqual(
      gpos.map(({ problems }) => problems.length),
      [0, 0, 16],
    );
    assert.ok(gpos[2]?.problems.every((problem) => typeof problem === 'string'));
  });
});

describe('a delivery', () => {
  it('gives each GPO its own values, as far as they may concern a TPM', () => {
    const reading = deliveryOf(manifestOf(DELIVERY.manifest), DELIVERY.registryPol);
    assert.ok(reading.verdict === 'read');
    assert.deepEqual(
      reading.delivery.gpos.map(({ gpo, entries, problems }) => [
        gpo.name,
        entries.map(({ valueName }) => valueName),
        problems,
      ]),
      [
        ['Base', ['a'], ['one']],
        ['Empty', [], []],
        ['Strict', ['c'], []],
      ],
    );
  });

  it('is refused if the file is damaged, or has another number of values than announced', () => {
    const manifest = manifestOf(DELIVERY.manifest);
    const damaged = deliveryOf(manifest, DELIVERY.registryPol.slice(0, -1));
    assert.ok(damaged.verdict === 'damaged');
    assert.match(damaged.reason, /^its Registry\.pol is damaged: /);
    const other = deliveryOf(manifest, sambaDelivery([{ name: 'x', entries: [value(TPM, 'a')] }]).registryPol);
    assert.deepEqual(other, { verdict: 'damaged', reason: 'its Registry.pol has 1 values and the manifest names 3' });
  });
});

it('names the GPO of a value, where it is linked, and whether that is enforced', () => {
  const gpo = { guid: '{1}', name: 'Base', link: undefined, isEnforced: false };
  assert.deepEqual(sourceOfGpo(gpo), { kind: 'groupPolicy', location: 'GPO "Base"', gpo });
  const strict = { ...gpo, link: 'OU=x', isEnforced: true };
  assert.equal(sourceOfGpo(strict).location, 'GPO "Base" linked to OU=x, enforced');
});
