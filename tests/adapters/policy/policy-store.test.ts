import { deepEqual, equal, match, notDeepEqual, notEqual, ok, rejects } from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FilePolicyStore, type FilePolicyStoreOptions } from '../../../ts-core/adapters/policy/policy-store.js';
import type { Log } from '../../../ts-core/application/ports/logs.js';
import { DEFAULT_POLICY_SETTINGS, type EffectivePolicy } from '../../../ts-core/domain/policy/settings.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { ROOT } from '../../support/callers.js';
import { FakeClock } from '../../support/fake-clock.js';
import { groupPolicyBytes, groupPolicyFixture } from '../../support/group-policy-fixture.js';
import { encodeRegistryPol } from '../../support/registry-pol-writer.js';

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const brokerUid = process.getuid?.() ?? 0;
const isRoot = brokerUid === 0;

describe('policy store', () => {
  let base: string;
  let folder: string;
  let pol: string;
  let clock: FakeClock;
  const open: FilePolicyStore[] = [];
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'tbs-policy-'));
    folder = join(base, 'policy.d');
    // In a folder of its own: the parents of the sources' folders are watched too, and others write into /tmp.
    pol = join(base, 'machine', 'Registry.pol');
    clock = new FakeClock();
    mkdirSync(folder);
    mkdirSync(join(base, 'machine'));
  });
  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
    rmSync(base, { recursive: true, force: true });
  });

  const openStore = (options: Partial<FilePolicyStoreOptions> = {}): FilePolicyStore => {
    const store = new FilePolicyStore({
      folder,
      registryPol: [],
      groupPolicy: [],
      missingFileGraceMs: 60_000,
      refreshOverdueMs: 259_200_000,
      configured: { values: {}, location: '/etc/tpmtbs/tbsd.json' },
      stateFolder: join(base, 'state', 'policy'),
      brokerUid,
      pollMs: 1000,
      clock,
      log: silent,
      ...options,
    });
    open.push(store);
    return store;
  };
  const policyFile = (name: string, content: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o644 });
    return path;
  };
  const told = ({ problems }: EffectivePolicy): string =>
    problems.map(({ source, message }) => `${source.location}: ${message}`).join('\n');

  it('has the defaults in force without any source', () => {
    rmSync(folder, { recursive: true });
    const policy = openStore().current();
    deepEqual(policy.settings, DEFAULT_POLICY_SETTINGS);
    deepEqual(policy.problems, []);
    ok(!existsSync(join(base, 'state')), 'and writes nothing');
  });

  it('merges the sources in their order', () => {
    policyFile('90-last.json', { maxContextsPerUser: 90 });
    policyFile('10-first.json', { maxContextsPerUser: 10, maxResources: 10, ignoreLocalList: false });
    copyFileSync(groupPolicyFixture('baseline.pol'), pol);
    const configured = { values: { maxResources: 1, maxContexts: 1 }, location: 'tbsd.json' };
    const { settings, sources } = openStore({ registryPol: [pol], configured }).current();
    deepEqual([settings.maxContexts, settings.maxResources, settings.maxContextsPerUser], [1, 10, 90]);
    equal(settings.ignoreLocalList, true);
    equal(sources.maxContexts.location, 'tbsd.json');
    equal(sources.maxContextsPerUser.location, join(folder, '90-last.json'));
    deepEqual(sources.ignoreLocalList, { kind: 'registryPol', location: pol });
  });

  it('applies Registry.pol files in the configured order, deletions included', () => {
    const second = join(base, 'second.pol');
    copyFileSync(groupPolicyFixture('baseline.pol'), pol);
    copyFileSync(groupPolicyFixture('deletions.pol'), second);
    const { settings, sources } = openStore({ registryPol: [pol, second] }).current();
    deepEqual(settings.blockedCommands, [379]);
    equal(settings.osManagedAuthLevel, undefined);
    equal(sources.blockedCommands.location, second);
    equal(sources.blockedCommandsEnabled.location, pol);
  });

  it('reads only *.json in the folder, and no hidden or temporary files', () => {
    policyFile('10-a.json.bak', { maxContexts: 5 });
    policyFile('.hidden.json', { maxContexts: 5 });
    policyFile('.50-local.json.abcdef.tmp', '{');
    const policy = openStore().current();
    deepEqual(policy.settings, DEFAULT_POLICY_SETTINGS);
    deepEqual(policy.problems, []);
  });

  it('reports an unknown key and applies the rest of the file', () => {
    const path = policyFile('10-a.json', { blockedComands: [1], maxContexts: 5 });
    const policy = openStore().current();
    equal(policy.settings.maxContexts, 5);
    match(told(policy), new RegExp(`${path}: unknown setting "blockedComands"; did you mean "blockedCommands"`));
  });

  it('accepts a file that begins with a byte order mark, as Windows PowerShell writes them', () => {
    policyFile('10-a.json', '\ufeff{"maxContexts": 5}');
    equal(openStore().current().settings.maxContexts, 5);
  });

  describe('watching', () => {
    const changed = (store: FilePolicyStore): Promise<EffectivePolicy> =>
      new Promise((resolve) => {
        store.onChange = resolve;
      });
    /** Lets the kernel's notices arrive, and the clock pass the time for which they are gathered. */
    const settle = async (store: FilePolicyStore, action: () => void): Promise<EffectivePolicy> => {
      const change = changed(store);
      action();
      for (let tries = 0; tries < 500; tries += 1) {
        clock.advance(1);
        const seen = await Promise.race([
          change,
          new Promise<undefined>((resolve) => setTimeout(resolve, 2, undefined)),
        ]);
        if (seen !== undefined) return seen;
      }
      throw new Error('no change was seen');
    };

    it('notices a file that is added, changed, replaced or removed, long before the next poll', async () => {
      const store = openStore({ pollMs: 3_600_000 });
      const first = await settle(store, () => policyFile('10-a.json', { maxContexts: 5 }));
      equal(first.settings.maxContexts, 5);
      equal(first.revision, 2);
      equal((await settle(store, () => policyFile('10-a.json', { maxContexts: 6 }))).settings.maxContexts, 6);
      const replaced = await settle(store, () => {
        writeFileSync(join(base, 'new'), JSON.stringify({ maxContexts: 7 }));
        renameSync(join(base, 'new'), join(folder, '10-a.json'));
      });
      equal(replaced.settings.maxContexts, 7);
      const removed = await settle(store, () => rmSync(join(folder, '10-a.json')));
      equal(removed.settings.maxContexts, DEFAULT_POLICY_SETTINGS.maxContexts);
      equal(removed.revision, 5);
    });

    it('notices a Registry.pol that arrives, and one that is replaced', async () => {
      const store = openStore({ registryPol: [pol], pollMs: 3_600_000 });
      match(told(store.current()), /Registry\.pol: the file does not exist/);
      const arrived = await settle(store, () => copyFileSync(groupPolicyFixture('baseline.pol'), pol));
      deepEqual(arrived.settings.blockedCommands, [129, 170]);
      deepEqual(arrived.problems, []);
      const replaced = await settle(store, () => {
        copyFileSync(groupPolicyFixture('deletions.pol'), join(base, 'new.pol'));
        renameSync(join(base, 'new.pol'), pol);
      });
      notDeepEqual(replaced.settings.blockedCommands, arrived.settings.blockedCommands);
    });

    it('notices a folder that is created later, and one that was removed and created again', async () => {
      rmSync(folder, { recursive: true });
      const store = openStore();
      mkdirSync(folder);
      policyFile('10-a.json', { maxContexts: 5 });
      clock.advance(1000);
      equal(store.current().settings.maxContexts, 5);
      rmSync(folder, { recursive: true });
      clock.advance(1000);
      equal(store.current().settings.maxContexts, 5, 'a folder may be about to be replaced');
      clock.advance(60_000);
      equal(store.current().settings.maxContexts, DEFAULT_POLICY_SETTINGS.maxContexts);
      mkdirSync(folder);
      clock.advance(1000);
      const again = await settle(store, () => policyFile('10-a.json', { maxContexts: 8 }));
      equal(again.settings.maxContexts, 8);
    });

    it('does not report a change if the result is the same', () => {
      const path = policyFile('10-a.json', { maxContexts: 5 });
      const store = openStore();
      store.onChange = () => {
        throw new Error('nothing changed');
      };
      appendFileSync(path, '\n\n');
      clock.advance(1000);
      equal(store.current().revision, 1);
    });

    it('reads every source again on request, without waiting', async () => {
      const store = openStore();
      policyFile('10-a.json', { maxContexts: 5 });
      equal((await store.refresh()).settings.maxContexts, 5);
      equal((await store.refresh()).revision, 2);
    });
  });

  describe('a damaged file', () => {
    it('is reported, leaves its last good content in force, and is cleared when repaired', async () => {
      const path = policyFile('10-a.json', { maxContexts: 5, ignoreLocalList: true });
      copyFileSync(groupPolicyFixture('baseline.pol'), pol);
      const store = openStore({ registryPol: [pol] });
      policyFile('10-a.json', '{"maxContexts": ');
      writeFileSync(pol, groupPolicyBytes('baseline.pol').subarray(0, 100));
      const damaged = await store.refresh();
      equal(damaged.settings.maxContexts, 5);
      deepEqual(damaged.settings.blockedCommands, [129, 170]);
      match(
        told(damaged),
        new RegExp(`${path}: the file is damaged: not JSON.*; its last good content stays in force`),
      );
      match(told(damaged), /Registry\.pol: the file is damaged: .* \(at byte \d+\); its last good content stays/);
      policyFile('10-a.json', { maxContexts: 6 });
      writeFileSync(pol, groupPolicyBytes('deletions.pol'));
      const mended = await store.refresh();
      equal(mended.settings.maxContexts, 6);
      deepEqual(mended.settings.blockedCommands, [379]);
      deepEqual(mended.problems, []);
    });

    it('leaves its last good content in force across a restart', async () => {
      policyFile('10-a.json', { maxContexts: 5 });
      copyFileSync(groupPolicyFixture('baseline.pol'), pol);
      await openStore({ registryPol: [pol] }).close();
      policyFile('10-a.json', 'garbage');
      writeFileSync(pol, 'garbage');
      const { settings, problems } = openStore({ registryPol: [pol] }).current();
      equal(settings.maxContexts, 5);
      equal(settings.ignoreLocalList, true);
      equal(problems.length, 2);
    });

    it('sets nothing if it was never valid, and the other files stay in force', () => {
      policyFile('10-a.json', 'garbage');
      policyFile('20-b.json', { maxContexts: 5 });
      const policy = openStore().current();
      equal(policy.settings.maxContexts, 5);
      match(told(policy), /10-a\.json: the file is damaged: .*; it sets nothing/);
    });

    it('is no longer reported once it is removed', async () => {
      const path = policyFile('10-a.json', { maxContexts: 5 });
      const store = openStore();
      policyFile('10-a.json', 'garbage');
      await store.refresh();
      rmSync(path);
      const policy = await store.refresh();
      deepEqual(policy.settings, DEFAULT_POLICY_SETTINGS);
      deepEqual(policy.problems, []);
    });

    it('does not keep the broker from starting if the record of good files is itself damaged', async () => {
      policyFile('10-a.json', { maxContexts: 5 });
      await openStore().close();
      writeFileSync(join(base, 'state', 'policy', 'last-good.json'), '[{"kind":1}]');
      equal(openStore().current().settings.maxContexts, 5);
    });
  });

  describe('a source that a standard user could write', () => {
    it('is refused if others can write the file; its last content stays in force', async () => {
      const path = policyFile('10-a.json', { maxContexts: 5 });
      const store = openStore();
      policyFile('10-a.json', { maxContexts: 60_000 });
      chmodSync(path, 0o666);
      const policy = await store.refresh();
      equal(policy.settings.maxContexts, 5);
      match(told(policy), /can be written by others than its owner \(chmod go-w\)/);
    });

    it('is refused if the file belongs to another user (needs root to create one)', function () {
      if (!isRoot) this.skip();
      chownSync(policyFile('10-a.json', { maxContexts: 60_000 }), 12345, 12345);
      const policy = openStore().current();
      deepEqual(policy.settings, DEFAULT_POLICY_SETTINGS);
      match(told(policy), /belongs to user 12345/);
    });

    it('is refused as a whole if others can write the folder, including files missing from it', async () => {
      policyFile('10-a.json', { maxContexts: 5 });
      const store = openStore();
      chmodSync(folder, 0o777);
      rmSync(join(folder, '10-a.json'));
      policyFile('20-evil.json', { ignoreDefaultList: true });
      const policy = await store.refresh();
      equal(policy.settings.maxContexts, 5);
      equal(policy.settings.ignoreDefaultList, false);
      match(
        told(policy),
        /policy\.d: folder .* can be written by others.*; the last content of its files stays in force/,
      );
    });

    it('is refused if it is a Registry.pol in such a folder', () => {
      const shared = join(base, 'shared');
      mkdirSync(shared);
      chmodSync(shared, 0o777);
      const path = join(shared, 'Registry.pol');
      copyFileSync(groupPolicyFixture('baseline.pol'), path);
      const policy = openStore({ registryPol: [path] }).current();
      deepEqual(policy.settings, DEFAULT_POLICY_SETTINGS);
      match(told(policy), /Registry\.pol: folder .* can be written by others/);
    });
  });

  describe('setting locally', () => {
    it('writes the local file, takes effect immediately, and lasts across a restart', async () => {
      const store = openStore();
      const changes: EffectivePolicy[] = [];
      store.onChange = (policy) => changes.push(policy);
      const policy = await store.set({ maxContexts: 5, blockedCommands: ['0x17B'] });
      equal(policy.settings.maxContexts, 5);
      deepEqual(policy.settings.blockedCommands, [379]);
      deepEqual(policy.sources.maxContexts, { kind: 'policyFile', location: join(folder, '50-local.json') });
      deepEqual(changes, [policy]);
      equal(statSync(join(folder, '50-local.json')).mode & 0o777, 0o644);
      deepEqual(readdirSync(folder), ['50-local.json'], 'no temporary file is left');
      await store.close();
      equal(openStore().current().settings.maxContexts, 5);
    });

    it('reports who made a change, and nobody for one that the store finds by itself', async () => {
      const store = openStore();
      const callers: unknown[] = [];
      store.onChange = (_policy, caller) => callers.push(caller);
      await store.set({ maxContexts: 5 }, ROOT);
      await store.importRegistryPol(groupPolicyBytes('baseline.pol'), ROOT);
      policyFile('60-more.json', { maxResources: 9 });
      await store.refresh();
      deepEqual(callers, [ROOT, ROOT, undefined]);
    });

    it('creates the folder if it is missing', async () => {
      rmSync(folder, { recursive: true });
      equal((await openStore().set({ maxContexts: 5 })).settings.maxContexts, 5);
    });

    it('changes only the given settings, and removes a setting with null', async () => {
      policyFile('50-local.json', { $comment: 'by hand', maxResources: 9, maxContexts: 8 });
      const store = openStore();
      const policy = await store.set({ maxContexts: null, ignoreLocalList: true });
      equal(policy.settings.maxContexts, DEFAULT_POLICY_SETTINGS.maxContexts);
      equal(policy.sources.maxContexts.kind, 'default');
      deepEqual(JSON.parse(readFileSync(join(folder, '50-local.json'), 'utf8')), {
        $comment: 'by hand',
        maxResources: 9,
        ignoreLocalList: true,
      });
    });

    it('refuses a setting that is unknown or out of range, names it, and changes nothing', async () => {
      const store = openStore();
      for (const [changes, name] of [
        [
          { maxContexts: 5, standardUserAuthorizationFailureTotalThreshold: 101 },
          'standardUserAuthorizationFailureTotalThreshold',
        ],
        [{ osManagedAuthLevel: 3 }, 'osManagedAuthLevel'],
        [{ noSuchSetting: 1 } as object, 'noSuchSetting'],
      ] as const) {
        await rejects(
          store.set(changes),
          (error: unknown) =>
            error instanceof TbsError &&
            error.symbol === 'TBS_E_BAD_PARAMETER' &&
            error.details['setting'] === name &&
            error.message.includes(name),
        );
      }
      equal(existsSync(join(folder, '50-local.json')), false);
      equal(store.current().revision, 1);
    });

    it('reports that a stronger source overrides it', async () => {
      policyFile('90-fleet.json', { maxContexts: 100 });
      const store = openStore();
      const policy = await store.set({ maxContexts: 5 });
      equal(policy.settings.maxContexts, 100);
      deepEqual(policy.problems, [
        {
          source: { kind: 'policyFile', location: join(folder, '50-local.json') },
          setting: 'maxContexts',
          message: `maxContexts has no effect here: ${join(folder, '90-fleet.json')} sets it and is stronger`,
        },
      ]);
      deepEqual((await store.set({ maxContexts: 100 })).problems, [], 'nothing to say when both agree');
    });

    it('does not overwrite a local file with a syntax error', async () => {
      policyFile('50-local.json', '{"maxContexts": 5,}');
      await rejects(openStore().set({ maxContexts: 6 }), /the file is damaged; correct or remove it first/);
      equal(readFileSync(join(folder, '50-local.json'), 'utf8'), '{"maxContexts": 5,}');
    });

    it('does not write into a folder that others can write', async () => {
      chmodSync(folder, 0o777);
      await rejects(openStore().set({ maxContexts: 6 }), /can be written by others/);
    });

    it('performs simultaneous changes one after the other', async () => {
      const store = openStore();
      await Promise.all([store.set({ maxContexts: 5 }), store.set({ maxResources: 6 }), store.set({ maxContexts: 7 })]);
      deepEqual(JSON.parse(readFileSync(join(folder, '50-local.json'), 'utf8')), { maxContexts: 7, maxResources: 6 });
    });

    it('continues after a change that was refused', async () => {
      const store = openStore();
      await Promise.all([rejects(store.set({ maxContexts: -1 })), store.set({ maxResources: 6 })]);
      equal(store.current().settings.maxResources, 6);
    });
  });

  it('loses no acknowledged setting and leaves no partial file when it is killed at any moment', async function () {
    this.timeout(60_000);
    let acknowledged = 0;
    for (let round = 0; round < 6; round += 1) {
      acknowledged = Math.max(acknowledged, await killedWriter(folder, join(base, 'state'), 5 + round * 9));
      const store = openStore();
      deepEqual(store.current().problems, []);
      const kept = store.current().settings.maxResources;
      ok(kept >= acknowledged, `round ${round}: ${acknowledged} was acknowledged, ${kept} is kept`);
      equal(store.current().settings.maxContexts, kept, 'what was set together is kept together');
      await store.close();
    }
    ok(acknowledged > 20);
  });

  it('changes nothing and reports it when the disk is full (needs root to mount a tmpfs)', async function () {
    const small = join(base, 'small');
    mkdirSync(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0755', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      this.skip();
    }
    try {
      const store = openStore({ folder: join(small, 'policy.d'), stateFolder: join(small, 'state') });
      await store.set({ maxContexts: 5 });
      writeFileSync(join(small, 'filler'), '');
      fillUp(join(small, 'filler'));
      const many = Array.from({ length: 2000 }, (_, code) => code);
      await rejects(store.set({ blockedCommands: many }), /Cannot write the policy file .*50-local\.json: ENOSPC/);
      await rejects(
        store.importRegistryPol(groupPolicyBytes('slips.pol')),
        /Cannot store the imported policy in .*ENOSPC/,
      );
      equal(store.current().settings.maxContexts, 5);
      deepEqual(store.current().settings.blockedCommands, []);
      rmSync(join(small, 'filler'));
      deepEqual((await store.set({ blockedCommands: many })).settings.blockedCommands, many);
      deepEqual(readdirSync(join(small, 'policy.d')), ['50-local.json']);
      await store.close();
    } finally {
      execFileSync('umount', ['-l', small]);
    }
  });

  describe('importing a Registry.pol', () => {
    it('stores it as a source across restarts', async () => {
      const store = openStore();
      const policy = await store.importRegistryPol(groupPolicyBytes('baseline.pol'));
      deepEqual(policy.settings.blockedCommands, [129, 170]);
      deepEqual(policy.sources.blockedCommands, {
        kind: 'registryPol',
        location: join(base, 'state', 'policy', 'imported-Registry.pol'),
      });
      await store.close();
      equal(openStore().current().settings.ignoreLocalList, true);
    });

    it('lets the files that the domain delivers override it', async () => {
      copyFileSync(groupPolicyFixture('deletions.pol'), pol);
      const policy = await openStore({ registryPol: [pol] }).importRegistryPol(groupPolicyBytes('baseline.pol'));
      deepEqual(policy.settings.blockedCommands, [379]);
    });

    it('refuses a damaged one with its position, and keeps the last imported one', async () => {
      const store = openStore();
      await store.importRegistryPol(groupPolicyBytes('baseline.pol'));
      await rejects(
        store.importRegistryPol(groupPolicyBytes('baseline.pol').subarray(0, 333)),
        (error: unknown) =>
          error instanceof TbsError &&
          error.symbol === 'TBS_E_BAD_PARAMETER' &&
          typeof error.details['offset'] === 'number' &&
          /damaged at byte \d+/.test(error.message),
      );
      deepEqual(store.current().settings.blockedCommands, [129, 170]);
    });

    it('removes the imported policy with an empty file', async () => {
      const store = openStore();
      await store.importRegistryPol(groupPolicyBytes('baseline.pol'));
      const policy = await store.importRegistryPol(encodeRegistryPol([]));
      deepEqual(policy.settings, DEFAULT_POLICY_SETTINGS);
      equal(existsSync(join(base, 'state', 'policy', 'imported-Registry.pol')), false);
    });
  });

  it('exports the policy in force as a policy file that sets the same', async () => {
    const store = openStore();
    await store.importRegistryPol(groupPolicyBytes('baseline.pol'));
    await store.set({ allowedCommands: { standardUser: [0x20000001] } });
    const exported = store.exportJson();
    const wanted = store.current().settings;
    await store.close();
    const elsewhere = join(base, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'exported.json'), JSON.stringify(exported));
    const other = openStore({ folder: elsewhere, stateFolder: join(base, 'other-state') });
    deepEqual(other.current().settings, wanted);
    deepEqual(other.current().problems, []);
    notEqual(exported['allowedCommands'], undefined);
  });
});

function fillUp(file: string): void {
  try {
    for (;;) appendFileSync(file, new Uint8Array(1024));
  } catch {
    // The disk is full, which is what the test needs.
  }
}

/**
 * Runs the writer until it has reported `settings` acknowledged changes, kills it, and returns the last reported one.
 */
function killedWriter(folder: string, stateFolder: string, settings: number): Promise<number> {
  const writer = fileURLToPath(new URL('./policy-writer.js', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [writer, folder, stateFolder], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    let lines = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output = `${output.slice(-64)}${text}`;
      lines += text.split('\n').length - 1;
      if (lines >= settings) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', () => resolve(Number(output.split('\n').slice(0, -1).at(-1) ?? 0)));
  });
}
