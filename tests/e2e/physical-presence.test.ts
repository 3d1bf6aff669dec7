/** Tests the physical presence interface through the daemon, on a copy of the kernel's folder. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TBS_RESULTS } from '../../ts-core/domain/tbs-error.js';
import type { PhysicalPresence } from '../../ts-core/endpoints/rpc/protocol/physical-presence.js';
import { ALICE, canBecomeOthers } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { A_BOOT, cryptoAgileLog } from '../support/event-log-writer.js';
import { writePhysicalPresenceTree } from '../support/physical-presence-tree.js';
import { type RpcClient, RpcFailure } from '../support/rpc-client.js';
import { WireClient } from '../support/wire-client.js';

describe('physical presence', function () {
  this.timeout(60_000);
  let root: string;
  let folder: string;
  let logPath: string;
  let daemon: TestDaemon;
  let client: RpcClient;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'tbs-ppi-'));
    folder = join(root, 'ppi');
    logPath = join(root, 'log');
    daemon = await TestDaemon.start({
      configuration: { platform: { physicalPresenceFolder: folder, eventLogPath: logPath } },
    });
    client = await daemon.connect();
  });
  after(async () => {
    client?.close();
    await daemon?.[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });

  const get = () => client.call<PhysicalPresence>('physicalPresence/get');
  const request = (operation: number) => client.call<PhysicalPresence>('physicalPresence/request', { operation });
  const symbolOf = (call: Promise<unknown>) =>
    call.then(
      () => 'none',
      (error: unknown) => (error instanceof RpcFailure ? error.data.symbol : String(error)),
    );

  it('is not supported if the platform has no interface', async () => {
    assert.equal(await symbolOf(get()), 'TBS_E_PPI_NOT_SUPPORTED');
    assert.equal(await symbolOf(request(5)), 'TBS_E_PPI_NOT_SUPPORTED');
  });

  it('shows the operations of Windows by number and name, and what the platform does with them', async () => {
    writePhysicalPresenceTree(folder);
    const state = await get();
    assert.equal(state.version, '1.3');
    assert.equal(state.requestName, 'None');
    assert.equal(state.transition, 'Restart');
    assert.deepEqual(state.response, {
      ...{ operation: 22, name: 'EnableActivateClearEnableActivate' },
      ...{ result: 0, resultName: 'Success' },
    });
    const confirmationOf = (operation: number) =>
      state.operations.find((each) => each.operation === operation)?.confirmation;
    assert.deepEqual([1, 2, 8, 17].map(confirmationOf), [
      'UserRequired',
      'BlockedByFirmwareSettings',
      'FirmwareOnly',
      'UserNotRequired',
    ]);
    assert.equal(confirmationOf(6), undefined, 'what the platform does not implement is not listed');
  });

  it('lists no operation and accepts no request if the interface has none', async () => {
    for (const file of ['tcg_operations', 'vs_operations']) writeFileSync(join(folder, file), '');
    assert.deepEqual((await get()).operations, []);
    for (const operation of [1, 5, 22]) {
      assert.equal(await symbolOf(request(operation)), 'TBS_E_PPI_FUNCTION_UNSUPPORTED', String(operation));
    }
    assert.equal(readFileSync(join(folder, 'request'), 'latin1'), '0\n');
  });

  it('shows every operation as unknown if the firmware cannot be asked', async () => {
    for (const file of ['tcg_operations', 'vs_operations']) rmSync(join(folder, file));
    const { operations } = await get();
    assert.equal(operations.length, 22);
    assert.ok(operations.every(({ confirmation }) => confirmation === 'Unknown'));
    writePhysicalPresenceTree(folder);
  });

  it('accepts a request, shows that it is pending, and withdraws it', async () => {
    const asked = await request(5);
    assert.deepEqual([asked.request, asked.requestName], [5, 'Clear']);
    assert.equal(readFileSync(join(folder, 'request'), 'latin1'), '5\n');
    assert.equal((await request(0)).request, 0);
    assert.match(await readFile(daemon.auditPath, 'latin1'), /physical presence operation 5 \(Clear\)/);
  });

  it('refuses operations that the platform does not support, and writes nothing', async () => {
    for (const operation of [2, 6, 8, 13, 23, 128]) {
      assert.equal(await symbolOf(request(operation)), 'TBS_E_PPI_FUNCTION_UNSUPPORTED', String(operation));
    }
    assert.equal(readFileSync(join(folder, 'request'), 'latin1'), '0\n');
  });

  describe('of Tbs.h', () => {
    const PHYSICAL_PRESENCE = 9;
    const GET_TCG_LOG = 8;
    const { TBS_E_NO_EVENT_LOG, TBS_E_ACCESS_DENIED, TBS_E_PPI_FUNCTION_UNSUPPORTED } = TBS_RESULTS;
    const words = (...values: number[]): Buffer => {
      const bytes = Buffer.alloc(4 * values.length);
      values.forEach((value, at) => {
        bytes.writeUInt32LE(value, 4 * at);
      });
      return bytes;
    };

    it('answers like the ACPI interface', async () => {
      using wire = await WireClient.open(daemon.wireSocket);
      const ppi = async (...input: number[]) => {
        const { result, payload } = await wire.call(PHYSICAL_PRESENCE, wire.contextId, words(...input));
        return { result, payload: Buffer.from(payload) };
      };
      assert.deepEqual(await ppi(1), { result: 0, payload: Buffer.from('1.3\0') });
      assert.deepEqual(await ppi(5), { result: 0, payload: words(0, 22, 0) });
      assert.deepEqual(await ppi(8, 5), { result: 0, payload: words(3) });
      assert.deepEqual(await ppi(2, 5), { result: 0, payload: words(0) });
      assert.deepEqual(await ppi(3), { result: 0, payload: words(0, 5) });
      assert.deepEqual(await ppi(7, 0), { result: 0, payload: words(0) });
      assert.equal((await ppi(2, 2)).result, TBS_E_PPI_FUNCTION_UNSUPPORTED.code);
      assert.equal((await ppi(6)).result, TBS_E_PPI_FUNCTION_UNSUPPORTED.code);
    });

    it('accepts no request from a standard user', async function () {
      if (!canBecomeOthers()) this.skip();
      using wire = await WireClient.open(daemon.wireSocket, ALICE);
      const reply = await wire.call(PHYSICAL_PRESENCE, wire.contextId, words(2, 5));
      assert.equal(reply.result, TBS_E_ACCESS_DENIED.code);
      assert.equal(readFileSync(join(folder, 'request'), 'latin1'), '0\n');
    });

    it('returns the bytes of the measured-boot log, and reports if there is none', async () => {
      using wire = await WireClient.open(daemon.wireSocket);
      assert.equal((await wire.call(GET_TCG_LOG, 0, words(0, 0))).result, TBS_E_NO_EVENT_LOG.code);
      const log = cryptoAgileLog(A_BOOT, ['sha256']);
      writeFileSync(logPath, log);
      const { result, payload } = await wire.call(GET_TCG_LOG, 0, words(0, 0));
      assert.deepEqual([result, payload.readUInt32LE(0)], [0, log.length]);
      assert.deepEqual(Buffer.from(payload.subarray(4)), log);
      assert.equal((await wire.call(GET_TCG_LOG, 0, words(3, 0))).result, TBS_E_NO_EVENT_LOG.code);
    });
  });
});
