/**
 * Tests traces and metrics over OTLP: what a collector receives, over which connection, and that the broker never
 * waits for it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALICE, canBecomeOthers, connectAs } from '../support/as-user.js';
import { makeCertificates } from '../support/certificates.js';
import { TestDaemon } from '../support/daemon.js';
import { attribute, OtlpCollector } from '../support/otlp-collector.js';
import { CLEAR_20, createPrimaryEcc, GET_RANDOM_20, SIGNING_KEY } from '../support/tpm20-commands.js';

describe('telemetry', function () {
  this.timeout(120_000);

  it('requires TLS for a collector beyond loopback, and refuses a password in its address', async () => {
    await assert.rejects(
      TestDaemon.start({ configuration: { telemetry: { endpoint: 'http://collector.example:4318' } } }),
      /telemetry\.endpoint: must be an https URL unless its host is a loopback address/,
    );
    await assert.rejects(
      TestDaemon.start({ configuration: { telemetry: { endpoint: 'http://user:secret@127.0.0.1:4318' } } }),
      /telemetry\.endpoint: must not contain a password/,
    );
  });

  it('traces submissions with their time in the queue and at the TPM, and the reason of a refusal', async function () {
    if (!canBecomeOthers()) return this.skip();
    await using collector = await OtlpCollector.start();
    await using daemon = await TestDaemon.start({ configuration: { telemetry: { endpoint: collector.endpoint } } });
    const alice = await connectAs(ALICE, daemon.rpcSocket);
    const contextId = await alice.open();
    await alice.submit(contextId, createPrimaryEcc('', SIGNING_KEY.noDa));
    await alice.submit(contextId, CLEAR_20).catch(() => undefined);
    alice.close();
    const [created, blocked] = await collector.until(() => {
      const roots = collector.spans.filter(({ parentSpanId }) => !parentSpanId);
      const named = ['TPM2_CreatePrimary', 'TPM2_Clear'].map((name) => roots.find((span) => span.name === name));
      return named.every((span) => span !== undefined) ? named : undefined;
    });
    assert.equal(attribute(created?.attributes ?? [], 'user.id'), `uid:${ALICE.uid}`);
    assert.equal(attribute(created?.attributes ?? [], 'tbs.result'), 'success');
    const below = collector.spans.filter(({ parentSpanId }) => parentSpanId === created?.spanId);
    assert.deepEqual(below.map(({ name }) => name).slice(0, 2), ['queue', 'TPM2_CreatePrimary']);
    assert.equal(attribute(blocked?.attributes ?? [], 'tbs.result'), 'blocked');
    assert.match(blocked?.status.message ?? '', /TPM2_Clear/);
  });

  it('sends the values of the metrics endpoint at each interval', async () => {
    await using collector = await OtlpCollector.start();
    const telemetry = { endpoint: `${collector.endpoint}/`, metricsIntervalMs: 1000 };
    await using daemon = await TestDaemon.start({ configuration: { telemetry } });
    const client = await daemon.connect();
    const contextId = await client.open();
    for (let count = 0; count < 3; count++) await client.submit(contextId, GET_RANDOM_20);
    client.close();
    await collector.until(() =>
      collector.metrics
        .filter(({ name }) => name === 'tbs_commands_total')
        .flatMap(({ sum }) => sum?.dataPoints ?? [])
        .find(({ attributes, asDouble }) => attribute(attributes, 'code') === 'TPM2_GetRandom' && asDouble === 3),
    );
    const { body, url } = collector.requests.find(({ body }) => body.resourceMetrics) ?? assert.fail();
    assert.equal(url, '/v1/metrics');
    const resource = body.resourceMetrics?.[0]?.resource.attributes ?? [];
    assert.equal(attribute(resource, 'service.name'), 'tpmtbs');
    for (const name of ['tbs_tpm_up', 'tbs_command_duration_seconds', 'process_resident_memory_bytes'])
      assert.ok(
        collector.metrics.some((metric) => metric.name === name),
        name,
      );
  });

  it('sends its certificate and headers to the collector, and trusts only the configured authority', async function () {
    if (spawnSync('openssl', ['version']).status !== 0) return this.skip();
    const work = mkdtempSync(join(tmpdir(), 'telemetry-tls-'));
    chmodSync(work, 0o700);
    const file = (name: string): string => join(work, name);
    try {
      makeCertificates(work);
      const read = (name: string): Buffer => readFileSync(file(name));
      const ca = read('ca.pem');
      const requires = { ca, requestCert: true, rejectUnauthorized: true };
      await using collector = await OtlpCollector.start({
        cert: read('broker.pem'),
        key: read('broker.key'),
        ...requires,
      });
      writeFileSync(file('headers'), '# for the collector\nAuthorization: Bearer s3cret\n', { mode: 0o600 });
      const settings = (authority: string) => ({
        endpoint: collector.endpoint,
        headersFile: file('headers'),
        metricsIntervalMs: 1000,
        tls: {
          authorityFile: file(authority),
          certificateFile: file('scraper.pem'),
          keyFile: file('scraper.key'),
        },
      });
      {
        await using _daemon = await TestDaemon.start({ configuration: { telemetry: settings('ca.pem') } });
        const { headers } = await collector.until(() => collector.requests[0]);
        assert.equal(headers.authorization, 'Bearer s3cret');
      }
      const before = collector.requests.length;
      await using daemon = await TestDaemon.start({ configuration: { telemetry: settings('stranger.pem') } });
      assert.equal(await daemon.stop(), 0);
      const log = readFileSync(daemon.logPath, 'utf8');
      assert.match(log, /cannot send traces or metrics to the collector/);
      assert.equal(collector.requests.length, before);
      assert.doesNotMatch(log, /s3cret/);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });

  it('refuses a file of headers that is malformed or that others may write, without printing it', async () => {
    const work = mkdtempSync(join(tmpdir(), 'telemetry-headers-'));
    chmodSync(work, 0o700);
    try {
      const headersFile = join(work, 'headers');
      const telemetry = { endpoint: 'http://127.0.0.1:4318', headersFile };
      for (const [text, mode, reason] of [
        ['Authorization Bearer s3cret', 0o600, /Line 1 of .*headers.* is not `Name: value`/],
        ['Authorization: s3cret', 0o666, /telemetry\.headersFile/],
      ] as const) {
        writeFileSync(headersFile, text);
        chmodSync(headersFile, mode);
        const failure = await TestDaemon.start({ configuration: { telemetry } }).then(
          () => assert.fail('started'),
          (error: unknown) => String(error),
        );
        assert.match(failure, reason);
        assert.doesNotMatch(failure, /s3cret/);
      }
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });

  it('delays neither commands nor the stop of the broker if the collector never answers', async () => {
    const sockets = new Set<{ destroy(): void }>();
    const silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    assert.ok(typeof address === 'object' && address !== null);
    const telemetry = {
      endpoint: `http://127.0.0.1:${address.port}`,
      metricsIntervalMs: 1000,
      tracesPerSecond: 10_000,
    };
    try {
      await using daemon = await TestDaemon.start({ configuration: { telemetry } });
      const client = await daemon.connect();
      const contextId = await client.open();
      for (let count = 0; count < 2000; count++) await client.submit(contextId, GET_RANDOM_20);
      const { queue } = await client.call<{ queue: { completed: number } }>('status/get');
      assert.ok(queue.completed >= 2000);
      client.close();
      assert.equal(await daemon.stop(), 0);
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });
});
