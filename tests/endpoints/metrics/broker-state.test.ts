import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import { collectBrokerState } from '../../../ts-core/endpoints/metrics/broker-state.js';
import { metricsRig, OBSERVER, VERDICTS } from './metrics-rig.js';

function setUp() {
  const rig = metricsRig();
  const registry = new Registry();
  const collect = collectBrokerState(registry, rig.application, OBSERVER);
  /** Scrapes again, and returns the samples of a metric without its name. */
  const samples = async (name: string) => {
    await collect();
    const lines = (await registry.metrics()).split('\n');
    return lines.filter((line) => new RegExp(`^${name}[{ ]`).test(line)).map((line) => line.slice(name.length).trim());
  };
  return { ...rig, samples };
}

describe('the state that metrics show', () => {
  it('is queried with the rights of the observer, at each scrape', async () => {
    const { samples, asked } = setUp();
    await samples('tbs_contexts');
    const once = asked.length;
    assert.ok(once > 0 && asked.every((caller) => caller === OBSERVER));
    assert.deepEqual([await samples('tbs_contexts'), asked.length], [['3'], 2 * once]);
  });

  it('says which TPM it is and whether it responds', async () => {
    const { samples, figures } = setUp();
    const labels = 'version="2.0",manufacturer="IBM",firmware="8217.4131",transport="device /dev/tpm0"';
    assert.deepEqual(await samples('tbs_tpm_info'), [`{${labels}} 1`]);
    for (const [state, up] of [
      ['works', '1'],
      ['degraded', '1'],
      ['down', '0'],
    ] as const) {
      figures.health.state = state;
      assert.deepEqual(await samples('tbs_tpm_up'), [up]);
      const states = await samples('tbs_health');
      assert.deepEqual(
        states.filter((sample) => sample.endsWith(' 1')),
        [`{state="${state}"} 1`],
      );
      assert.equal(states.length, 3);
    }
  });

  it('has a series for each warning, as long as it exists', async () => {
    const { samples, figures } = setUp();
    figures.health.warnings = [{ id: 'tpmLockedOut' }, { id: 'abrmdRuns' }];
    assert.deepEqual(await samples('tbs_warning'), ['{id="tpmLockedOut"} 1', '{id="abrmdRuns"} 1']);
    figures.health.warnings = [{ id: 'abrmdRuns' }];
    assert.deepEqual(await samples('tbs_warning'), ['{id="abrmdRuns"} 1']);
  });

  it('has the TPM’s own lockout', async () => {
    const { samples, figures } = setUp();
    figures.tpmLockout = { inLockout: true, failedTries: 5, maxTries: 32 };
    assert.deepEqual(
      await Promise.all(['tbs_tpm_locked_out', 'tbs_tpm_failed_tries', 'tbs_tpm_max_failed_tries'].map(samples)),
      [['1'], ['5'], ['32']],
    );
  });

  it('sums the queue by priority, over all users', async () => {
    const { samples, figures } = setUp();
    figures.queue = [
      { userKey: 'uid:1000', priority: 'normal', count: 2 },
      { userKey: 'uid:1001', priority: 'normal', count: 3 },
      { userKey: 'uid:1001', priority: 'high', count: 1 },
    ];
    const waiting = await samples('tbs_queue_waiting');
    assert.ok(waiting.includes('{priority="normal"} 5') && waiting.includes('{priority="high"} 1'), `${waiting}`);
    assert.deepEqual([await samples('tbs_queue_users'), await samples('tbs_queue_wait_seconds')], [['2'], ['1.5']]);
    figures.queue = [];
    assert.ok((await samples('tbs_queue_waiting')).every((sample) => sample.endsWith(' 0')));
  });

  it('counts resources by kind and by whether they are in the TPM', async () => {
    const { samples, figures } = setUp();
    const resident = { kind: 'transient', resident: true };
    figures.resources = [resident, resident, { kind: 'transient', resident: false }];
    const counts = ['{kind="transient",resident="true"} 2', '{kind="transient",resident="false"} 1'];
    assert.deepEqual(await samples('tbs_resources'), counts);
    assert.deepEqual(await samples('tbs_resources'), counts, 'a second scrape adds nothing');
    figures.resources = [];
    assert.deepEqual(await samples('tbs_resources'), []);
  });

  it('names the twenty users with the most failures, and no others, however many there are', async () => {
    const { samples, figures } = setUp();
    const verdict = (locked: boolean) => (locked ? VERDICTS.CLOSED : VERDICTS.OPEN);
    figures.users = Array.from({ length: 1000 }, (_, index) => ({
      ...{
        userKey: `uid:${1000 + index}`,
        failures: index === 0 ? 5000 : index,
        verdict: verdict(index === 0 || index > 997),
      },
    }));
    const series = await samples('tbs_lockout_user_failures');
    assert.equal(series.length, 20);
    assert.equal(series[0], '{user="alice",locked="true"} 5000');
    assert.equal(series.at(-1), '{user="uid:1981",locked="false"} 981');
    assert.deepEqual(await samples('tbs_lockout_users'), ['3']);
    assert.deepEqual([await samples('tbs_lockout_failures'), await samples('tbs_lockout_all')], [['42'], ['1']]);
    figures.users = [];
    assert.deepEqual(await samples('tbs_lockout_user_failures'), []);
  });

  it('has a digest of policy that differs where settings or lists do, and nowhere else', async () => {
    const { samples, figures } = setUp();
    const digestOf = async (settings: object) => {
      figures.settings = settings;
      const [sample, ...others] = await samples('tbs_policy_info');
      assert.deepEqual(others, []);
      return sample;
    };
    const first = await digestOf({ maxContexts: 5, blocked: new Set([1, 2]) });
    assert.equal(await digestOf({ maxContexts: 5, blocked: new Set([1, 2]) }), first);
    assert.notEqual(await digestOf({ maxContexts: 6, blocked: new Set([1, 2]) }), first);
    assert.notEqual(await digestOf({ maxContexts: 5, blocked: new Set([1]) }), first);
    assert.deepEqual([await samples('tbs_policy_revision'), await samples('tbs_policy_problems')], [['7'], ['2']]);
  });

  it('says whether the owner authorization is backed up, and since when', async () => {
    const { samples, figures } = setUp();
    const time = 'tbs_owner_auth_backup_success_time_seconds';
    assert.deepEqual([await samples('tbs_owner_auth_backup_pending'), await samples(time)], [['0'], ['0']]);
    figures.backup = { pending: true, lastSuccess: { time: '1970-01-01T00:01:40.000Z' } };
    assert.deepEqual([await samples('tbs_owner_auth_backup_pending'), await samples(time)], [['1'], ['100']]);
  });

  it('counts lost audit lines up, never down', async () => {
    const { samples, figures } = setUp();
    const lost: unknown[] = [];
    for (const total of [2, 5, 5, 3, 6]) {
      figures.lostAuditLines = total;
      lost.push(...(await samples('tbs_audit_lost_lines_total')));
    }
    assert.deepEqual(lost, ['2', '5', '5', '5', '8']);
  });

  it('has the start of the broker, and figures of its process', async () => {
    const { samples } = setUp();
    assert.deepEqual(await samples('process_start_time_seconds'), ['5']);
    for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total']) {
      assert.ok(Number((await samples(name))[0]) > 0, name);
    }
  });
});
