/** Tests a broker that is killed, a full disk, clients that vanish, and many clients at once. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { TPM_CC } from '../../ts-core/domain/tpm20/codes.js';
import { TestDaemon } from '../support/daemon.js';
import { NODE, TBSD } from '../support/programs.js';
import { type RpcClient, RpcFailure } from '../support/rpc-client.js';
import { startSwtpm } from '../support/swtpm.js';
import { createPrimaryEcc, GET_RANDOM_20, SIGNING_KEY, startAuthSession } from '../support/tpm20-commands.js';

interface ListedCommand {
  readonly code: number;
  readonly verdicts: readonly { readonly callerClass: string; readonly decidingList: string | null }[];
}

async function locallyBlocked(client: RpcClient): Promise<number[]> {
  const { commands } = await client.call<{ commands: ListedCommand[] }>('commandBlock/list', {});
  return commands.filter(({ verdicts }) => verdicts[0]?.decidingList === 'local').map(({ code }) => code);
}

describe('the broker after crashes and faults', function () {
  this.timeout(120_000);

  it('has every acknowledged change after SIGKILL during changes', async () => {
    await using daemon = await TestDaemon.start();
    const acknowledged: number[] = [];
    for (let round = 0; round < 5; round++) {
      const client = await daemon.connect();
      const known = (await client.call<{ commands: ListedCommand[] }>('commandBlock/list', {})).commands;
      const allowed = known.filter(
        ({ code, verdicts }) => verdicts[0]?.decidingList === 'default' && code !== TPM_CC.GetCapability,
      );
      const changes = allowed.slice(0, 20).map(async ({ code }) => {
        await client.call('commandBlock/add', { commands: [code] });
        acknowledged.push(code);
      });
      // Kill it as soon as a few changes are acknowledged, while the others are in progress.
      await enough(changes, 1 + round);
      await daemon.kill('SIGKILL');
      await Promise.allSettled(changes);
      await daemon.run();
      const again = await daemon.connect();
      const blocked = await locallyBlocked(again);
      for (const code of acknowledged) assert.ok(blocked.includes(code), `0x${code.toString(16)} was acknowledged`);
      again.close();
    }
    assert.ok(acknowledged.length >= 15, `${acknowledged.length} changes were acknowledged`);
  });

  it('refuses a change on a full disk, continues, and keeps the earlier data', async function () {
    const folder = mkdtempSync(join(tmpdir(), 'tbsd-full-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=700', 'tmpfs', folder]);
    // Mounting a small file system needs root.
    if (mounted.status !== 0) {
      rmSync(folder, { recursive: true });
      this.skip();
    }
    try {
      await using daemon = await TestDaemon.start({
        configuration: { stateFolder: join(folder, 'state'), audit: { path: join(folder, 'audit.jsonl') } },
      });
      const client = await daemon.connect();
      await client.call('commandBlock/add', { commands: ['TPM2_Hash'] });
      fill(join(folder, 'ballast'));
      const acknowledged = [TPM_CC.Hash, ...(await blockUntilRefused(client))];
      assert.equal(responseCodeOf(await client.submit(await client.open(), GET_RANDOM_20)), 0, 'commands still work');
      assert.deepEqual(await locallyBlocked(client), acknowledged);
      rmSync(join(folder, 'ballast'));
      await client.call('commandBlock/add', { commands: ['TPM2_HMAC'] });
      await daemon.kill('SIGKILL');
      await daemon.run();
      const again = await daemon.connect();
      assert.deepEqual(await locallyBlocked(again), [TPM_CC.HMAC, ...acknowledged]);
      again.close();
    } finally {
      spawnSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    }
  });

  it('flushes everything of a client killed with SIGKILL, three keys and two sessions', async () => {
    await using daemon = await TestDaemon.start();
    const key = createPrimaryEcc('x', SIGNING_KEY.noDa);
    const session = Buffer.from(startAuthSession('hmac'));
    const commands = [key, session, key, session, key].map((command) => command.toString('base64'));
    const script = `
      const { connect } = require('node:net');
      const socket = connect(${JSON.stringify(daemon.rpcSocket)});
      const send = (method, params, id) => { const body = JSON.stringify({ jsonrpc: '2.0', id, method, params }); socket.write('Content-Length: ' + body.length + '\\r\\n\\r\\n' + body); };
      send('context/open', { versions: ['2.0'] }, 1);
      let text = '';
      let created = 0;
      socket.on('data', (data) => {
        text += data;
        const id = /"contextId":(\\d+)/.exec(text);
        if (id && created === 0) for (const command of ${JSON.stringify(commands)}) send('command/submit', { contextId: Number(id[1]), command }, 2 + created++);
        if ((text.match(/"responseCode":0/g) ?? []).length === 5) console.log('ready');
      });`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const client = await daemon.connect();
    const held = async () => (await client.call<{ resources: unknown[] }>('resource/list')).resources.length;
    assert.equal(await held(), 5);
    child.kill('SIGKILL');
    for (let attempt = 0; attempt < 250 && (await held()) > 0; attempt++) await wait(20);
    assert.equal(await held(), 0);
    client.close();
  });

  it('starts after SIGKILL while its keys fill the slots of the TPM, and frees them', async () => {
    const tpm = await startSwtpm({ version: '2.0' });
    try {
      const swtpm = { data: `unix:${tpm.dataPath}`, control: `unix:${tpm.ctrlPath}` };
      await using daemon = await TestDaemon.start({ configuration: { transport: { kind: 'swtpm', swtpm } } });
      const client = await daemon.connect();
      const context = await client.open();
      for (const name of ['a', 'b', 'c']) await client.submit(context, createPrimaryEcc(name, SIGNING_KEY.noDa));
      // The handles are stored at most every 200 ms.
      await wait(500);
      await daemon.kill('SIGKILL');
      await daemon.run();
      const next = await daemon.connect();
      const response = await next.submit(await next.open(), createPrimaryEcc('d', SIGNING_KEY.noDa));
      assert.equal(responseCodeOf(response), 0);
      next.close();
    } finally {
      await tpm.stop();
    }
  });

  it('serves 16 clients at once, each with its own responses', async () => {
    await using daemon = await TestDaemon.start();
    const clients = await Promise.all(Array.from({ length: 16 }, () => daemon.connect()));
    await Promise.all(
      clients.map(async (client, index) => {
        const contextId = await client.open();
        const length = 4 + index;
        const command = Buffer.from(GET_RANDOM_20);
        command.writeUInt16BE(length, 10);
        for (let count = 0; count < 50; count++) {
          const response = await client.submit(contextId, command);
          assert.equal(response.length, 12 + length);
        }
        client.close();
      }),
    );
  });

  it('continues when its software TPM is killed: the TPM is started again, and contexts survive', async () => {
    await using daemon = await TestDaemon.start();
    const client = await daemon.connect();
    const contextId = await client.open();
    assert.equal(responseCodeOf(await client.submit(contextId, createPrimaryEcc('x', SIGNING_KEY.noDa))), 0);
    const swtpm = spawnSync('pgrep', ['-P', String(daemon.processId), 'swtpm'], { encoding: 'utf8' }).stdout.trim();
    assert.match(swtpm, /^\d+$/);
    process.kill(Number(swtpm), 'SIGKILL');
    let answer: Buffer | undefined;
    for (let attempt = 0; attempt < 250 && answer === undefined; attempt++) {
      answer = await client.submit(contextId, GET_RANDOM_20).catch(() => undefined);
      if (answer === undefined) await wait(20);
    }
    assert.equal(responseCodeOf(answer as Buffer), 0);
    assert.equal((await client.call<{ resources: unknown[] }>('resource/list')).resources.length, 0);
    assert.equal(responseCodeOf(await client.submit(contextId, createPrimaryEcc('x', SIGNING_KEY.noDa))), 0);
    client.close();
  });

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`stops properly on ${signal}`, async () => {
      await using daemon = await TestDaemon.start();
      assert.equal(await daemon.kill(signal), 0);
      assert.match(readFileSync(daemon.logPath, 'utf8'), /"msg":"stopping"\}\n$/);
    });
  }

  it('refuses to share its folder or its socket with a second broker, and takes over those of a dead one', async () => {
    await using daemon = await TestDaemon.start();
    const second = spawnSync(NODE, [TBSD, '--config', join(daemon.folder, 'tbsd.json')], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.equal(second.status, 73);
    assert.match(second.stderr, /^tbsd: .*Another broker is using the state folder/);
    const client = await daemon.connect();
    assert.equal(responseCodeOf(await client.submit(await client.open(), GET_RANDOM_20)), 0);
    client.close();
    await daemon.kill('SIGKILL');
    await daemon.run();
  });
});

/** Resolves when this many changes are done. */
function enough(changes: readonly Promise<unknown>[], count: number): Promise<void> {
  let done = 0;
  return new Promise((resolve) => {
    for (const change of changes) {
      change.then(
        () => {
          done++;
          if (done === count) resolve();
        },
        () => undefined,
      );
    }
  });
}

/**
 * Blocks vendor commands until the broker refuses a change. It blocks many at a time, since the store reuses the room
 * that it freed and a small change may still fit.
 */
async function blockUntilRefused(client: RpcClient): Promise<number[]> {
  const acknowledged: number[] = [];
  for (let first = 0x2000_0000; first < 0x2000_4000; first += 512) {
    const commands = Array.from({ length: 512 }, (_, index) => first + index);
    const refused = await client.call('commandBlock/add', { commands }).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refused !== undefined) {
      assert.ok(refused instanceof RpcFailure, String(refused));
      return acknowledged;
    }
    acknowledged.push(...commands);
  }
  throw new Error('no change was refused');
}

function fill(path: string): void {
  try {
    writeFileSync(path, Buffer.alloc(8 * 1024 * 1024));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  }
}
