/**
 * Runs every attack of bench:hostile for a moment against the real daemon: the broker's memory and logs stay within
 * limits, it serves others, and nothing remains. The bench, on an idle machine, measures how long others wait.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { PROBES, type Sockets } from '../../bench/hostile/probes.js';
import { startAttack } from '../../bench/hostile/working-user.js';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { canBecomeOthers } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { longLog } from '../support/event-log-writer.js';
import { SHIPPED_ENVIRONMENT } from '../support/programs.js';
import type { RpcClient } from '../support/rpc-client.js';
import { GET_RANDOM_20 } from '../support/tpm20-commands.js';

const ATTACKER_UID = 61_301;
const MEBIBYTE = 1024 * 1024;
/** The most that one attack may add to the memory of the broker. */
const MOST_MEMORY = 64 * MEBIBYTE;
/** The most that all attacks together may add, one after the other: the runtime returns memory late. */
const MOST_MEMORY_OF_ALL = 192 * MEBIBYTE;
/** The most bytes that one attack may add to the audit log and the log together. */
const MOST_WRITTEN = 50_000;
const ROUNDS = 8;

interface Status {
  readonly contexts: number;
  readonly queue: { readonly waiting: number };
}

describe('an attack of a standard user', function () {
  this.timeout(60_000);
  let folder: string;
  let daemon: TestDaemon;
  let sockets: Sockets;
  let root: RpcClient;
  let contextId: number;
  let idleBytes: number;

  before(async function () {
    if (!canBecomeOthers()) this.skip();
    folder = await mkdtemp(join(tmpdir(), 'hostile-'));
    await chmod(folder, 0o777);
    const address = (name: string): string => `unix:${join(folder, name)}`;
    const simulator = {
      mssim: { command: address('m'), platform: address('m.ctrl') },
      swtpm: { data: address('s'), control: address('s.ctrl') },
      bare: address('b'),
    };
    const eventLogPath = join(folder, 'log');
    await writeFile(eventLogPath, longLog());
    daemon = await TestDaemon.start({
      configuration: { simulator, audit: { path: join(folder, 'audit.jsonl') }, platform: { eventLogPath } },
      env: SHIPPED_ENVIRONMENT,
    });
    sockets = {
      rpc: daemon.rpcSocket,
      wire: daemon.wireSocket,
      mssim: join(folder, 'm'),
      mssimPlatform: join(folder, 'm.ctrl'),
      swtpmControl: join(folder, 's.ctrl'),
      bare: join(folder, 'b'),
    };
    root = await daemon.connect();
    contextId = await root.open();
    idleBytes = daemon.residentBytes;
  });
  after(async () => {
    root?.close();
    await daemon?.[Symbol.asyncDispose]();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  for (const { name } of PROBES) {
    it(`(${name}) costs bounded memory and log space, and leaves nothing behind`, async () => {
      const writtenBefore = writtenBytes();
      const residentBefore = daemon.residentBytes;
      const attacker = await startAttack(ATTACKER_UID, [name], sockets);
      let peak = 0;
      for (let round = 0; round < ROUNDS; round++) {
        await wait(100);
        assert.equal(responseCodeOf(await root.submit(contextId, GET_RANDOM_20)), 0);
        peak = Math.max(peak, daemon.residentBytes - residentBefore);
      }
      attacker.kill('SIGKILL');
      await once(attacker, 'exit');
      await untilIdle();
      assert.ok(peak < MOST_MEMORY, `memory grew by ${Math.round(peak / MEBIBYTE)} MiB`);
      assert.ok(daemon.residentBytes - idleBytes < MOST_MEMORY_OF_ALL, 'memory grows from attack to attack');
      assert.ok(writtenBytes() - writtenBefore < MOST_WRITTEN, `${writtenBytes() - writtenBefore} bytes were logged`);
    });
  }

  /** Waits until the attacker's contexts and commands have ended: a simulator's end a little after its connection. */
  async function untilIdle(): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const { contexts, queue } = await root.call<Status>('status/get');
      if (contexts === 1 && queue.waiting === 0) return;
      await wait(50);
    }
    assert.fail('contexts or commands of the attacker are left');
  }

  function writtenBytes(): number {
    const paths = [daemon.logPath, join(folder, 'audit.jsonl')];
    return paths.reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
  }
});
