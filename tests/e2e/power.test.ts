/**
 * Tests suspend and resume with a logind on a private bus and real software TPMs that lose their power in between,
 * with keys and sessions in use before and after.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { openOiap } from '../../ts-core/domain/tpm12/authorization-sessions.js';
import { TPM_KEY_USAGE, TPM_KH } from '../../ts-core/domain/tpm12/codes.js';
import { createWrapKey, loadKey2 } from '../../ts-core/domain/tpm12/sealed-data.js';
import { keyTemplate } from '../../ts-core/domain/tpm12/structures.js';
import { TestDaemon } from '../support/daemon.js';
import { FakeLogind, PrivateBus } from '../support/fake-logind.js';
import { type RpcClient, RpcFailure } from '../support/rpc-client.js';
import { type Swtpm, startSwtpm } from '../support/swtpm.js';
import { crypto, provision, run, SRK_SECRET, secret, sign as sign12 } from '../support/tpm12-client.js';
import { GET_RANDOM_12 } from '../support/tpm12-commands.js';
import {
  blobIn,
  contextLoad,
  contextSave,
  createPrimaryRsa,
  createSigner,
  GET_RANDOM_20,
  handleIn,
  policyGetDigest,
  sign,
  startAuthSession,
} from '../support/tpm20-commands.js';

async function stateOf(client: RpcClient): Promise<string> {
  return (await client.call<{ state: string }>('status/get')).state;
}

async function untilState(client: RpcClient, state: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 10) {
    if ((await stateOf(client)) === state) return;
    await wait(10);
  }
  assert.fail(`the broker is not ${state}`);
}

/** Turns the TPM off and on: kills the embedded TPM's process, after which the broker starts another. */
async function killEmbeddedTpm(daemon: TestDaemon): Promise<void> {
  const swtpm = spawnSync('pgrep', ['-P', String(daemon.processId), 'swtpm'], { encoding: 'utf8' }).stdout.trim();
  assert.match(swtpm, /^\d+$/);
  process.kill(Number(swtpm), 'SIGKILL');
}

function swtpmConfiguration(tpm: Swtpm): Record<string, unknown> {
  return { kind: 'swtpm', swtpm: { data: `unix:${tpm.dataPath}`, control: `unix:${tpm.ctrlPath}` } };
}

describe('suspend and resume', function () {
  this.timeout(120_000);
  let bus: PrivateBus;
  let logind: FakeLogind;

  before(async () => {
    bus = await PrivateBus.start();
    logind = await FakeLogind.start(bus);
  });
  after(async () => {
    await logind?.[Symbol.asyncDispose]();
    await bus?.[Symbol.asyncDispose]();
  });

  /** Starts a broker that follows this test's logind; resolves once it holds its lock. */
  async function startFollowing(
    configuration: Record<string, unknown> = {},
    options: { tpmVersion?: '1.2' | '2.0'; power?: object } = {},
  ): Promise<TestDaemon> {
    const power = { logind: true, systemBusAddress: bus.address, ...options.power };
    const daemon = await TestDaemon.start({
      tpmVersion: options.tpmVersion ?? '2.0',
      configuration: { ...configuration, power },
      policy: { '10-lists.json': { ignoreDefaultList: true } },
    });
    await logind.line(/^lock sleep delay tbsd$/);
    return daemon;
  }

  async function sleep(): Promise<{ waitedMs: number; stillHeld: number }> {
    const slept = await logind.sleep();
    assert.equal(slept.stillHeld, 0, `the lock was still held after ${slept.waitedMs} ms`);
    return slept;
  }

  /** Wakes the machine; resolves once the broker holds the lock for the next sleep. */
  async function wake(): Promise<void> {
    await logind.wake();
    await logind.line(/^lock sleep delay tbsd$/);
  }

  async function keepsTpm20(daemon: TestDaemon, powerCycle: () => Promise<void>): Promise<void> {
    const client = await daemon.connect();
    const contextId = await client.open();
    const submit = (command: Uint8Array) => client.submit(contextId, command);
    const keys: number[] = [];
    for (let count = 0; count < 5; count++) keys.push(handleIn(await submit(createSigner({ hierarchy: 'owner' }))));
    const session = handleIn(await submit(startAuthSession('policy')));
    const digest = await submit(policyGetDigest(session));
    const saved = handleIn(await submit(startAuthSession('hmac')));
    const blob = blobIn(await submit(contextSave(saved)));
    const objectBlob = blobIn(await submit(contextSave(keys[0] as number)));
    for (let round = 0; round < 2; round++) {
      await sleep();
      assert.equal(await stateOf(client), 'suspended');
      const waiting = submit(GET_RANDOM_20);
      await powerCycle();
      assert.equal(await Promise.race([waiting.then(() => 'answered'), wait(200, 'waits')]), 'waits');
      await wake();
      assert.equal(responseCodeOf(await waiting), 0, 'the command submitted meanwhile is executed');
      for (const key of keys) assert.equal(responseCodeOf(await submit(sign(key))), 0);
      assert.deepEqual(await submit(policyGetDigest(session)), digest);
    }
    assert.equal(handleIn(await submit(contextLoad(blob))), saved, 'a session that the caller had saved');
    assert.equal(responseCodeOf(await submit(sign(handleIn(await submit(contextLoad(objectBlob)))))), 0);
    client.close();
  }

  async function keepsTpm12(daemon: TestDaemon, powerCycle: () => Promise<void>): Promise<void> {
    const client = await daemon.connect();
    const contextId = await client.open();
    const transmit = (command: Uint8Array): Promise<Uint8Array> => client.submit(contextId, command);
    await provision(transmit);
    const srk = { handle: TPM_KH.SRK, secret: SRK_SECRET };
    const template = keyTemplate({ usage: TPM_KEY_USAGE.SIGNING, needsAuthorization: true });
    const secrets = { usageSecret: secret('key'), migrationSecret: secret('key') };
    const blob = await run(createWrapKey(crypto, srk, { template, ...secrets }), transmit);
    const key = await run(loadKey2(crypto, srk, blob), transmit);
    for (let round = 0; round < 2; round++) {
      const session = await run(openOiap(crypto), transmit);
      await run(sign12(session, key, secret('key'), true), transmit);
      await sleep();
      const waiting = transmit(GET_RANDOM_12);
      await powerCycle();
      await wake();
      assert.equal(responseCodeOf(await waiting), 0);
      await run(sign12(session, key, secret('key')), transmit);
    }
    client.close();
  }

  for (const [version, keeps] of [
    ['2.0', keepsTpm20],
    ['1.2', keepsTpm12],
  ] as const) {
    it(`keeps keys and sessions of an embedded TPM ${version} that loses its power`, async () => {
      await using daemon = await startFollowing({}, { tpmVersion: version });
      await keeps(daemon, () => killEmbeddedTpm(daemon));
    });

    it(`keeps keys and sessions of a swtpm (TPM ${version}) that is killed and restarted`, async () => {
      await using tpm = await startSwtpm({ version });
      await using daemon = await startFollowing({ transport: swtpmConfiguration(tpm) });
      await keeps(daemon, () => tpm.restart());
    });

    it(`keeps keys and sessions of a TPM ${version} that never lost its power`, async () => {
      await using daemon = await startFollowing({}, { tpmVersion: version });
      await keeps(daemon, async () => {});
    });
  }

  it('waits for short commands, and sends no more', async () => {
    await using daemon = await startFollowing();
    const client = await daemon.connect();
    const contextId = await client.open();
    const flood = Array.from({ length: 60 }, () => client.submit(contextId, GET_RANDOM_20));
    await sleep();
    const { queue } = await client.call<{ queue: { waiting: number; inFlight: boolean } }>('status/get');
    assert.equal(queue.inFlight, false);
    await wake();
    for (const response of await Promise.all(flood)) assert.equal(responseCodeOf(response), 0);
    client.close();
  });

  it('does not wait for a long command beyond the time limit, and flushes what it creates', async () => {
    await using daemon = await startFollowing({}, { power: { suspendTimeoutMs: 50 } });
    const client = await daemon.connect();
    const contextId = await client.open();
    // Among several key generations, one or another takes longer than 50 ms.
    const keys = [1, 2, 3, 4, 5, 6].map((seed) =>
      client.submit(contextId, createPrimaryRsa(seed, 3072)).then(
        (response) => `response ${responseCodeOf(response)}`,
        (error: unknown) => (error instanceof RpcFailure ? error.data.symbol : String(error)),
      ),
    );
    await client.call('device/get');
    const { waitedMs } = await sleep();
    assert.ok(waitedMs < 1000, `${waitedMs} ms`);
    assert.match(await (keys[0] as Promise<string>), /^(TBS_E_COMMAND_CANCELED|response 0)$/);
    await wake();
    for (const outcome of await Promise.all(keys)) assert.match(outcome, /^(TBS_E_COMMAND_CANCELED|response \d+)$/);
    client.close();
  });

  it('finishes in time if the TPM hangs, reports it, and continues afterwards', async () => {
    await using tpm = await startSwtpm({ version: '2.0' });
    await using daemon = await startFollowing(
      { transport: swtpmConfiguration(tpm), timeouts: { commandMs: 3000 } },
      { power: { suspendTimeoutMs: 500 } },
    );
    const client = await daemon.connect();
    const contextId = await client.open();
    process.kill(tpm.pid, 'SIGSTOP');
    const hanging = client.submit(contextId, GET_RANDOM_20).catch((error: unknown) => error);
    await client.call('device/get');
    const { waitedMs } = await sleep();
    assert.ok(waitedMs >= 450 && waitedMs < 2000, `${waitedMs} ms`);
    process.kill(tpm.pid, 'SIGCONT');
    await wake();
    await hanging;
    assert.equal(responseCodeOf(await client.submit(contextId, GET_RANDOM_20)), 0);
    assert.ok((await daemon.auditLines()).some(({ message }) => /Suspended without the TPM/.test(String(message))));
    client.close();
  });

  it('works the same with an administrator’s power/suspend and power/resume', async () => {
    await using daemon = await TestDaemon.start();
    const client = await daemon.connect();
    const contextId = await client.open();
    const key = handleIn(await client.submit(contextId, createSigner({ hierarchy: 'owner' })));
    await client.call('power/suspend');
    assert.equal(await stateOf(client), 'suspended');
    await killEmbeddedTpm(daemon);
    await client.call('power/resume');
    assert.equal(await stateOf(client), 'running');
    assert.equal(responseCodeOf(await client.submit(contextId, sign(key))), 0);
    client.close();
  });

  it('starts a TPM from scratch that lost its state while asleep: contexts stay open, but empty', async () => {
    await using daemon = await TestDaemon.start();
    const client = await daemon.connect();
    const contextId = await client.open();
    const key = handleIn(await client.submit(contextId, createSigner({ hierarchy: 'owner' })));
    await killEmbeddedTpm(daemon);
    await client.call('power/suspend').catch(() => undefined);
    await client.call('power/resume');
    assert.equal(responseCodeOf(await client.submit(contextId, GET_RANDOM_20)), 0);
    assert.notEqual(responseCodeOf(await client.submit(contextId, sign(key))), 0);
    client.close();
  });

  it('ignores PrepareForSleep from any sender except logind', async () => {
    await using daemon = await startFollowing();
    const client = await daemon.connect();
    // One broadcast by another sender, and one signal sent directly to every connection of the bus.
    const names = spawnSync(
      'dbus-send',
      [`--bus=${bus.address}`, '--print-reply', '--dest=org.freedesktop.DBus', '/', 'org.freedesktop.DBus.ListNames'],
      { encoding: 'utf8' },
    );
    const unique = [...names.stdout.matchAll(/"(:[\d.]+)"/g)].map(([, name]) => `--dest=${name}`);
    assert.ok(unique.length >= 2, names.stderr);
    for (const destination of [[], ...unique.map((name) => [name])]) {
      const sent = spawnSync('dbus-send', [
        ...[`--bus=${bus.address}`, '--type=signal', ...destination],
        ...['/org/freedesktop/login1', 'org.freedesktop.login1.Manager.PrepareForSleep', 'boolean:true'],
      ]);
      assert.equal(sent.status, 0);
    }
    await wait(200);
    assert.equal(await stateOf(client), 'running');
    assert.match(await readFile(daemon.logPath, 'utf8'), /not logind.s was ignored/);
    client.close();
  });

  it('lets the machine sleep immediately if the broker is killed', async () => {
    await using daemon = await startFollowing();
    await daemon.kill('SIGKILL');
    const { waitedMs, stillHeld } = await logind.sleep();
    assert.equal(stillHeld, 0);
    assert.ok(waitedMs < 1000, `${waitedMs} ms`);
    await logind.wake();
  });

  it('starts without a system bus, follows it once there is one, and connects again after a restart of the bus', async () => {
    await using ownBus = await PrivateBus.start();
    await ownBus.kill();
    await using daemon = await TestDaemon.start({
      configuration: { power: { logind: true, systemBusAddress: ownBus.address } },
    });
    const client = await daemon.connect();
    const absences = async () => (await readFile(daemon.logPath, 'utf8')).match(/no system bus/g)?.length;
    const untilAbsences = async (wanted: number) => {
      for (let waitedMs = 0; waitedMs < 2000 && (await absences()) !== wanted; waitedMs += 20) await wait(20);
    };
    assert.equal(await stateOf(client), 'running');
    // The broker serves callers before it connects to logind.
    await untilAbsences(1);
    for (let round = 0; round < 2; round++) {
      await ownBus.run();
      {
        await using ownLogind = await FakeLogind.start(ownBus);
        await ownLogind.line(/^lock sleep delay tbsd$/);
        await ownLogind.sleep();
        await untilState(client, 'suspended');
        await ownLogind.wake();
        await untilState(client, 'running');
      }
      await ownBus.kill();
    }
    await untilAbsences(3);
    assert.equal(await absences(), 3, 'each absence is logged once');
    client.close();
  });
});
