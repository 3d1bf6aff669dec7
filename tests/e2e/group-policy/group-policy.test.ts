/**
 * Group Policy from a real domain controller to a refused command: Samba as controller, a joined member whose
 * samba-gpupdate runs the extension, the broker, and a caller.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { REGISTRY_TYPES } from '../../../ts-core/domain/policy/registry-pol.js';
import { ALICE, connectAs } from '../../support/as-user.js';
import { REPOSITORY, TestDaemon } from '../../support/daemon.js';
import { canRunGroupPolicyLab, DOMAIN_DN, GroupPolicyLab } from '../../support/group-policy-lab.js';
import { NativeClients } from '../../support/native-clients.js';
import { NODE, TBS } from '../../support/programs.js';
import { dword, type PolEntryInput, sz } from '../../support/registry-pol-writer.js';
import { type RpcClient, RpcFailure } from '../../support/rpc-client.js';
import { CLEAR_20, GET_RANDOM_20 } from '../../support/tpm-commands.js';

const TPM = 'Software\\Policies\\Microsoft\\TPM';
const LIST = `${TPM}\\BlockedCommands\\List`;
const GET_RANDOM = '379';
const CLEAR = '294';

/** As the administrative template writes them. */
const enabled: PolEntryInput = {
  key: `${TPM}\\BlockedCommands`,
  valueName: 'Enabled',
  type: REGISTRY_TYPES.REG_DWORD,
  data: dword(1),
};
const blocks = (...codes: string[]): PolEntryInput[] => [
  enabled,
  ...codes.map((code) => ({ key: LIST, valueName: code, type: REGISTRY_TYPES.REG_SZ, data: sz(code) })),
];
const lasts = (minutes: number): PolEntryInput => ({
  key: TPM,
  valueName: 'StandardUserAuthorizationFailureDuration',
  type: REGISTRY_TYPES.REG_DWORD,
  data: dword(minutes),
});
const disabledBlockList: PolEntryInput[] = [
  { key: `${TPM}\\BlockedCommands`, valueName: '**del.Enabled', type: REGISTRY_TYPES.REG_SZ, data: sz(' ') },
  { key: LIST, valueName: '**delvals.', type: REGISTRY_TYPES.REG_SZ, data: sz(' ') },
];

interface PolicyState {
  readonly settings: readonly { readonly name: string; readonly value: unknown; readonly source: string }[];
  readonly problems: readonly { readonly source: string; readonly message: string }[];
  readonly revision: number;
}

interface Refusal {
  readonly symbol: string;
  readonly source: string;
  readonly liftedBy: string;
}

describe('Group Policy of a domain', function () {
  this.timeout(180_000);
  let lab: GroupPolicyLab;
  let daemon: TestDaemon;
  let clients: NativeClients;
  let root: RpcClient;
  let alice: RpcClient;
  let aliceContext: number;
  let rootContext: number;

  before(async function () {
    // A controller wants network namespaces and other users' identities.
    if (!canRunGroupPolicyLab()) return this.skip();
    lab = await GroupPolicyLab.start();
    await lab.registerExtension();
    daemon = await TestDaemon.start({
      configuration: { policy: { groupPolicy: [{ kind: 'samba', folder: lab.delivery }] } },
    });
    clients = await NativeClients.install();
    root = await daemon.connect();
    alice = await connectAs(ALICE, daemon.rpcSocket);
    rootContext = await root.open();
    aliceContext = await alice.open();
  });
  after(async () => {
    root?.close();
    alice?.close();
    await daemon?.[Symbol.asyncDispose]();
    await clients?.[Symbol.asyncDispose]();
    await lab?.stop();
  });

  const policy = () => root.call<PolicyState>('policy/get');
  const setting = async (name: string) => (await policy()).settings.find((state) => state.name === name);
  const duration = async () => (await setting('standardUserAuthorizationFailureDurationMinutes'))?.value;

  /** The broker reads what was delivered within its settling time; `condition` is what the new policy makes true. */
  const becomes = async (what: string, condition: () => Promise<boolean>): Promise<void> => {
    for (let tries = 0; tries < 200; tries += 1) {
      if (await condition()) return;
      await wait(25);
    }
    assert.fail(`${what} did not come true within 5 seconds: ${JSON.stringify(await policy())}`);
  };
  const refusalOf = async (call: Promise<unknown>): Promise<Refusal | undefined> => {
    try {
      await call;
      return undefined;
    } catch (error) {
      assert.ok(error instanceof RpcFailure, String(error));
      const details = error.data.details as Record<string, unknown>;
      return { symbol: error.data.symbol, source: String(details['source']), liftedBy: String(details['liftedBy']) };
    }
  };
  const aliceGetRandom = () => refusalOf(alice.submit(aliceContext, GET_RANDOM_20));
  const isBlocked = async () => (await aliceGetRandom()) !== undefined;
  const isFree = async () => (await aliceGetRandom()) === undefined;
  const tbs = (...args: string[]) =>
    spawnSync(NODE, [TBS, ...args], {
      encoding: 'utf8',
      timeout: 30_000,
      env: { ...process.env, TPMTBS_SOCKET: daemon.rpcSocket },
    });
  const clear = () => root.submit(rootContext, CLEAR_20);
  const tpm2Clear = () =>
    clients.run(daemon.wireSocket, 'tpm2_clear', [], { env: { TSS2_LOG: 'tcti+warning' }, timeoutMs: 30_000 });

  it('blocks TPM2_Clear for root, naming the GPO, and allows it again when the GPO is unlinked', async () => {
    const gpo = await lab.createGpo('No clearing', blocks(CLEAR));
    await lab.link(DOMAIN_DN, gpo);
    await lab.refresh();
    await becomes('the list', async () => (await setting('blockedCommandsEnabled'))?.value === true);
    const refusal = await refusalOf(clear());
    assert.equal(refusal?.symbol, 'TPM_E_COMMAND_BLOCKED');
    assert.match(refusal.source, /GPO "No clearing" linked to DC=tpmlab,DC=example/);
    assert.match(refusal.liftedBy, /blockedCommands in GPO "No clearing".*Administrators of the domain/);
    // The tool shows the code; its refusal is among the audited ones below.
    assert.match((await tpm2Clear()).stderr, /Esys_Clear\(0xC0143\)/);
    const audited = await daemon.auditLines();
    const change = audited.flatMap(({ details }) => settingsIn(details)).find(({ name }) => name === 'blockedCommands');
    assert.deepEqual([change?.before, change?.after], [[], [Number(CLEAR)]]);
    assert.match(change?.source ?? '', /^GPO "No clearing" linked to DC=tpmlab,DC=example$/);
    const refused = audited.filter(({ kind }) => kind === 'commandRefused');
    assert.ok(refused.length > 0);
    for (const { details } of refused) assert.match(JSON.stringify(details), /GPO \\"No clearing\\" linked to/);
    await lab.unlink(DOMAIN_DN, gpo);
    await lab.refresh();
    await becomes('freedom', async () => (await setting('blockedCommandsEnabled'))?.value === false);
    assert.equal((await tpm2Clear()).status, 0, 'works again');
    await lab.deleteGpo(gpo);
  });

  it('follows links: order, enforced, disabled, inheritance, and the disabled half of a GPO', async () => {
    const unit = await lab.createUnit('Linux');
    await lab.moveMemberTo(unit);
    const base = await lab.createGpo('Base', [...blocks(GET_RANDOM), lasts(60)]);
    const own = await lab.createGpo('For Linux', [lasts(30)]);
    await lab.link(DOMAIN_DN, base);
    await lab.link(unit, own);
    await lab.refresh();
    await becomes('the block', isBlocked);
    assert.equal(await duration(), 30, 'the nearer link is stronger');

    await lab.changeLink(DOMAIN_DN, base, '--enforce');
    await lab.refresh();
    await becomes('the enforced value', async () => (await duration()) === 60);
    assert.match((await setting('standardUserAuthorizationFailureDurationMinutes'))?.source ?? '', /Base.*enforced/);

    await lab.changeLink(DOMAIN_DN, base, '--disable');
    await lab.refresh();
    await becomes('freedom', isFree);
    assert.equal(await duration(), 30);

    await lab.changeLink(DOMAIN_DN, base);
    await lab.refresh();
    await becomes('the block', isBlocked);
    await lab.setInheritance(unit, 'block');
    await lab.refresh();
    await becomes('freedom', isFree);
    await lab.setInheritance(unit, 'inherit');
    await lab.refresh();
    await becomes('the block', isBlocked);
    await lab.setGpoAttribute(base, 'flags', '2');
    await lab.refresh();
    await becomes('freedom, since the computer settings of the GPO are disabled', isFree);
    assert.match(await lab.refresh('--rsop'), /the computer settings of this GPO are disabled/);
    await lab.setGpoAttribute(base, 'flags', '0');
    await lab.refresh();
    await becomes('the block', isBlocked);
    await lab.denyGpo(base);
    await lab.refresh();
    await becomes('freedom', isFree);
    await lab.deleteGpo(base);
    await lab.deleteGpo(own);
    await lab.refresh();
    await becomes('the default', async () => (await duration()) === 480);
  });

  it('follows the order of two links in one container, and names every GPO that blocks a command', async () => {
    const left = await lab.createGpo('Left', [...blocks(GET_RANDOM), lasts(41)]);
    const right = await lab.createGpo('Right', [...blocks(GET_RANDOM), lasts(42)]);
    await lab.link(DOMAIN_DN, left);
    await lab.link(DOMAIN_DN, right);
    await lab.refresh();
    await becomes('a value of the two', async () => [41, 42].includes(Number(await duration())));
    const before = Number(await duration());
    await lab.reverseLinks(DOMAIN_DN);
    await lab.refresh();
    await becomes('the other value', async () => (await duration()) === 83 - before);

    const { status, stdout } = tbs('block', 'test', 'TPM2_GetRandom', '--json');
    assert.equal(status, 2, 'the command is blocked');
    const [verdict] = (JSON.parse(stdout) as { verdicts: readonly { source: string; liftedBy: string }[] }).verdicts;
    for (const name of ['GPO "Left" linked to DC=tpmlab', 'GPO "Right" linked to DC=tpmlab']) {
      assert.ok(verdict?.source.includes(name), verdict?.source);
      assert.ok(verdict?.liftedBy.includes(name), verdict?.liftedBy);
    }
    await lab.deleteGpo(left);
    await lab.deleteGpo(right);
    await lab.refresh();
    await becomes('freedom', isFree);
  });

  it('reads the TPM values from a Registry.pol of more than 1 MiB', async () => {
    const wallpaper: PolEntryInput = {
      ...{ key: 'Software\\Policies\\Wallpaper', valueName: 'Image' },
      ...{ type: REGISTRY_TYPES.REG_BINARY, data: new Uint8Array(1_500_000).fill(7) },
    };
    const gpo = await lab.createGpo('With an image', [wallpaper, ...blocks(GET_RANDOM)]);
    await lab.link(DOMAIN_DN, gpo);
    await lab.refresh();
    await becomes('the block', isBlocked);
    assert.deepEqual((await policy()).problems, []);
    await lab.deleteGpo(gpo);
    await lab.refresh();
    await becomes('freedom', isFree);
  });

  it('moves a list from one GPO to another without a moment in which it is not in force', async () => {
    const first = await lab.createGpo('First', blocks(GET_RANDOM));
    const second = await lab.createGpo('Second', [lasts(90)]);
    await lab.link(DOMAIN_DN, first);
    await lab.link(DOMAIN_DN, second);
    await lab.refresh();
    await becomes('the block', isBlocked);
    const { revision } = await policy();
    await lab.writeGpo(first, [lasts(45)]);
    await lab.writeGpo(second, blocks(GET_RANDOM));
    const refreshing = lab.refresh();
    let answered = 0;
    let isRefreshed = false;
    void refreshing.finally(() => {
      isRefreshed = true;
    });
    while (!isRefreshed) {
      assert.ok(await isBlocked(), 'the list is in force throughout');
      answered += 1;
    }
    await refreshing;
    await becomes('the new source', async () => ((await setting('blockedCommands'))?.source ?? '').includes('Second'));
    assert.equal((await policy()).revision, revision + 1, 'one transaction');
    assert.ok(answered > 1);

    await lab.writeGpo(second, disabledBlockList);
    await lab.refresh();
    await becomes('freedom', isFree);
    await lab.deleteGpo(first);
    await lab.deleteGpo(second);
  });

  it('accepts our administrative templates in its central store', async () => {
    const store = await lab.loadTemplates(join(REPOSITORY, 'packaging', 'admx'));
    const files = ['en-US', 'en-US/tpmtbs.adml', 'fr-FR', 'fr-FR/tpmtbs.adml', 'tpmtbs.admx'];
    assert.deepEqual([...store].sort(), files, 'and nothing else');
  });

  it('reports a WMI filter that it cannot evaluate', async () => {
    const gpo = await lab.createGpo('Laptops only', [lasts(77)]);
    await lab.setGpoAttribute(gpo, 'gPCWQLFilter', '[tpmlab.example;{A0000000-0000-4000-8000-000000000000};0]');
    await lab.link(DOMAIN_DN, gpo);
    await lab.refresh();
    await becomes('the value', async () => (await duration()) === 77);
    assert.match(JSON.stringify((await policy()).problems), /Laptops only.*WMI filter is not evaluated/);
    await lab.deleteGpo(gpo);
  });

  it('keeps the last content of a GPO’s damaged file in force, and reports it', async () => {
    const gpo = await lab.createGpo('Damaged later', blocks(GET_RANDOM));
    await lab.link(DOMAIN_DN, gpo);
    await lab.refresh();
    await becomes('the block', isBlocked);
    await lab.writeGpoBytes(gpo, new TextEncoder().encode('PReg\u0001\0\0\0[broken'));
    await lab.refresh();
    assert.ok(await isBlocked());
    await becomes('the report', async () => JSON.stringify(await policy()).includes('cannot be used'));
    await lab.writeGpo(gpo, blocks(GET_RANDOM));
  });

  it('stays in force if samba-gpupdate is killed at any step of writing the delivery', async () => {
    assert.ok(await isBlocked(), 'from the test before');
    const gpo = await lab.createGpo('Changed later', [lasts(51)]);
    await lab.link(DOMAIN_DN, gpo);
    await lab.refresh();
    await becomes('the old value', async () => (await duration()) === 51);
    const files = ['Registry.pol', 'manifest.json'].map((name) => join(lab.delivery, name));
    const old = await Promise.all(files.map((file) => readFile(file)));
    await lab.writeGpo(gpo, [lasts(52)]);
    let step = 1;
    while (await lab.refreshKilledAt(step)) {
      assert.ok(await isBlocked(), `killed at step ${step}`);
      await root.call('policy/refresh');
      assert.ok(await isBlocked(), `killed at step ${step}, and read again`);
      assert.ok([51, 52].includes(Number(await duration())), `killed at step ${step}`);
      // Each step interrupts the change from the old delivery to the new one.
      for (const [index, file] of files.entries()) await writeFile(file, old[index] as Buffer);
      step += 1;
    }
    assert.ok(step > 20, `${step} steps`);
    await becomes('the new value', async () => (await duration()) === 52);
    await lab.deleteGpo(gpo);
  }).timeout(300_000);

  it('stays in force if the controller disappears, or dies during a refresh', async () => {
    await lab.setControllerReachable(false);
    await lab.refresh().catch(() => '');
    assert.ok(await isBlocked(), 'without a controller');
    await lab.setControllerReachable(true);
    await lab.refreshDuring(() => lab.killController());
    await root.call('policy/refresh');
    assert.ok(await isBlocked(), 'the controller was killed during the refresh');
    await lab.restartController();
    await lab.refresh();
    assert.ok(await isBlocked());
  });

  it('stays in force if the file of the extension vanishes, which makes every refresh fail', async () => {
    const copy = await lab.registerCopy();
    await lab.refresh();
    await rm(copy);
    await assert.rejects(lab.refresh(), /FileNotFoundError.*gp_tbs_ext\.py/s);
    assert.ok(await isBlocked());
    assert.match(await lab.registerExtension(), new RegExp(`writes the TPM policy into ${lab.delivery}\\.`));
    await lab.refresh();
    assert.ok(await isBlocked());
  });

  it('prints each GPO’s settings with --rsop, and removes everything with --unapply', async () => {
    assert.match(await lab.refresh('--rsop'), /BlockedCommands\\List\\379 = REG_SZ 379/);
    await lab.refresh('--unapply');
    await becomes('freedom', isFree);
    const manifest = JSON.parse(await readFile(join(lab.delivery, 'manifest.json'), 'utf8')) as { state: string };
    assert.equal(manifest.state, 'unapplied');
    await lab.refresh();
    await becomes('the block', isBlocked);
  });

  it('is removed when the extension is unregistered, and returns when it is registered again', async () => {
    assert.match(await lab.unregisterExtension(), /no longer applies to this machine/);
    await becomes('freedom', isFree);
    await lab.refresh();
    assert.ok(await isFree(), 'a refresh no longer delivers');
    const told = await lab.registerExtension();
    assert.ok(
      told.includes(`"folder": "${lab.delivery}"`),
      'what to put into tbsd.json, since the folder is not the default',
    );
    await lab.refresh();
    await becomes('the block', isBlocked);
  });
});

interface AuditedChange {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly source: string;
}

function settingsIn(details: unknown): readonly AuditedChange[] {
  const { settings } = (details ?? {}) as { settings?: readonly (string | AuditedChange)[] };
  return (settings ?? []).filter((setting) => typeof setting === 'object');
}
