/**
 * Tests cancelling and deadlines with real software TPMs: embedded, a separate swtpm, and a device that cannot
 * cancel.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { TBS_RESULTS } from '../../ts-core/domain/tbs-error.js';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { TRANSIENT_FIRST } from '../../ts-core/domain/tpm20/codes.js';
import { Operation } from '../../ts-core/endpoints/wire/frame.js';
import { fields } from '../endpoints/wire/wire-client.js';
import { TestDaemon } from '../support/daemon.js';
import { NODE, TBS } from '../support/programs.js';
import { type RpcClient, RpcFailure } from '../support/rpc-client.js';
import { startSwtpm } from '../support/swtpm.js';
import { startTerminalTpm } from '../support/terminal-tpm.js';
import { createPrimaryRsa, GET_RANDOM_20, listHandles } from '../support/tpm20-commands.js';
import { WireClient } from '../support/wire-client.js';

const CANCELED = TBS_RESULTS.TBS_E_COMMAND_CANCELED.code;

interface QueueStatus {
  readonly cancellation: string;
  readonly queue: { readonly waiting: number; readonly inFlight: boolean; readonly cancelled: number };
}

/** Resolves with the symbol of the error, or with `response` and the response code. */
function outcomeOf(submission: Promise<Buffer>): Promise<string> {
  return submission.then(
    (response) => `response 0x${responseCodeOf(response).toString(16)}`,
    (error: unknown) => (error instanceof RpcFailure ? error.data.symbol : String(error)),
  );
}

async function heldResources(client: RpcClient): Promise<number> {
  return (await client.call<{ resources: unknown[] }>('resource/list')).resources.length;
}

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < 20_000; waitedMs += 10) {
    if (await condition()) return;
    await wait(10);
  }
  assert.fail(`timed out after 20 s: ${what}`);
}

/** Starts a key generation on an idle TPM, and returns the promise of its outcome. */
async function startKeyGeneration(
  client: RpcClient,
  contextId: number,
  seed: number,
): Promise<{ outcome: Promise<string> }> {
  const outcome = outcomeOf(client.submit(contextId, createPrimaryRsa(seed, 3072)));
  // Calls of one connection start in order, and an idle dispatcher sends immediately.
  await client.call('device/get');
  return { outcome };
}

const BACKENDS = [
  { name: 'embedded', configurationOf: () => undefined },
  {
    name: 'swtpm',
    configurationOf: (tpm: { dataPath: string; ctrlPath: string }) => ({
      transport: { kind: 'swtpm', swtpm: { data: `unix:${tpm.dataPath}`, control: `unix:${tpm.ctrlPath}` } },
    }),
  },
] as const;

describe('cancelling', function () {
  this.timeout(120_000);

  for (const { name, configurationOf } of BACKENDS) {
    describe(`on the ${name} transport`, () => {
      let tpm: Awaited<ReturnType<typeof startSwtpm>> | undefined;
      let daemon: TestDaemon;
      before(async () => {
        if (name === 'swtpm') tpm = await startSwtpm({ version: '2.0' });
        const configuration = tpm === undefined ? undefined : configurationOf(tpm);
        daemon = await TestDaemon.start(configuration === undefined ? {} : { configuration });
      });
      after(async () => {
        await daemon?.[Symbol.asyncDispose]();
        await tpm?.stop();
      });

      it('shows in the status how it cancels', async () => {
        const client = await daemon.connect();
        assert.equal((await client.call<QueueStatus>('status/get')).cancellation, 'controlChannel');
        client.close();
      });

      it('answers queued commands immediately, and the running one when the TPM answers it', async () => {
        const client = await daemon.connect();
        const contextId = await client.open();
        const running = outcomeOf(client.submit(contextId, createPrimaryRsa(1, 3072)));
        const waiting = Array.from({ length: 5 }, () => outcomeOf(client.submit(contextId, GET_RANDOM_20)));
        let firstEnded: string | undefined;
        void running.then(() => (firstEnded ??= 'running'));
        void Promise.all(waiting).then(() => (firstEnded ??= 'waiting'));
        await client.call('command/cancel', { contextId });
        assert.deepEqual(await Promise.all(waiting), Array(5).fill('TBS_E_COMMAND_CANCELED'));
        assert.equal(firstEnded, 'waiting', 'queued commands do not wait for the TPM');
        // swtpm reads its control channel between two commands, so usually the TPM finishes first and its response
        // arrives.
        const ended = await running;
        assert.ok(ended === 'TBS_E_COMMAND_CANCELED' || ended === 'response 0x0', ended);
        assert.equal(await heldResources(client), ended === 'response 0x0' ? 1 : 0, 'a key exists only after success');
        const next = await client.submit(contextId, GET_RANDOM_20);
        assert.equal(responseCodeOf(next), 0, 'a late cancel does not affect the next command');
        client.close();
        await emptied(daemon);
      });

      it('never affects another command, whenever the cancel arrives', async () => {
        const client = await daemon.connect();
        const other = await daemon.connect();
        const contextId = await client.open();
        const otherContext = await other.open();
        for (let round = 0; round < 30; round++) {
          const cancelled = outcomeOf(client.submit(contextId, GET_RANDOM_20));
          const neighbours = [0, 1, 2].map(() => outcomeOf(other.submit(otherContext, GET_RANDOM_20)));
          await client.call('command/cancel', { contextId });
          assert.match(await cancelled, /^(response 0x0|TBS_E_COMMAND_CANCELED)$/);
          assert.deepEqual(await Promise.all(neighbours), Array(3).fill('response 0x0'));
        }
        client.close();
        other.close();
      });

      it('when a caller closes its connection leaves nothing in the queue or the TPM', async () => {
        const watcher = await daemon.connect();
        const client = await daemon.connect();
        const contextId = await client.open();
        const { outcome } = await startKeyGeneration(client, contextId, 2);
        for (let count = 0; count < 10; count++) void outcomeOf(client.submit(contextId, createPrimaryRsa(count)));
        client.close();
        await outcome;
        await emptied(daemon);
        watcher.close();
      });
    });
  }

  it('when a client is killed with SIGKILL cancels its running command, empties its queue and flushes what it created', async () => {
    await using daemon = await TestDaemon.start();
    const commands = [0, 1, 2, 3].map((seed) => createPrimaryRsa(seed, 3072).toString('base64'));
    const script = `
      const { connect } = require('node:net');
      const socket = connect(${JSON.stringify(daemon.rpcSocket)});
      const send = (method, params, id) => { const body = JSON.stringify({ jsonrpc: '2.0', id, method, params }); socket.write('Content-Length: ' + body.length + '\\r\\n\\r\\n' + body); };
      send('context/open', { versions: ['2.0'] }, 1);
      socket.once('data', (data) => {
        const contextId = Number(/"contextId":(\\d+)/.exec(String(data))[1]);
        ${JSON.stringify(commands)}.forEach((command, index) => send('command/submit', { contextId, command }, 2 + index));
        console.log('sent');
      });`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const client = await daemon.connect();
    await new Promise((resolve) => child.stdout.once('data', resolve));
    // The broker never starts a command that it has not read when the sender is killed, so nothing would be cancelled.
    await until(async () => {
      const { inFlight, waiting } = (await client.call<QueueStatus>('status/get')).queue;
      return inFlight && waiting > 0;
    }, 'the commands are at the broker');
    child.kill('SIGKILL');
    await emptied(daemon);
    const { queue } = await client.call<QueueStatus>('status/get');
    assert.ok(queue.cancelled >= 1, `${queue.cancelled} cancelled`);
    client.close();
  });

  it('without support by the transport answers the caller immediately, and flushes what the TPM still creates', async () => {
    await using terminal = await startTerminalTpm({ version: '2.0', startup: true });
    await using daemon = await TestDaemon.start({
      configuration: { transport: { kind: 'device', device: { paths: [terminal.devicePath] } } },
    });
    const client = await daemon.connect();
    assert.equal((await client.call<QueueStatus>('status/get')).cancellation, 'none');
    const contextId = await client.open();
    // Key generations take long enough to distinguish an immediate response from one that waited for the TPM.
    for (let seed = 0; seed < 5; seed++) {
      const { outcome } = await startKeyGeneration(client, contextId, seed);
      const askedAtMs = performance.now();
      await client.call('command/cancel', { contextId });
      assert.equal(await outcome, 'TBS_E_COMMAND_CANCELED');
      assert.ok(performance.now() - askedAtMs < 100, `answered after ${performance.now() - askedAtMs} ms`);
    }
    assert.equal(
      responseCodeOf(await client.submit(contextId, GET_RANDOM_20)),
      0,
      'the next command gets its own answer',
    );
    assert.equal(await heldResources(client), 0);
    const handles = await client.submit(contextId, LIST_TRANSIENT);
    assert.equal(handles.readUInt32BE(15), 0, 'nothing is left in the TPM');
    client.close();
  });

  it('by a deadline that passes in the queue answers immediately; a deadline that does not pass changes nothing', async () => {
    await using daemon = await TestDaemon.start();
    const client = await daemon.connect();
    const contextId = await client.open();
    const { outcome } = await startKeyGeneration(client, contextId, 7);
    const submittedAtMs = performance.now();
    const late = outcomeOf(client.submit(contextId, GET_RANDOM_20, { deadlineMs: 20 }));
    const patient = outcomeOf(client.submit(contextId, GET_RANDOM_20, { deadlineMs: 60_000 }));
    assert.equal(await late, 'TBS_E_COMMAND_CANCELED');
    assert.ok(performance.now() - submittedAtMs >= 19);
    assert.equal(await patient, 'response 0x0');
    assert.equal(await outcome, 'response 0x0');
    client.close();
  });

  it('by a deadline applies to queued commands over JSON-RPC, the wire and `tbs`', async () => {
    await using daemon = await TestDaemon.start();
    const client = await daemon.connect();
    const contextId = await client.open();
    using wire = await WireClient.open(daemon.wireSocket);
    // The broker sends nothing more to the TPM: new commands wait.
    await client.call('power/suspend');
    const took = async (answer: Promise<unknown>, expected: unknown) => {
      const startedAtMs = performance.now();
      assert.equal(await answer, expected);
      return performance.now() - startedAtMs;
    };
    const priorityLocalityDeadline = fields(200, 0, 60);
    const times = await Promise.all([
      took(outcomeOf(client.submit(contextId, GET_RANDOM_20, { deadlineMs: 60 })), 'TBS_E_COMMAND_CANCELED'),
      took(
        wire
          .call(Operation.SUBMIT, wire.contextId, Buffer.concat([priorityLocalityDeadline, GET_RANDOM_20]))
          .then(({ result }) => result),
        CANCELED,
      ),
    ]);
    for (const timeMs of times) assert.ok(timeMs >= 55 && timeMs < 2000, `${timeMs} ms`);
    const tbs = spawn(NODE, [TBS, 'submit', GET_RANDOM_20.toString('hex'), '--timeout', '0.06'], {
      env: { ...process.env, TPMTBS_SOCKET: daemon.rpcSocket },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const told = text(tbs.stderr);
    await once(tbs, 'exit');
    assert.match(await told, /TBS_E_COMMAND_CANCELED/);
    await client.call('power/resume');
    const { queue } = await client.call<QueueStatus>('status/get');
    assert.deepEqual([queue.waiting, queue.cancelled], [0, 3]);
    client.close();
  });
});

const LIST_TRANSIENT = Buffer.from(listHandles(TRANSIENT_FIRST, 254));

async function emptied(daemon: TestDaemon): Promise<void> {
  const client = await daemon.connect();
  await until(async () => {
    const { queue } = await client.call<QueueStatus>('status/get');
    return queue.waiting === 0 && (await heldResources(client)) === 0;
  }, 'queue and resources are empty');
  const handles = await client.submit(await client.open(), LIST_TRANSIENT);
  assert.equal(handles.readUInt32BE(15), 0, 'nothing is left in the TPM');
  client.close();
}
