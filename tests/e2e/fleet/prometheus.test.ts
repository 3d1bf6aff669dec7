/**
 * Tests a real Prometheus that scrapes a fleet over TLS: who is locked out where, which machines differ in policy, and
 * TPM errors by firmware.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { TPM_ORD, TPM_TAG } from '../../../ts-core/domain/tpm12/codes.js';
import { ALICE, connectAs } from '../../support/as-user.js';
import { REPOSITORY } from '../../support/daemon.js';
import { Authority } from '../../support/fleet/authority.js';
import { Fleet, type FleetMachine, fleetSize, startBroker, whyNoFleet } from '../../support/fleet/fleet.js';
import { RpcClient } from '../../support/rpc-client.js';
import { command12 } from '../../support/tpm12-commands.js';
import {
  CLEAR_20,
  createPrimaryEcc,
  GET_RANDOM_20,
  handleIn,
  SIGNING_KEY,
  signWith,
} from '../../support/tpm20-commands.js';

const PORT = 9820;
const RULES = join(REPOSITORY, 'packaging', 'prometheus', 'tpmtbs.rules.yml');
const DASHBOARD = join(REPOSITORY, 'packaging', 'grafana', 'tpmtbs.json');
/** TPM_ORD_GetRandom with a tag that TPM 1.2 does not accept there. */
const WRONG_TAG_12 = Buffer.from(command12(TPM_ORD.GetRandom, uint32(8), TPM_TAG.RQU_AUTH1_COMMAND));

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

describe('Prometheus over a fleet', function () {
  this.timeout(1_200_000);
  let fleet: Fleet;
  let locked: FleetMachine;
  let different: FleetMachine;
  let old: FleetMachine;

  before(async function () {
    const reason = whyNoFleet('swtpm', 'prometheus', 'openssl');
    if (reason !== undefined || fleetSize() < 3) {
      console.log(`    skipped: ${reason ?? 'fewer than 3 machines'}`);
      this.skip();
    }
    fleet = await Fleet.start(fleetSize());
    [locked, different] = fleet.machines as [FleetMachine, FleetMachine];
    old = fleet.machines.at(-1) as FleetMachine;
    const authority = await Authority.create(join(fleet.folder, 'authority'));
    for (const machine of fleet.machines) await startMonitored(machine, authority);
    await startPrometheus(authority);
    await makeDifferences();
  });
  after(() => fleet?.[Symbol.asyncDispose]());

  async function startMonitored(machine: FleetMachine, authority: Authority): Promise<void> {
    // The machine sees this folder under the same path.
    const certificate = await authority.issue(machine.name, machine.address, join(fleet.folder, machine.name));
    await startBroker(fleet, machine, {
      metrics: {
        listen: `tcp:0.0.0.0:${PORT}`,
        tls: { ...certificate, clientAuthorityFile: await authority.copyTo(join(fleet.folder, machine.name)) },
      },
      transport: {
        kind: 'embedded',
        embedded: { stateFolder: '/var/lib/tpmtbs/embedded-tpm', tpmVersion: machine === old ? '1.2' : '2.0' },
      },
    });
  }

  async function startPrometheus(authority: Authority): Promise<void> {
    const folder = join(fleet.folder, 'prometheus');
    await mkdir(folder, { mode: 0o700 });
    const { certificateFile, keyFile } = await authority.issue('scraper', '10.77.0.254', folder);
    const ca = await authority.copyTo(folder);
    const targets = fleet.machines.map(({ address }) => `${address}:${PORT}`);
    const job = {
      job_name: 'tpmtbs',
      scheme: 'https',
      scrape_interval: '2s',
      tls_config: { ca_file: ca, cert_file: certificateFile, key_file: keyFile },
      static_configs: [{ targets }],
    };
    const configuration = { global: { evaluation_interval: '2s' }, rule_files: [RULES], scrape_configs: [job] };
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(configuration));
    fleet.spawn('prometheus', [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--web.listen-address=127.0.0.1:9090',
    ]);
    await eventually('every machine is scraped', async () => {
      const [sample] = await ask('sum(up{job="tpmtbs"})');
      return sample?.value[1] === String(fleet.machines.length);
    });
  }

  /** Locks Alice out on one machine, gives another its own policy, and causes TPM errors and traffic. */
  async function makeDifferences(): Promise<void> {
    const root = await RpcClient.connect(different.rpcSocket);
    await root.call('policy/set', { settings: { standardUserAuthorizationFailureIndividualThreshold: 3 } });
    root.close();
    const alice = await connectAs(ALICE, locked.rpcSocket);
    const contextId = await alice.open();
    const key = handleIn(await alice.submit(contextId, createPrimaryEcc('right', SIGNING_KEY.noDa)));
    const oldRoot = await RpcClient.connect(old.rpcSocket);
    const oldContext = await oldRoot.open();
    for (let count = 0; count < 12; count++) {
      await alice.submit(contextId, signWith(key, 'wrong')).catch(() => undefined);
      await alice.submit(contextId, GET_RANDOM_20);
      await alice.submit(contextId, CLEAR_20).catch(() => undefined);
      await oldRoot.submit(oldContext, WRONG_TAG_12).catch(() => undefined);
      await wait(500);
    }
    // Both stay connected, so that Alice's key is still held.
    oldRoot.close();
  }

  /** Queries Prometheus from the controller; there are no samples while it is not listening or not ready (status 503). */
  async function ask(query: string, path = 'query'): Promise<readonly Sample[]> {
    const url = `http://127.0.0.1:9090/api/v1/${path}?query=${encodeURIComponent(query)}`;
    const script = `fetch(${JSON.stringify(url)}).then(async (r) => console.log(r.status === 503 ? '{}' : await r.text()), () => console.log('{}'))`;
    const { stdout } = await fleet.run(process.execPath, ['-e', script]);
    const answer = JSON.parse(stdout) as { status?: string; error?: string; data?: { result: readonly Sample[] } };
    assert.notEqual(answer.status, 'error', `${query}: ${answer.error}`);
    return answer.data?.result ?? [];
  }

  async function eventually(what: string, check: () => Promise<boolean>): Promise<void> {
    for (let attempt = 0; attempt < 120; attempt++) {
      if (await check()) return;
      await wait(500);
    }
    assert.fail(`never: ${what}`);
  }

  const instance = ({ address }: FleetMachine): string => `${address}:${PORT}`;

  it('shows who is locked out where, and raises the alert for that machine only', async () => {
    const query = 'tbs_lockout_user_failures{locked="true"}';
    await eventually(query, async () => (await ask(query)).length > 0);
    const [lockedOut, ...others] = await ask(query);
    assert.deepEqual(others, []);
    assert.equal(lockedOut?.metric['instance'], instance(locked));
    assert.match(lockedOut?.metric['user'] ?? '', /61001/);
    const alert = 'ALERTS{alertname="TbsUsersLockedOut", alertstate="firing"}';
    await eventually(alert, async () => (await ask(alert)).length > 0);
    assert.deepEqual(
      (await ask(alert)).map(({ metric }) => metric['instance']),
      [instance(locked)],
    );
  });

  it('shows which machines have a different policy than most', async () => {
    const query = 'tbs_policy_info unless on (digest) topk(1, count by (digest) (tbs_policy_info))';
    await eventually(query, async () => (await ask(query)).length === 1);
    assert.equal((await ask(query))[0]?.metric['instance'], instance(different));
  });

  it('returns data for every query of docs/fleet.md, but for brokers that do not answer, of which there are none', async () => {
    const page = readFileSync(join(REPOSITORY, 'docs', 'fleet.md'), 'utf8');
    const queries = [...page.matchAll(/^\| [^|]+\? \| `([^`]*(?:tbs_|up\{)[^`]*)` \|$/gm)].map(
      ([, query]) => query ?? '',
    );
    assert.equal(queries.length, 4, queries.join('\n'));
    for (const query of queries) {
      if (query.startsWith('up{')) assert.deepEqual(await ask(query), []);
      else await eventually(query, async () => (await ask(query)).length > 0);
    }
  });

  it('counts errors of TPMs by firmware', async () => {
    const query =
      'sum by (version, firmware) (tbs_commands_total{result="tpmError"} * on (instance) group_left (version, firmware) tbs_tpm_info) > 0';
    await eventually(query, async () => (await ask(query)).length > 0);
    assert.deepEqual(
      (await ask(query)).map(({ metric }) => metric['version']),
      ['1.2'],
    );
    const firmware = await ask('count by (version) (tbs_tpm_info)');
    assert.deepEqual(firmware.map(({ metric, value }) => `${metric['version']}: ${value[1]}`).sort(), [
      '1.2: 1',
      `2.0: ${fleet.machines.length - 1}`,
    ]);
  });

  it('returns data for every query of the dashboard', async () => {
    const dashboard = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as {
      panels: readonly { title: string; targets: readonly { expr: string }[] }[];
    };
    for (const { title, targets } of dashboard.panels) {
      for (const { expr } of targets) {
        const query = expr.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*');
        await eventually(`${title}: ${query}`, async () => (await ask(query)).length > 0);
      }
    }
  });

  it('gets a bounded number of samples from each machine', async () => {
    for (const { metric, value } of await ask('scrape_samples_scraped{job="tpmtbs"}')) {
      const samples = Number(value[1]);
      assert.ok(samples > 30 && samples < 1000, `${metric['instance']}: ${samples} samples`);
    }
  });
});
