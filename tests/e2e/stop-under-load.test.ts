/**
 * Stops brokers while their clients work: nothing is written once the stores and the log are closed. The daemons run
 * in the test's own process, where a write after the end would be an uncaught error; one real process that follows
 * logind shows the exit code.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type RunningDaemon, startDaemon } from '../../ts-core/daemon/compose.js';
import { loadConfiguration } from '../../ts-core/daemon/configuration.js';
import { TestDaemon } from '../support/daemon.js';
import { FakeLogind, PrivateBus } from '../support/fake-logind.js';
import { RpcClient } from '../support/rpc-client.js';
import { type Swtpm, startSwtpm } from '../support/swtpm.js';
import { createSigner, handleIn, sign, startAuthSession } from '../support/tpm20-commands.js';

const STOPS = 100;
/** Number of brokers that run at the same time. */
const TOGETHER = 10;
const CLIENTS = 3;
/** Longer than any pause after which the broker writes the same data again. */
const LONGER_THAN_ANY_PAUSE_MS = 500;

const uid = process.getuid?.() ?? 0;

class DaemonInProcess {
  readonly #tpm: Swtpm;
  readonly #running: RunningDaemon;

  private constructor(
    readonly folder: string,
    tpm: Swtpm,
    running: RunningDaemon,
  ) {
    this.#tpm = tpm;
    this.#running = running;
  }

  /**
   * Starts a daemon on a TPM that somebody else runs. Closing it takes no time, so a write that comes too late meets
   * closed stores.
   */
  static async start(folder: string, logindAddress: string): Promise<DaemonInProcess> {
    const tpm = await startSwtpm({ version: '2.0' });
    await mkdir(join(folder, 'policy.d'), { recursive: true });
    const file = join(folder, 'tbsd.json');
    const content = {
      stateFolder: join(folder, 'state'),
      sockets: { rpc: join(folder, 'rpc.sock'), wire: join(folder, 'wire.sock') },
      transport: { kind: 'swtpm', swtpm: { data: `unix:${tpm.dataPath}`, control: `unix:${tpm.ctrlPath}` } },
      policy: { folder: join(folder, 'policy.d') },
      audit: { path: join(folder, 'audit.jsonl') },
      log: { path: join(folder, 'tbsd.log') },
      power: { systemBusAddress: logindAddress },
    };
    await writeFile(file, JSON.stringify(content), { mode: 0o600 });
    const configuration = loadConfiguration({ path: file, env: {}, uid });
    const identity = { version: '0.0.0', processId: process.pid, uid, env: {} };
    return new DaemonInProcess(folder, tpm, await startDaemon(configuration, identity, () => configuration));
  }

  get rpcSocket(): string {
    return join(this.folder, 'rpc.sock');
  }

  stop(): Promise<void> {
    return this.#running.stop(5000);
  }

  async remove(): Promise<void> {
    await this.#tpm.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async faultsInLog(): Promise<string[]> {
    const lines = (await readFile(join(this.folder, 'tbsd.log'), 'utf8')).split('\n');
    return lines.filter((line) => /[Cc]annot (?:close|read|store|use the TPM|accept|start)/.test(line));
  }
}

/** Starts sessions and signs until the broker closes the connection; resolves with the number of answered commands. */
async function workUntilClosed(rpcSocket: string, holding: () => void): Promise<number> {
  const client = await RpcClient.connect(rpcSocket);
  let answered = 0;
  try {
    const context = await client.open();
    const key = handleIn(await client.submit(context, createSigner()));
    for (;;) {
      await client.submit(context, startAuthSession());
      await client.submit(context, sign(key));
      answered += 2;
      holding();
    }
  } catch {
    return answered;
  } finally {
    client.close();
  }
}

describe('a broker that is stopped under load', function () {
  this.timeout(300_000);
  let folder: string;
  let bus: PrivateBus;
  let logind: FakeLogind;
  const lateErrors: string[] = [];
  // mocha does not fail a test for the rejection of a promise that nobody waits for.
  const onLateError = (error: unknown) => void lateErrors.push(String(error));

  before(async () => {
    process.on('unhandledRejection', onLateError);
    folder = await mkdtemp(join(tmpdir(), 'tbsd-stop-'));
    bus = await PrivateBus.start();
    logind = await FakeLogind.start(bus);
  });
  after(async () => {
    process.off('unhandledRejection', onLateError);
    await logind?.[Symbol.asyncDispose]();
    await bus?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  async function stopOne(place: string): Promise<DaemonInProcess> {
    const daemon = await DaemonInProcess.start(place, bus.address);
    const work: Promise<number>[] = [];
    await Promise.all(
      Array.from(
        { length: CLIENTS },
        () => new Promise<void>((resolve) => work.push(workUntilClosed(daemon.rpcSocket, resolve))),
      ),
    );
    await daemon.stop();
    for (const answered of await Promise.all(work)) assert.ok(answered > 0);
    return daemon;
  }

  it(`writes nothing after its end, ${STOPS} times`, async () => {
    for (let round = 0; round < STOPS / TOGETHER; round++) {
      const places = Array.from({ length: TOGETHER }, (_, index) => join(folder, `${round}-${index}`));
      const stopped = await Promise.all(places.map(stopOne));
      await wait(LONGER_THAN_ANY_PAUSE_MS);
      assert.deepEqual(lateErrors, []);
      for (const daemon of stopped) {
        assert.deepEqual(await daemon.faultsInLog(), []);
        await daemon.remove();
      }
    }
  });

  it('ends with exit code 0 and prints nothing on standard error', async () => {
    await using daemon = await TestDaemon.start({
      configuration: { power: { logind: true, systemBusAddress: bus.address }, log: { path: null } },
    });
    let work = Promise.resolve(0);
    await new Promise<void>((resolve) => {
      work = workUntilClosed(daemon.rpcSocket, resolve);
    });
    assert.equal(await daemon.stop(), 0);
    assert.doesNotMatch(
      daemon.errorOutput,
      /SonicBoom|[Cc]annot (?:close|read|store|use the TPM|accept|start)| at .*\.js:/,
    );
    assert.ok((await work) > 0);
  });
});
