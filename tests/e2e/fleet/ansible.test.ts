/** Tests the Ansible collection: the real ansible-playbook configures machines over SSH, each with a broker. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../support/daemon.js';
import { AnsibleController, type PlayResult, type Recap } from '../../support/fleet/controller.js';
import { Fleet, type FleetMachine, fleetSize, whyNoFleet } from '../../support/fleet/fleet.js';
import { RpcClient } from '../../support/rpc-client.js';

const MODULES = ['tbs_auth_level', 'tbs_command_block', 'tbs_facts', 'tbs_policy'] as const;

const BROKER = {
  broker_configuration: {
    transport: { kind: 'embedded', embedded: { stateFolder: '/var/lib/tpmtbs/embedded-tpm' } },
    power: { logind: false },
  },
  broker_policy: {
    standardUserAuthorizationFailureIndividualThreshold: 2,
    standardUserAuthorizationFailureTotalThreshold: 5,
  },
  broker_blocked_commands: ['TPM2_Hash', '0x186'],
  broker_auth_level: 'delegated',
  broker_auth_level_force: true,
  broker_start_retries: 60,
};

/** Returns a play that applies the role with these variables. */
const role = (variables: object = {}) => [
  { hosts: 'all', gather_facts: false, roles: [{ role: 'tpmtbs.tbs.broker', vars: { ...BROKER, ...variables } }] },
];

const tasks = (...list: readonly object[]) => [{ hosts: 'all', gather_facts: false, tasks: list }];

describe('the Ansible collection on a fleet', function () {
  this.timeout(1_200_000);
  let fleet: Fleet;
  let controller: AnsibleController;

  before(async function () {
    const reason = whyNoFleet('ansible-playbook', 'swtpm');
    if (reason !== undefined) {
      console.log(`    skipped: ${reason}`);
      this.skip();
    }
    fleet = await Fleet.start(fleetSize());
    controller = await AnsibleController.on(fleet);
  });
  after(() => fleet?.[Symbol.asyncDispose]());

  const everyRecap = (result: PlayResult, expected: Partial<Recap>): void => {
    for (const { name } of fleet.machines) {
      const { recap } = result;
      assert.deepEqual({ ...recap[name], ...expected }, recap[name], `${name}\n${result.stdout}${result.stderr}`);
    }
  };

  const changedNothing: Partial<Recap> = { changed: 0, failed: 0, unreachable: 0 };
  const first = (): FleetMachine => fleet.machines[0] as FleetMachine;

  it('--check shows what would change on new machines, and changes nothing', async () => {
    const result = await controller.play(role(), ['--check', '--forks', '20']);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    everyRecap(result, { failed: 0, unreachable: 0 });
    for (const { name } of fleet.machines) assert.ok((result.recap[name]?.changed ?? 0) > 0, result.stdout);
    const { stdout } = await fleet.runOn(first(), 'ls', ['/etc']);
    assert.doesNotMatch(stdout, /^tpmtbs$/m);
  });

  it('the role configures, starts and verifies every machine, --forks 20 at once', async () => {
    const result = await controller.play(role(), ['--forks', '20']);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    everyRecap(result, { failed: 0, unreachable: 0 });
    for (const machine of fleet.machines) {
      assert.deepEqual(await stateOf(machine), {
        individualThreshold: 2,
        totalThreshold: 5,
        blocked: ['TPM2_Hash', 'TPM2_HashSequenceStart'],
        level: 2,
      });
    }
  });

  it('a second run changes nothing', async () => {
    const result = await controller.play(role(), ['--forks', '20', '--diff']);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    everyRecap(result, changedNothing);
    assert.doesNotMatch(result.stdout, /^[+-]/m);
  });

  it('the role without variables does not change a machine', async () => {
    const bare = [{ hosts: 'all', gather_facts: false, roles: ['tpmtbs.tbs.broker'] }];
    const result = await controller.play(bare, ['--limit', first().name]);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    assert.equal(result.recap[first().name]?.changed, 0, result.stdout);
  });

  it('--check --diff shows each difference of policy, list and level, and changes nothing', async () => {
    const before = await stateOf(first());
    const other = {
      broker_policy: { standardUserAuthorizationFailureIndividualThreshold: null, ignoreLocalList: true },
      broker_blocked_commands: ['TPM2_StirRandom'],
      broker_unblocked_commands: ['TPM2_Hash'],
      broker_auth_level: 'full',
    };
    const result = await controller.play(role(other), ['--check', '--diff', '--forks', '20']);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    for (const { name } of fleet.machines) assert.equal(result.recap[name]?.changed, 4, result.stdout);
    assert.match(result.stdout, /^-\s+"standardUserAuthorizationFailureIndividualThreshold": 2$/m);
    assert.match(result.stdout, /^\+\s+"ignoreLocalList": true,?$/m);
    assert.match(result.stdout, /^\+\s+"TPM2_StirRandom"$/m);
    assert.match(result.stdout, /^-\s+"TPM2_Hash"$/m);
    assert.match(result.stdout, /^-\s+"level": "delegated"$/m);
    assert.deepEqual(await stateOf(first()), before);
  });

  it('the modules undo what they set, and undoing it again changes nothing', async () => {
    const undo = tasks(
      { 'tpmtbs.tbs.tbs_policy': { settings: { standardUserAuthorizationFailureTotalThreshold: null } } },
      { 'tpmtbs.tbs.tbs_command_block': { commands: ['HashSequenceStart'], state: 'absent' } },
      { 'tpmtbs.tbs.tbs_auth_level': { level: 'full' } },
    );
    const once = await controller.play(undo, ['--forks', '20']);
    for (const { name } of fleet.machines) assert.equal(once.recap[name]?.changed, 3, once.stdout);
    const { totalThreshold, blocked, level } = await stateOf(first());
    assert.deepEqual({ totalThreshold, blocked, level }, { totalThreshold: 9, blocked: ['TPM2_Hash'], level: 4 });
    everyRecap(await controller.play(undo, ['--forks', '20']), changedNothing);
  });

  it('facts show who is locked out, what is in force and where it comes from, but no authorization value', async () => {
    const result = await controller.play(
      tasks({ 'tpmtbs.tbs.tbs_facts': {} }, { 'ansible.builtin.debug': { var: 'ansible_facts.tbs' } }),
      ['--limit', first().name],
    );
    const facts = JSON.parse(/"ansible_facts.tbs": (\{[\s\S]*?\n {4}\})/.exec(result.stdout)?.[1] ?? '{}');
    assert.equal(facts.health, 'works', result.stdout);
    assert.equal(facts.tpm.version, '2.0');
    assert.equal(facts.policy.settings.standardUserAuthorizationFailureIndividualThreshold, 2);
    assert.match(facts.policy.sources.standardUserAuthorizationFailureIndividualThreshold, /50-local\.json$/);
    assert.deepEqual(facts.lockout, { failures: 0, all_locked_out: false, users: [] });
    assert.equal(facts.auth_level.name, 'Full');
    assert.equal(facts.auth_level.set_by_policy, false);
    assert.match(facts.auth_level.source, /^local/);
    assert.doesNotMatch(result.stdout, /ownerAuth|owner_auth"/);
  });

  it('a setting that a stronger source sets fails the task and names the source', async () => {
    const stronger = '/etc/tpmtbs/policy.d/90-domain.json';
    const write = { content: '{"osManagedAuthLevel": 4, "maxContexts": 900}', dest: stronger, mode: '0644' };
    const play = (...list: readonly object[]) => controller.play(tasks(...list), ['--limit', first().name]);
    await play({ 'ansible.builtin.copy': write });
    await refreshPolicy(first());
    const overridden = await play({ 'tpmtbs.tbs.tbs_policy': { settings: { maxContexts: 800 } } });
    assert.match(overridden.stdout, /maxContexts is set by \S*90-domain\.json, which is stronger/);
    const level = await play({ 'tpmtbs.tbs.tbs_auth_level': { level: 'none' } });
    assert.match(level.stdout, /The level is full, set by \S*90-domain\.json\S* Change it there/);
    const wrong = await play({ 'tpmtbs.tbs.tbs_policy': { settings: { noSuchSetting: 1 } } });
    assert.match(wrong.stdout, /noSuchSetting/);
    assert.match(wrong.stdout, /TBS_E_BAD_PARAMETER/);
  });

  it('a machine that is down is reported as unreachable, and the others are configured', async function () {
    if (fleet.machines.length < 2) this.skip();
    const down = fleet.machines.at(-1) as FleetMachine;
    await fleet.turnOff(down);
    const result = await controller.play(tasks({ 'tpmtbs.tbs.tbs_facts': {} }), ['--forks', '20', '--timeout', '5']);
    assert.equal(result.recap[down.name]?.unreachable, 1, result.stdout);
    for (const { name } of fleet.machines.slice(0, -1)) assert.equal(result.recap[name]?.ok, 1, result.stdout);
    assert.equal(result.code, 4);
  });

  it('a broker that is not running fails the task with what to do', async () => {
    const stop = { 'ansible.builtin.service': { name: 'tpmtbs', state: 'stopped' } };
    const result = await controller.play(tasks(stop, { 'tpmtbs.tbs.tbs_facts': {} }), ['--limit', first().name]);
    assert.match(result.stdout, /No broker answers at \/run\/tpmtbs\/rpc\.sock.*systemctl start tpmtbs/);
  });

  it('ansible-doc shows every module and the role, with a description of each option', async () => {
    for (const name of MODULES) {
      const { stdout, stderr } = await controller.doc(['--json', `tpmtbs.tbs.${name}`]);
      const { doc, examples } = JSON.parse(stdout)[`tpmtbs.tbs.${name}`];
      assert.equal(doc.module, name, stderr);
      assert.match(examples, /tpmtbs\.tbs\./);
      assert.ok(doc.options.socket.description && doc.options.timeout.description, stdout);
    }
    const { stdout } = await controller.doc(['-t', 'role', '--json', 'tpmtbs.tbs.broker']);
    const { options } = JSON.parse(stdout)['tpmtbs.tbs.broker'].entry_points.main;
    for (const name of Object.keys(BROKER)) assert.ok(options[name]?.description, name);
  });
});

describe('the Ansible role with the Debian packages', function () {
  this.timeout(1_200_000);
  const packages = newestPackages();
  const reason = whyNoFleet('ansible-playbook', 'swtpm', 'dpkg') ?? (packages ? undefined : 'no packages in dist');

  (reason === undefined ? it : it.skip)(`installs them, once${reason ? ` (${reason})` : ''}`, async () => {
    await using fleet = await Fleet.start(2, { programsOfTree: false });
    const controller = await AnsibleController.on(fleet);
    const dryRun = await controller.play(role({ broker_packages: packages }), ['--check']);
    assert.equal(dryRun.code, 0, dryRun.stdout + dryRun.stderr);
    const once = await controller.play(role({ broker_packages: packages }));
    assert.equal(once.code, 0, once.stdout + once.stderr);
    const [machine] = fleet.machines as [FleetMachine];
    assert.equal((await stateOf(machine)).individualThreshold, 2);
    assert.match(
      (await fleet.runOn(machine, 'dpkg', ['--status', 'tpmtbs'])).stdout,
      /^Status: install ok installed$/m,
    );
    const { stdout: configuration } = await fleet.runOn(machine, 'cat', ['/etc/tpmtbs/tbsd.json']);
    assert.match(configuration, /"eventActionsUser": "tpmtbs-actions"/);
    const again = await controller.play(role({ broker_packages: packages }));
    for (const { name } of fleet.machines) assert.equal(again.recap[name]?.changed, 0, again.stdout);
  });
});

/** The newest packages in dist for this machine, in the order of installation; undefined if there are none. */
function newestPackages(): readonly string[] | undefined {
  const folder = join(REPOSITORY, 'dist');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const changedAt = (file: string): number => statSync(file).mtimeMs;
  const ending = process.arch === 'arm64' ? '_arm64.deb' : '_amd64.deb';
  const newest = ['tpmtbs-node_', 'tpmtbs_'].map((start) =>
    names
      .filter((name) => name.startsWith(start) && name.endsWith(ending))
      .map((name) => join(folder, name))
      .sort((left, right) => changedAt(left) - changedAt(right))
      .at(-1),
  );
  return newest.every((file) => file !== undefined) ? newest : undefined;
}

async function stateOf(machine: FleetMachine) {
  const client = await RpcClient.connect(machine.rpcSocket);
  try {
    const { settings } = await client.call<{ settings: { name: string; value: unknown }[] }>('policy/get');
    const value = (name: string): unknown => settings.find((each) => each.name === name)?.value;
    const { commands } = await client.call<{ commands: ListedCommand[] }>('commandBlock/list');
    const { level } = await client.call<{ level: number }>('authLevel/get');
    return {
      individualThreshold: value('standardUserAuthorizationFailureIndividualThreshold'),
      totalThreshold: value('standardUserAuthorizationFailureTotalThreshold'),
      blocked: commands.filter(isBlockedLocally).map(({ name }) => name),
      level,
    };
  } finally {
    client.close();
  }
}

async function refreshPolicy(machine: FleetMachine): Promise<void> {
  const client = await RpcClient.connect(machine.rpcSocket);
  await client.call('policy/refresh');
  client.close();
}

interface ListedCommand {
  readonly name: string;
  readonly verdicts: readonly { readonly statements: readonly { readonly list: string; readonly effect: string }[] }[];
}

function isBlockedLocally({ verdicts }: ListedCommand): boolean {
  return verdicts.some(({ statements }) =>
    statements.some(({ list, effect }) => list === 'local' && effect === 'blocks'),
  );
}
