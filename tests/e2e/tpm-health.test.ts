/**
 * Tests the status while the TPM works, is lost and returns, and the TPM's own lockout, with real TPMs that are
 * killed and unplugged.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { TPM_RH } from '../../ts-core/domain/tpm20/codes.js';
import type { Status } from '../../ts-core/endpoints/rpc/protocol/status.js';
import { TestDaemon } from '../support/daemon.js';
import { NODE, TBS } from '../support/programs.js';
import type { RpcClient } from '../support/rpc-client.js';
import { type Swtpm, startSwtpm } from '../support/swtpm.js';
import { startTerminalTpm } from '../support/terminal-tpm.js';
import {
  createPrimaryEcc,
  dictionaryAttackParameters,
  GET_RANDOM_20,
  handleIn,
  hierarchyChangeAuth,
  readPublic,
  SIGNING_KEY,
  signWith,
} from '../support/tpm20-commands.js';

const FAST_STATUS = 100;
const LONGEST_MS = 15_000;

async function until(client: RpcClient, health: Status['health']): Promise<Status> {
  for (let waitedMs = 0; ; waitedMs += FAST_STATUS) {
    const status = await client.call<Status>('status/get');
    if (status.health === health) return status;
    if (waitedMs > LONGEST_MS) assert.fail(`the broker is ${status.health}, not ${health}`);
    await wait(FAST_STATUS);
  }
}

function tbsStatus(daemon: TestDaemon): { status: number | null; stdout: string } {
  return spawnSync(NODE, [TBS, 'status'], {
    encoding: 'utf8',
    timeout: 30_000,
    env: { ...process.env, TPMTBS_SOCKET: daemon.rpcSocket },
  });
}

async function kindsOfEvents(daemon: TestDaemon): Promise<unknown[]> {
  const kinds = (await daemon.auditLines()).map(({ kind }) => kind);
  return kinds.filter((kind) => ['tpmLost', 'tpmReturned', 'tpmReset'].includes(String(kind)));
}

function onSwtpm(tpm: Swtpm) {
  return { transport: { kind: 'swtpm', swtpm: { data: `unix:${tpm.dataPath}`, control: `unix:${tpm.ctrlPath}` } } };
}

function onDevice(path: string) {
  return { transport: { kind: 'device', device: { paths: [path] } } };
}

describe('the health of the broker with a real TPM', function () {
  this.timeout(120_000);

  it('is shown by tbs status and its exit code: works, degraded, down, and then works again', async () => {
    await using tpm = await startSwtpm({ version: '2.0' });
    await using daemon = await TestDaemon.start({ configuration: onSwtpm(tpm) });
    const client = await daemon.connect();

    // The broker does not change the limit of a TPM that somebody else runs: three tries, below the policy's threshold.
    const degraded = tbsStatus(daemon);
    assert.match(degraded.stdout, /^Health\tdegraded, since \S+Z$/m);
    assert.match(degraded.stdout, /^Warning tpmLocksBeforePolicy: .*\(since \S+Z\)$/m);
    assert.equal(degraded.status, 3);

    await client.submit(await client.open(), dictionaryAttackParameters(32));
    assert.equal(tbsStatus(daemon).status, 0);

    await tpm.kill();
    const { healthSince, warnings } = await until(client, 'down');
    assert.equal(warnings[0]?.id, 'tpmLost');
    assert.ok(Date.parse(healthSince) <= Date.now());
    const down = tbsStatus(daemon);
    assert.match(down.stdout, /^Health\tdown, since \S+Z$/m);
    assert.match(down.stdout, /^Warning tpmLost: Cannot use the TPM \(swtpm .*\): /m);
    assert.equal(down.status, 4);

    await tpm.start();
    await until(client, 'works');
    assert.deepEqual(await kindsOfEvents(daemon), ['tpmLost', 'tpmReturned', 'tpmReset']);
    assert.equal(responseCodeOf(await client.submit(await client.open(), GET_RANDOM_20)), 0);
    client.close();
  });

  it('follows a device that disappears and returns, while nobody sends a command', async () => {
    await using terminal = await startTerminalTpm({ version: '2.0' });
    await using daemon = await TestDaemon.start({ configuration: onDevice(terminal.devicePath) });
    const client = await daemon.connect();
    const context = await client.open();
    const key = await client.submit(context, createPrimaryEcc('', SIGNING_KEY.noDa));
    await client.submit(context, dictionaryAttackParameters(32));

    await terminal.unplug();
    for (let waitedMs = 0; (await kindsOfEvents(daemon)).length === 0; waitedMs += FAST_STATUS) {
      assert.ok(waitedMs < LONGEST_MS, 'the loss is noticed');
      await wait(FAST_STATUS);
    }
    assert.equal((await until(client, 'down')).warnings[0]?.id, 'tpmLost');

    await terminal.plugIn();
    for (let waitedMs = 0; (await kindsOfEvents(daemon)).length < 2; waitedMs += FAST_STATUS) {
      assert.ok(waitedMs < LONGEST_MS, 'the return is noticed');
      await wait(FAST_STATUS);
    }
    assert.deepEqual(await kindsOfEvents(daemon), ['tpmLost', 'tpmReturned']);
    // The TPM was not reset: the caller's key is still there.
    assert.equal(responseCodeOf(await client.submit(context, Buffer.from(readPublic(handleIn(key))))), 0);
    client.close();
  });
});

describe("the TPM's own lockout", function () {
  this.timeout(60_000);

  it('shows each disorderly stop as a failed try; the limit of the broker’s own TPM is above the policy’s thresholds', async () => {
    await using daemon = await TestDaemon.start();
    const client = await daemon.connect();
    const first = await client.call<Status>('status/get');
    assert.deepEqual(first.tpmLockout, {
      lockedOut: false,
      failedTries: 0,
      maxTries: 32,
      recoverySeconds: 1000,
      lockoutRecoverySeconds: 1000,
    });
    assert.equal(first.health, 'works');
    client.close();

    await useProtectedKey(daemon);
    await daemon.kill('SIGKILL');
    await daemon.run();
    const again = await daemon.connect();
    assert.equal((await again.call<Status>('status/get')).tpmLockout?.failedTries, 1);
    assert.match(tbsStatus(daemon).stdout, /^TPM's lockout\t1 of 32 failed tries, it forgets one every 1000 s$/m);
    again.close();
  });

  it('stays above the policy’s total threshold when that changes', async () => {
    await using daemon = await TestDaemon.start({
      policy: { '10.json': { standardUserAuthorizationFailureTotalThreshold: 40 } },
    });
    const client = await daemon.connect();
    assert.equal((await client.call<Status>('status/get')).tpmLockout?.maxTries, 41);
    await client.call('policy/set', { settings: { standardUserAuthorizationFailureTotalThreshold: 50 } });
    for (let waitedMs = 0; ; waitedMs += FAST_STATUS) {
      if ((await client.call<Status>('status/get')).tpmLockout?.maxTries === 51) break;
      assert.ok(waitedMs < LONGEST_MS, 'the limit follows the policy');
      await wait(FAST_STATUS);
    }
    client.close();
  });

  it('is not changed if the lockout authorization is set, or in somebody else’s TPM', async () => {
    await using daemon = await TestDaemon.start();
    const client = await daemon.connect();
    const context = await client.open();
    await client.submit(context, dictionaryAttackParameters(5));
    const owned = hierarchyChangeAuth(TPM_RH.LOCKOUT, 'secret');
    assert.equal(responseCodeOf(await client.submit(context, owned)), 0);
    client.close();
    await daemon.stop();
    await daemon.run();
    const again = await daemon.connect();
    const status = await again.call<Status>('status/get');
    assert.equal(status.tpmLockout?.maxTries, 5);
    assert.ok(status.warnings.some(({ id }) => id === 'tpmLocksBeforePolicy'));
    again.close();
  });
});

/** Uses a key that the TPM protects against guesses, so that the TPM counts a disorderly shutdown. */
async function useProtectedKey(daemon: TestDaemon): Promise<void> {
  const client = await daemon.connect();
  const context = await client.open();
  const key = handleIn(await client.submit(context, createPrimaryEcc('right', SIGNING_KEY.underDa)));
  assert.equal(responseCodeOf(await client.submit(context, signWith(key, 'right'))), 0);
  client.close();
}
