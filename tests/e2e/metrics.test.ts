/** Tests the metrics endpoint: who may scrape it, what it counts, and whether a real Prometheus accepts it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { TPMA_CC } from '../../ts-core/domain/tpm20/codes.js';
import { ALICE, BOB, canBecomeOthers, connectAs } from '../support/as-user.js';
import { makeCertificates } from '../support/certificates.js';
import { REPOSITORY, TestDaemon } from '../support/daemon.js';
import { freePort } from '../support/free-port.js';
import { run } from '../support/run-program.js';
import {
  CLEAR_20,
  command,
  createPrimaryEcc,
  GET_RANDOM_20,
  handleIn,
  SIGNING_KEY,
  signWith,
} from '../support/tpm20-commands.js';

const ON_LOOPBACK = { listen: 'tcp:127.0.0.1:0' };
const PROMETHEUS_FILES = join(REPOSITORY, 'packaging', 'prometheus');
const DASHBOARD = join(REPOSITORY, 'packaging', 'grafana', 'tpmtbs.json');

async function metricsAddress(daemon: TestDaemon): Promise<string> {
  const client = await daemon.connect();
  const { endpoints } = await client.call<{ endpoints: { kind: string; address: string }[] }>('status/get');
  client.close();
  return endpoints.find(({ kind }) => kind === 'metrics')?.address ?? assert.fail('no metrics endpoint');
}

function isInstalled(program: string, ask = '--version'): boolean {
  return spawnSync(program, [ask]).status === 0;
}

describe('metrics', function () {
  this.timeout(120_000);

  it('are served only if configured, and beyond loopback only with TLS', async () => {
    await using daemon = await TestDaemon.start();
    const client = await daemon.connect();
    const { endpoints } = await client.call<{ endpoints: { kind: string }[] }>('status/get');
    client.close();
    assert.deepEqual(
      endpoints.map(({ kind }) => kind).filter((kind) => kind === 'metrics'),
      [],
    );
    await assert.rejects(
      TestDaemon.start({ configuration: { metrics: { listen: 'tcp:0.0.0.0:0' } } }),
      /metrics\.tls: is needed where metrics\.listen is not a loopback address/,
    );
  });

  describe('on loopback', () => {
    let daemon: TestDaemon;
    let address: string;

    before(async function () {
      if (!canBecomeOthers()) this.skip();
      daemon = await TestDaemon.start({
        configuration: { metrics: ON_LOOPBACK, observerUsers: [BOB.uid] },
        policy: { '10-lockout.json': { standardUserAuthorizationFailureIndividualThreshold: 2 } },
      });
      address = await metricsAddress(daemon);
    });
    after(() => daemon?.[Symbol.asyncDispose]());

    /** Scrapes from a process of another user; resolves with the HTTP status and the text. */
    async function scrapeAs(uid: number): Promise<{ status: string; text: string }> {
      const script = `fetch(${JSON.stringify(address)}).then(async (r) => console.log(r.status + '\\n' + await r.text()))`;
      const ids = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
      const child = await run('setpriv', [
        ...ids,
        '--',
        'sh',
        '-c',
        'cd / && exec "$@"',
        'sh',
        process.execPath,
        '-e',
        script,
      ]);
      const [status = '', ...lines] = child.stdout.split('\n');
      return { status, text: lines.join('\n') };
    }

    const scrape = async (): Promise<string> => (await fetch(address)).text();

    it('are returned to administrators and observers, and refused to other users, whom the kernel identifies', async () => {
      assert.equal((await scrapeAs(0)).status, '200');
      assert.equal((await scrapeAs(BOB.uid)).status, '200');
      const refused = await scrapeAs(ALICE.uid);
      assert.equal(refused.status, '403');
      assert.match(refused.text, /^A standard user may not call metrics\./);
      assert.doesNotMatch(refused.text, /tbs_/);
      assert.equal((await fetch(address.replace('/metrics', '/'))).status, 404);
      assert.equal((await fetch(address, { method: 'POST' })).status, 405);
    });

    it('count commands by name, class and result, and measure those that the TPM executed', async () => {
      const alice = await connectAs(ALICE, daemon.rpcSocket);
      const contextId = await alice.open();
      for (let count = 0; count < 3; count++) await alice.submit(contextId, GET_RANDOM_20);
      await alice.submit(contextId, CLEAR_20).catch(() => undefined);
      await alice.submit(contextId, Buffer.from(command(TPMA_CC.VENDOR + 0x123, []))).catch(() => undefined);
      await alice.submit(contextId, createPrimaryEcc('', SIGNING_KEY.noDa));
      const text = await scrape();
      for (const line of [
        'tbs_commands_total{code="TPM2_GetRandom",class="standardUser",result="success"} 3',
        'tbs_commands_total{code="TPM2_Clear",class="standardUser",result="blocked"} 1',
        'tbs_commands_total{code="other",class="standardUser",result="blocked"} 1',
        'tbs_command_duration_seconds_count{code="TPM2_GetRandom"} 3',
        'tbs_resources{kind="transient",resident="true"} 1',
        'tbs_tpm_up 1',
        'tbs_health{state="works"} 1',
        'tbs_lockout_users 0',
        'tbs_queue_waiting{priority="normal"} 0',
      ]) {
        assert.ok(text.includes(`${line}\n`), `${line}\n\n${text}`);
      }
      alice.close();
    });

    it('have no more series after a caller has sent every code', async () => {
      const before = (await scrape()).split('\n').length;
      const alice = await connectAs(ALICE, daemon.rpcSocket);
      const contextId = await alice.open();
      for (let code = 0; code < 300; code++) {
        await alice.submit(contextId, Buffer.from(command(TPMA_CC.VENDOR + code, []))).catch(() => undefined);
      }
      alice.close();
      assert.ok((await scrape()).split('\n').length < before + 10);
    });

    it('have names in Prometheus’ format, all of which are in docs/metrics.md', async function () {
      const text = await scrape();
      const page = readFileSync(join(REPOSITORY, 'docs', 'metrics.md'), 'utf8');
      const names = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name as string);
      assert.ok(names.length > 25, `${names.length} metrics`);
      assert.deepEqual(
        names.filter((name) => !page.includes(`\`${name}`)),
        [],
      );
      if (!isInstalled('promtool')) return this.skip();
      const check = await run('promtool', ['check', 'metrics'], { input: text });
      assert.deepEqual([check.code, check.stdout, check.stderr], [0, '', '']);
    });

    it('can be scraped by a real Prometheus, where every query of the dashboard returns data', async function () {
      if (!isInstalled('prometheus')) return this.skip();
      const work = mkdtempSync(join(tmpdir(), 'prometheus-'));
      const port = await freePort();
      const target = new URL(address).host;
      const jobs = `[{ job_name: tpmtbs, scrape_interval: 1s, static_configs: [{ targets: ['${target}'] }] }]`;
      const rules = join(PROMETHEUS_FILES, 'tpmtbs.rules.yml');
      writeFileSync(join(work, 'prometheus.yml'), `rule_files: ['${rules}']\nscrape_configs: ${jobs}\n`);
      const prometheus = spawn(
        'prometheus',
        [
          `--config.file=${join(work, 'prometheus.yml')}`,
          `--storage.tsdb.path=${join(work, 'data')}`,
          `--web.listen-address=127.0.0.1:${port}`,
        ],
        { stdio: 'ignore' },
      );
      try {
        await fillWithTraffic(daemon);
        const dashboard = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as Dashboard;
        const queries = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
        assert.ok(queries.length > 15);
        for (const { title, expr } of queries) {
          const query = expr.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*');
          await eventually(`${title}: ${query}`, async () => (await ask(port, query)).length > 0);
        }
        const locked = await ask(port, 'tbs_lockout_user_failures{locked="true"}');
        assert.equal(locked.length, 1, JSON.stringify(locked));
      } finally {
        await ended(prometheus);
        rmSync(work, { recursive: true, force: true });
      }
    });
  });

  it('are served over TLS only to clients with a certificate', async function () {
    if (!isInstalled('openssl', 'version')) return this.skip();
    const work = mkdtempSync(join(tmpdir(), 'metrics-tls-'));
    chmodSync(work, 0o700);
    try {
      const file = (name: string): string => join(work, name);
      makeCertificates(work);
      const tls = {
        certificateFile: file('broker.pem'),
        keyFile: file('broker.key'),
        clientAuthorityFile: file('ca.pem'),
      };
      await using daemon = await TestDaemon.start({ configuration: { metrics: { listen: 'tcp:0.0.0.0:0', tls } } });
      const { port } = new URL(await metricsAddress(daemon));
      const ca = readFileSync(file('ca.pem'));
      const options = { host: '127.0.0.1', port, path: '/metrics', ca, servername: 'localhost' };
      const with_ = (name: string) => ({
        cert: readFileSync(file(`${name}.pem`)),
        key: readFileSync(file(`${name}.key`)),
      });
      assert.match(await httpsGet({ ...options, ...with_('scraper') }), /tbs_tpm_up 1/);
      await assert.rejects(httpsGet(options));
      await assert.rejects(httpsGet({ ...options, ...with_('stranger') }));
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });

  it('have alert rules that promtool accepts, in every case of their test', async function () {
    if (!isInstalled('promtool')) return this.skip();
    const result = await run('promtool', ['test', 'rules', join(PROMETHEUS_FILES, 'tpmtbs.rules.test.yml')]);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    const rules = readFileSync(join(PROMETHEUS_FILES, 'tpmtbs.rules.yml'), 'utf8');
    const tests = readFileSync(join(PROMETHEUS_FILES, 'tpmtbs.rules.test.yml'), 'utf8');
    for (const [, name] of rules.matchAll(/alert: (\w+)/g)) assert.match(tests, new RegExp(`alertname: ${name}\\n`));
  });
});

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

/** Has a user hold a key, guess until the lockout begins, and send allowed and blocked commands for some seconds. */
async function fillWithTraffic(daemon: TestDaemon): Promise<void> {
  const alice = await connectAs(ALICE, daemon.rpcSocket);
  const contextId = await alice.open();
  const key = handleIn(await alice.submit(contextId, createPrimaryEcc('right', SIGNING_KEY.noDa)));
  for (let count = 0; count < 12; count++) {
    await alice.submit(contextId, signWith(key, 'wrong')).catch(() => undefined);
    await alice.submit(contextId, GET_RANDOM_20);
    await alice.submit(contextId, CLEAR_20).catch(() => undefined);
    await wait(300);
  }
}

async function ask(port: number, query: string): Promise<unknown[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`);
  // Prometheus listens before its storage is ready, and answers "Service Unavailable" until then.
  if (answer.status === 503) return [];
  const { status, error, data } = (await answer.json()) as { status: string; error?: string; data: { result: [] } };
  assert.equal(status, 'success', `${query}: ${error}`);
  return data.result;
}

/** Waits until the check succeeds, since the test does not control when Prometheus starts and scrapes. */
async function eventually(what: string, check: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt++) {
    if (await check().catch((error: unknown) => rethrowUnlessRefused(error))) return;
    await wait(500);
  }
  assert.fail(`never: ${what}`);
}

function rethrowUnlessRefused(error: unknown): boolean {
  if (error instanceof TypeError) return false;
  throw error;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

function httpsGet(options: RequestOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ ...options, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve(text)).on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}
