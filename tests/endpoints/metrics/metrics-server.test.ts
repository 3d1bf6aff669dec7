import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { MetricsServer } from '../../../ts-core/endpoints/metrics/metrics-server.js';
import { ALICE, BOB, ROOT } from '../../support/callers.js';

const OBSERVER: Caller = { ...BOB, isObserver: true };

async function serving(caller: Caller | Error, text: () => Promise<string> = async () => 'tbs_tpm_up 1\n') {
  let identified = 0;
  const refused: unknown[] = [];
  const server = new MetricsServer({
    metrics: { contentType: 'text/plain; version=0.0.4', text },
    access: {
      kind: 'localUsers',
      identify: async () => {
        identified++;
        if (caller instanceof Error) throw caller;
        return caller;
      },
    },
    onRefused: (reason) => void refused.push(reason),
  });
  const url = await server.listen('127.0.0.1', 0);
  return {
    server,
    url,
    refused,
    identified: () => identified,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

describe('the metrics server', () => {
  it('serves administrators and observers', async () => {
    for (const caller of [ROOT, OBSERVER]) {
      await using rig = await serving(caller);
      const response = await fetch(rig.url);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4');
      assert.equal(await response.text(), 'tbs_tpm_up 1\n');
    }
  });

  it('refuses other users, and callers that cannot be identified, before the broker is asked', async () => {
    for (const caller of [ALICE, new Error('the peer is gone')]) {
      await using rig = await serving(caller, () => assert.fail('the broker was asked'));
      const response = await fetch(rig.url);
      assert.equal(response.status, 403);
      assert.doesNotMatch(await response.text(), /tbs_/);
      assert.equal(rig.refused.length, 1);
    }
  });

  it('answers nothing but GET and HEAD of /metrics', async () => {
    await using rig = await serving(ROOT);
    const statusOf = async (path: string, method: string) =>
      (await fetch(new URL(path, rig.url), { method, ...(method === 'POST' ? { body: 'x' } : {}) })).status;
    assert.deepEqual(
      [
        await statusOf('/metrics?x=1', 'GET'),
        await statusOf('/metrics', 'HEAD'),
        await statusOf('/metrics', 'POST'),
        await statusOf('/', 'GET'),
        await statusOf('/metrics/..', 'GET'),
      ],
      [200, 200, 405, 404, 404],
    );
  });

  it('asks the broker once for all requests that arrive together, and again for later ones', async () => {
    let asked = 0;
    let say: (text: string) => void = () => undefined;
    const text = () => {
      asked++;
      return new Promise<string>((resolve) => (say = resolve));
    };
    await using rig = await serving(ROOT, text);
    const together = [fetch(rig.url), fetch(rig.url)];
    while (rig.identified() < 2) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    say('one\n');
    assert.deepEqual(await Promise.all(together.map(async (response) => (await response).text())), ['one\n', 'one\n']);
    assert.equal(asked, 1);
    const later = fetch(rig.url);
    while (asked < 2) await new Promise((resolve) => setImmediate(resolve));
    say('two\n');
    assert.equal(await (await later).text(), 'two\n');
  });

  it('answers that it failed, without saying how, and recovers', async () => {
    let fails = true;
    await using rig = await serving(ROOT, async () => {
      if (fails) throw new Error('ENOSPC /var/lib/tpmtbs');
      return 'fine\n';
    });
    const failed = await fetch(rig.url);
    assert.equal(failed.status, 500);
    assert.doesNotMatch(await failed.text(), /ENOSPC/);
    assert.match(String(rig.refused[0]), /ENOSPC/);
    fails = false;
    assert.equal((await fetch(rig.url)).status, 200);
  });

  it('bounds its connections', async () => {
    await using rig = await serving(ROOT);
    const { port, hostname } = new URL(rig.url);
    const sockets = Array.from({ length: 20 }, () => connect(Number(port), hostname));
    const closed = new Set<Socket>();
    await new Promise<void>((resolve) => {
      for (const socket of sockets) {
        socket.on('error', () => undefined);
        socket.once('close', () => {
          if (closed.add(socket).size === 4) resolve();
        });
      }
    });
    // The server has accepted the other connections: it serves one of them.
    const first = sockets.find((socket) => !closed.has(socket)) as Socket;
    first.write('GET / HTTP/1.0\r\n\r\n');
    await new Promise((resolve) => first.once('data', resolve));
    assert.equal(closed.size, 4);
    for (const socket of sockets) socket.destroy();
  });

  it('closes the connections that are open', async () => {
    const rig = await serving(ROOT);
    await (await fetch(rig.url)).text();
    await rig.server.close();
    await assert.rejects(fetch(rig.url));
  });
});
