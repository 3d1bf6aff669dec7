import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { FilePolicyStore, type FilePolicyStoreOptions } from '../../../ts-core/adapters/policy/policy-store.js';
import { REGISTRY_TYPES } from '../../../ts-core/domain/policy/registry-pol.js';
import { sourceOfCode } from '../../../ts-core/domain/policy/settings.js';
import { FakeClock } from '../../support/fake-clock.js';
import {
  deliver,
  guidOf,
  replaceAdsysGpo,
  sambaDelivery,
  type WrittenGpo,
  writeAdsysCache,
} from '../../support/group-policy-delivery-writer.js';
import { dword, encodeRegistryPol, type PolEntryInput, sz } from '../../support/registry-pol-writer.js';

const TPM = 'Software\\Policies\\Microsoft\\TPM';
const LIST = `${TPM}\\BlockedCommands\\List`;

const value = (key: string, valueName: string, number: number): PolEntryInput => ({
  key,
  valueName,
  type: REGISTRY_TYPES.REG_DWORD,
  data: dword(number),
});
const listed = (code: string): PolEntryInput => ({
  key: LIST,
  valueName: code,
  type: REGISTRY_TYPES.REG_SZ,
  data: sz(code),
});
const special = (key: string, valueName: string, data = ' '): PolEntryInput => ({
  key,
  valueName,
  type: REGISTRY_TYPES.REG_SZ,
  data: sz(data),
});
const enabled = value(`${TPM}\\BlockedCommands`, 'Enabled', 1);
const lasts = (minutes: number): PolEntryInput => value(TPM, 'StandardUserAuthorizationFailureDuration', minutes);

describe('Group Policy that a domain delivers', () => {
  let base: string;
  let delivered: string;
  let clock: FakeClock;
  const open: FilePolicyStore[] = [];
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'tbs-gpo-'));
    delivered = join(base, 'samba');
    clock = new FakeClock();
    mkdirSync(join(base, 'policy.d'));
  });
  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
    rmSync(base, { recursive: true, force: true });
  });

  const openStore = (options: Partial<FilePolicyStoreOptions> = {}): FilePolicyStore => {
    const store = new FilePolicyStore({
      folder: join(base, 'policy.d'),
      registryPol: [],
      groupPolicy: [{ kind: 'samba', folder: delivered }],
      missingFileGraceMs: 60_000,
      refreshOverdueMs: 259_200_000,
      configured: { values: {}, location: '/etc/tpmtbs/tbsd.json' },
      stateFolder: join(base, 'state'),
      brokerUid: process.getuid?.() ?? 0,
      pollMs: 1000,
      clock,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
      ...options,
    });
    open.push(store);
    return store;
  };
  const duration = (store: FilePolicyStore): number =>
    store.current().settings.standardUserAuthorizationFailureDurationMinutes;
  const sourceOf = (store: FilePolicyStore): string =>
    store.current().sources.standardUserAuthorizationFailureDurationMinutes.location;

  it('is not reported on a machine outside a domain', () => {
    const store = openStore();
    deepEqual(store.current().problems, []);
    equal(duration(store), 480);
  });

  it('is in force with the name of its GPO as the source; the last GPO wins', async () => {
    deliver(delivered, [
      { name: 'TPM base', entries: [lasts(60), enabled, listed('294')] },
      { name: 'TPM for Linux', entries: [lasts(30)], link: 'OU=Linux,DC=tpmlab,DC=example' },
    ]);
    const store = openStore();
    equal(duration(store), 30);
    equal(sourceOf(store), 'GPO "TPM for Linux" linked to OU=Linux,DC=tpmlab,DC=example');
    deepEqual(store.current().settings.blockedCommands, [294]);
    deepEqual(store.current().sources.blockedCommands.gpo, {
      guid: guidOf(0),
      name: 'TPM base',
      link: 'DC=tpmlab,DC=example',
      isEnforced: false,
    });
  });

  it('changes in one revision when a second GPO names a command that is already blocked', async () => {
    const base = { name: 'TPM base', entries: [enabled, listed('294'), listed('379')] };
    deliver(delivered, [base]);
    const store = openStore();
    equal(
      sourceOfCode(store.current(), 'blockedCommands', 294).location,
      'GPO "TPM base" linked to DC=tpmlab,DC=example',
    );
    deliver(delivered, [base, { name: 'Linux', entries: [listed('294')], link: 'OU=Linux' }]);
    await store.refresh();
    equal(
      sourceOfCode(store.current(), 'blockedCommands', 294).location,
      'GPO "TPM base" linked to DC=tpmlab,DC=example, GPO "Linux" linked to OU=Linux',
    );
    equal(store.current().revision, 2);
    const blocked = store.explain().find(({ name }) => name === 'blockedCommands');
    deepEqual(
      blocked?.statements.map(({ effect, source }) => [effect, source.gpo?.name]),
      [
        ['contributes', 'Linux'],
        ['contributes', 'TPM base'],
        ['overridden', undefined],
      ],
    );
  });

  it('no longer applies when the next delivery does not have the GPO', async () => {
    deliver(delivered, [{ name: 'TPM base', entries: [lasts(60)] }]);
    const store = openStore();
    equal(duration(store), 60);
    deliver(delivered, []);
    await store.refresh();
    equal(duration(store), 480);
    equal(sourceOf(store), 'default');
  });

  it('stays in force when the delivery vanishes, also across a restart, and is reported', async () => {
    deliver(delivered, [{ name: 'TPM base', entries: [lasts(60)] }]);
    // Polling faster for a day would only make the test longer.
    const store = openStore({ pollMs: 3_600_000 });
    rmSync(delivered, { recursive: true });
    clock.advance(24 * 3_600_000);
    await store.refresh();
    equal(duration(store), 60);
    match(store.current().problems[0]?.message ?? '', /has vanished; what the domain delivered last stays in force/);
    await store.close();
    const restarted = openStore();
    equal(duration(restarted), 60);
    equal(sourceOf(restarted), 'GPO "TPM base" linked to DC=tpmlab,DC=example');
  });

  it('is reported if the domain client has completed no refresh for too long, until it completes one', () => {
    const day = 86_400_000;
    const gpos = [{ name: 'TPM base', entries: [lasts(60)] }];
    deliver(delivered, gpos, new Date(clock.wallClockMs()));
    const store = openStore({ pollMs: day, refreshOverdueMs: 3 * day });
    clock.advance(3 * day - 1);
    deepEqual(store.current().problems, []);
    clock.advance(1);
    const [problem] = store.current().problems;
    match(
      problem?.message ?? '',
      /no refresh since 2026-01-01T12:00:00.000Z; what the domain delivered last stays in force/,
    );
    equal(problem?.source.location, delivered);
    equal(duration(store), 60);
    const { revision } = store.current();
    clock.advance(day - 1);
    equal(store.current().revision, revision, 'it is reported once');
    deliver(delivered, gpos, new Date(clock.wallClockMs()));
    clock.advance(1);
    deepEqual(store.current().problems, []);
  });

  it('is overdue within an hour after a suspend, during which timers stand still', () => {
    deliver(delivered, [{ name: 'TPM base', entries: [lasts(60)] }], new Date(clock.wallClockMs()));
    const store = openStore({ pollMs: 86_400_000 });
    clock.wallMs += 5 * 86_400_000;
    clock.advance(3_600_000);
    match(store.current().problems[0]?.message ?? '', /no refresh since/);
  });

  it('is overdue immediately if the broker starts long after the last refresh', () => {
    deliver(delivered, [{ name: 'TPM base', entries: [lasts(60)] }], new Date(clock.wallClockMs() - 4 * 86_400_000));
    match(openStore().current().problems[0]?.message ?? '', /no refresh since/);
  });

  it('reads a Registry.pol only together with its own manifest, and reports a delivery that stays incomplete', async () => {
    deliver(delivered, [{ name: 'TPM base', entries: [lasts(60)] }]);
    const store = openStore();
    const next = sambaDelivery([{ name: 'TPM base', entries: [lasts(7)] }]);
    writeFileSync(join(delivered, 'Registry.pol'), next.registryPol);
    await store.refresh();
    equal(duration(store), 60, 'the manifest is still to come');
    deepEqual(store.current().problems, []);
    clock.advance(5_000);
    match(store.current().problems[0]?.message ?? '', /incomplete: a refresh was interrupted/);
    equal(duration(store), 60);
    writeFileSync(join(delivered, 'manifest.json'), next.manifest);
    await store.refresh();
    equal(duration(store), 7);
    deepEqual(store.current().problems, []);
  });

  it('changes in one revision when a list moves from one GPO to another', async () => {
    deliver(delivered, [{ name: 'A', entries: [enabled, listed('294')] }]);
    const store = openStore({ pollMs: 3_600_000 });
    const seen: (readonly number[])[] = [];
    store.onChange = ({ settings }) => void seen.push(settings.blockedCommands);
    deliver(delivered, [
      { name: 'A', entries: [] },
      { name: 'B', entries: [enabled, listed('294'), listed('379')] },
    ]);
    await store.refresh();
    deepEqual(seen, [[294, 379]]);
    equal(store.current().revision, 2);
  });

  it('overrides local files with a setting that the domain disables', () => {
    const local = join(base, 'policy.d', '50-local.json');
    const settings = {
      standardUserAuthorizationFailureDurationMinutes: 1,
      blockedCommands: [379],
      blockedCommandsEnabled: true,
    };
    writeFileSync(local, JSON.stringify(settings), { mode: 0o644 });
    deliver(delivered, [
      {
        name: 'TPM off',
        entries: [
          special(TPM, '**del.StandardUserAuthorizationFailureDuration'),
          special(LIST, '**delvals.'),
          special(`${TPM}\\BlockedCommands`, '**del.Enabled'),
        ],
      },
    ]);
    const store = openStore();
    equal(duration(store), 480);
    match(sourceOf(store), /GPO "TPM off"/);
    deepEqual(store.current().settings.blockedCommands, []);
    equal(store.current().settings.blockedCommandsEnabled, false);
  });

  it('deletes a key that **DeleteKeys names by its full path', () => {
    deliver(delivered, [
      { name: 'A', entries: [enabled, listed('294')] },
      {
        name: 'B',
        entries: [special('Software\\Policies\\Microsoft\\TPM', '**DeleteKeys', `${TPM}\\BlockedCommands`)],
      },
    ]);
    const store = openStore();
    deepEqual(store.current().settings.blockedCommands, []);
    match(store.current().sources.blockedCommands.location, /GPO "B"/);
  });

  it('reports problems that the extension found with a GPO for the TPM', () => {
    const problems = ['its WMI filter is not evaluated on Linux; the GPO applies as if it had none'];
    deliver(delivered, [
      { name: 'A', entries: [lasts(60)], problems },
      { name: 'Wallpaper', entries: [], problems },
    ]);
    const told = openStore().current().problems;
    deepEqual(
      told.map(({ source, message }) => [source.gpo?.name, message]),
      [['A', problems[0]]],
    );
  });

  it('refuses a folder that others can write, and its last content stays in force', async () => {
    deliver(delivered, [{ name: 'A', entries: [lasts(60)] }]);
    const store = openStore();
    chmodSync(delivered, 0o777);
    clock.advance(1000);
    equal(duration(store), 60);
    match(store.current().problems[0]?.message ?? '', /can be written by others.*stays in force/);
    chmodSync(delivered, 0o755);
    clock.advance(1000);
    deepEqual(store.current().problems, [], 'mended rights are noticed although no file changed');
  });

  it('notices changes of the policy folder’s permissions in both directions, even if no file changes', () => {
    const folder = join(base, 'policy.d');
    const settings = { standardUserAuthorizationFailureDurationMinutes: 60 };
    writeFileSync(join(folder, '50-local.json'), JSON.stringify(settings), { mode: 0o644 });
    chmodSync(folder, 0o777);
    const store = openStore();
    equal(duration(store), 480, 'others may write it, so that it sets nothing');
    chmodSync(folder, 0o755);
    clock.advance(1000);
    equal(duration(store), 60);
    deepEqual(store.current().problems, []);
    chmodSync(folder, 0o777);
    clock.advance(1000);
    equal(duration(store), 60, 'what its files held last stays in force');
    match(store.current().problems[0]?.message ?? '', /can be written by others.*stays in force/);
  });

  it('silently ignores the values of TPM.admx that only concern Windows', () => {
    deliver(delivered, [
      {
        name: 'Shared with Windows',
        entries: [
          lasts(60),
          value(TPM, 'UseLegacyDictionaryAttackParameters', 1),
          value(TPM, 'ClearTPMIfNotReadyGP', 1),
          value(TPM, 'ClearTPMIfNotReady', 0),
        ],
      },
    ]);
    const store = openStore();
    equal(duration(store), 60);
    deepEqual(store.current().problems, []);
  });

  for (const [what, manifest] of [
    ['that is no JSON', '{'],
    ['of another version', '{"version":2}'],
    ['without GPOs', '{"version":1,"registryPol":{"sha256":"00"}}'],
    ['with a GPO without a name', '{"version":1,"registryPol":{"sha256":"00"},"gpos":[{"guid":"{}","entries":0}]}'],
    [
      'with a negative count',
      '{"version":1,"registryPol":{"sha256":"00"},"gpos":[{"guid":"","name":"","entries":-1}]}',
    ],
  ] as const) {
    it(`keeps the last delivery if a manifest arrives ${what}`, async () => {
      deliver(delivered, [{ name: 'A', entries: [lasts(60)] }]);
      const store = openStore();
      writeFileSync(join(delivered, 'manifest.json'), manifest);
      await store.refresh();
      equal(duration(store), 60);
      match(store.current().problems[0]?.message ?? '', /damaged.*what the domain delivered last stays in force/);
    });
  }

  it('keeps the last delivery if the manifest has another number of values than Registry.pol', async () => {
    deliver(delivered, [{ name: 'A', entries: [lasts(60)] }]);
    const store = openStore();
    const { registryPol, manifest } = sambaDelivery([{ name: 'A', entries: [lasts(7), enabled] }]);
    writeFileSync(join(delivered, 'Registry.pol'), registryPol);
    writeFileSync(join(delivered, 'manifest.json'), manifest.replace('"entries":2', '"entries":1'));
    await store.refresh();
    equal(duration(store), 60);
    match(store.current().problems[0]?.message ?? '', /has 2 values and the manifest names 1/);
  });

  describe('in the cache of adsys', () => {
    const gpos: readonly WrittenGpo[] = [
      { name: 'TPM base', entries: [lasts(60), enabled, listed('294')] },
      { name: 'TPM strict', entries: [lasts(30)] },
    ];
    let cache: string;
    beforeEach(() => {
      cache = join(base, 'adsys');
      mkdirSync(cache);
    });
    const openAdsys = (): FilePolicyStore => openStore({ groupPolicy: [{ kind: 'adsys', folder: cache }] });

    it('is found automatically, in the order that adsys lists', () => {
      writeAdsysCache(cache, gpos);
      const store = openAdsys();
      equal(duration(store), 30);
      equal(sourceOf(store), 'GPO "TPM strict"');
      deepEqual(store.current().settings.blockedCommands, [294]);
    });

    it('no longer applies when adsys no longer lists the GPO, although its files remain', async () => {
      writeAdsysCache(cache, gpos);
      const store = openAdsys();
      writeAdsysCache(cache, gpos.slice(0, 1));
      await store.refresh();
      equal(duration(store), 60);
    });

    it('stays in force while adsys replaces a folder', async () => {
      writeAdsysCache(cache, gpos);
      const store = openAdsys();
      const gpo = join(cache, 'sysvol', 'Policies', guidOf(0));
      renameSync(gpo, `${gpo}.aside`);
      await store.refresh();
      deepEqual(store.current().settings.blockedCommands, [294]);
      deepEqual(store.current().problems, []);
      replaceAdsysGpo(cache, guidOf(0), [enabled, listed('379')]);
      await store.refresh();
      deepEqual(store.current().settings.blockedCommands, [379]);
    });

    it('keeps the last list when a new one is half written', async () => {
      writeAdsysCache(cache, gpos);
      const store = openAdsys();
      writeFileSync(join(cache, 'policies', hostname(), 'policies'), "gpos:\n    - id: '{0000");
      await store.refresh();
      equal(duration(store), 30);
    });
  });

  describe('in a file that the configuration names', () => {
    let pol: string;
    beforeEach(() => {
      pol = join(base, 'G', 'Registry.pol');
      mkdirSync(join(base, 'G'));
      writeFileSync(pol, encodeRegistryPol([lasts(60)]));
    });

    it('stays in force for the grace period after the file has vanished, and then sets nothing', async () => {
      const store = openStore({ registryPol: [pol] });
      rmSync(join(base, 'G'), { recursive: true });
      await store.refresh();
      equal(duration(store), 60);
      match(store.current().problems[0]?.message ?? '', /does not exist; its last content stays in force/);
      clock.advance(59_000);
      equal(duration(store), 60);
      clock.advance(1_000);
      equal(duration(store), 480);
      match(store.current().problems[0]?.message ?? '', /does not exist; it sets nothing/);
    });

    it('notices changes of the folder’s permissions in both directions, even if the file does not change', () => {
      chmodSync(join(base, 'G'), 0o777);
      const store = openStore({ registryPol: [pol] });
      equal(duration(store), 480, 'others may write the folder, so that the file sets nothing');
      chmodSync(join(base, 'G'), 0o755);
      clock.advance(1000);
      equal(duration(store), 60);
      deepEqual(store.current().problems, []);
      chmodSync(join(base, 'G'), 0o777);
      clock.advance(1000);
      equal(duration(store), 60, 'what it held last stays in force');
      match(store.current().problems[0]?.message ?? '', /can be written by others.*stays in force/);
    });

    it('stays in force while its folder is replaced', async () => {
      const store = openStore({ registryPol: [pol] });
      const durations: number[] = [];
      store.onChange = ({ settings }) => void durations.push(settings.standardUserAuthorizationFailureDurationMinutes);
      mkdirSync(join(base, 'tmp'));
      writeFileSync(join(base, 'tmp', 'Registry.pol'), encodeRegistryPol([lasts(30)]));
      rmSync(join(base, 'G'), { recursive: true });
      await store.refresh();
      renameSync(join(base, 'tmp'), join(base, 'G'));
      await store.refresh();
      ok(!durations.includes(480), `${durations}`);
      equal(duration(store), 30);
    });

    it('is read even if the whole policy of the GPO exceeds a megabyte', () => {
      const other = { ...value('Software\\Policies\\Other', 'Blob', 0), data: new Uint8Array(2_000_000) };
      writeFileSync(pol, encodeRegistryPol([other, lasts(60)]));
      const store = openStore({ registryPol: [pol] });
      equal(duration(store), 60);
      deepEqual(store.current().problems, []);
    });
  });
});
