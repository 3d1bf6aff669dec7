/** Tests the measured-boot log through the daemon, on a real software TPM whose PCRs were extended to match. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, uint32 } from '../../ts-core/domain/tpm/byte-fields.js';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { TPM_ORD } from '../../ts-core/domain/tpm12/codes.js';
import type { EventLogPage, EventLogTest } from '../../ts-core/endpoints/rpc/protocol/event-log.js';
import { TestDaemon } from '../support/daemon.js';
import {
  A_BOOT,
  ALGORITHM_IDS,
  type BankName,
  cryptoAgileLog,
  digestOf,
  sha1Event,
  type WrittenEvent,
} from '../support/event-log-writer.js';
import { type RpcClient, RpcFailure } from '../support/rpc-client.js';
import { command12 } from '../support/tpm12-commands.js';
import { authorized, u16, u32 } from '../support/tpm20-commands.js';

/** TPM2_PCR_Extend with an empty password for the PCR. */
function extend20({ pcr, data }: WrittenEvent, banks: readonly BankName[]): Uint8Array {
  const digests = banks.flatMap((bank) => [...u16(ALGORITHM_IDS[bank]), ...digestOf(bank, data)]);
  return authorized('PCR_Extend', [pcr], [...u32(banks.length), ...digests]);
}

function extend12({ pcr, data }: WrittenEvent): Uint8Array {
  return command12(TPM_ORD.Extend, concat(uint32(pcr), digestOf('sha1', data)));
}

describe('the event log', function () {
  this.timeout(60_000);
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tbs-log-'));
    path = join(folder, 'binary_bios_measurements');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const start = (tpmVersion: '1.2' | '2.0') =>
    TestDaemon.start({ tpmVersion, configuration: { platform: { eventLogPath: path } } });

  async function failure(client: RpcClient, method: string): Promise<RpcFailure> {
    const error = await client.call(method).then(
      () => assert.fail(`${method} succeeded`),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof RpcFailure);
    return error;
  }

  it('of a TPM 2.0 is decoded, replayed and compared with the PCRs', async () => {
    await using daemon = await start('2.0');
    const client = await daemon.connect();
    assert.equal((await failure(client, 'eventLog/get')).data.symbol, 'TBS_E_NO_EVENT_LOG');

    writeFileSync(path, cryptoAgileLog(A_BOOT, ['sha1', 'sha256', 'sha384']));
    const page = await client.call<EventLogPage>('eventLog/get');
    assert.equal(page.total, A_BOOT.length + 1);
    assert.equal(page.next, null);
    assert.deepEqual(
      page.events.slice(1, 3).map(({ typeName, description }) => [typeName, description]),
      [
        ['EV_S_CRTM_VERSION', 'firmware 1.2.3'],
        ['EV_EFI_VARIABLE_DRIVER_CONFIG', 'SecureBoot'],
      ],
    );
    assert.equal((await client.call<EventLogTest>('eventLog/test')).matches, false, 'nothing is extended yet');

    const contextId = await client.open();
    for (const event of A_BOOT) {
      const command = extend20(event, ['sha1', 'sha256', 'sha384']);
      assert.equal(responseCodeOf(await client.submit(contextId, command)), 0);
    }
    const verdict = await client.call<EventLogTest>('eventLog/test');
    assert.equal(verdict.matches, true, JSON.stringify(verdict));
    assert.ok(verdict.pcrs.filter(({ bank }) => bank === 'sha256').length === 8);

    await client.submit(contextId, extend20({ pcr: 5, type: 5, data: Buffer.from('unlogged') }, ['sha256']));
    const changed = await client.call<EventLogTest>('eventLog/test');
    assert.equal(changed.matches, false);
    assert.deepEqual(
      changed.pcrs.filter(({ matches }) => !matches).map(({ bank, pcrIndex }) => [bank, pcrIndex]),
      [['sha256', 5]],
    );
    client.close();
  });

  it('of a TPM 1.2 is compared with its PCRs', async () => {
    writeFileSync(path, Buffer.concat(A_BOOT.map((event) => sha1Event(event))));
    await using daemon = await start('1.2');
    const client = await daemon.connect();
    const contextId = await client.open();
    for (const event of A_BOOT) assert.equal(responseCodeOf(await client.submit(contextId, extend12(event))), 0);
    const verdict = await client.call<EventLogTest>('eventLog/test');
    assert.equal(verdict.matches, true, JSON.stringify(verdict));
    client.close();
  });

  it('that is damaged is an error with the offset, and the broker continues', async () => {
    const log = cryptoAgileLog(A_BOOT, ['sha256']);
    writeFileSync(path, log.subarray(0, log.length - 3).fill(1, log.length - 8));
    await using daemon = await start('2.0');
    const client = await daemon.connect();
    const { data, message } = await failure(client, 'eventLog/test');
    assert.equal(data.symbol, 'TBS_E_NO_EVENT_LOG');
    assert.match(message, /damaged at byte \d+, after \d+ events/);
    assert.equal(typeof data.details['offset'], 'number');
    writeFileSync(path, Buffer.alloc(5_000_000, 1));
    assert.equal((await failure(client, 'eventLog/get')).data.symbol, 'TBS_E_NO_EVENT_LOG');
    await client.call('status/get');
    client.close();
  });

  it('that is long is returned in pages', async () => {
    const events = Array.from({ length: 900 }, (_, at) => ({ pcr: 8, type: 0xd, data: Buffer.alloc(2000, at & 0x7f) }));
    writeFileSync(path, cryptoAgileLog(events, ['sha256']));
    await using daemon = await start('2.0');
    const client = await daemon.connect();
    const seen: number[] = [];
    let pages = 0;
    for (let first: number | null = 0; first !== null; pages++) {
      const page: EventLogPage = await client.call<EventLogPage>('eventLog/get', { first });
      seen.push(...page.events.map(({ index }) => index));
      first = page.next;
    }
    assert.ok(pages > 3);
    assert.deepEqual(
      seen,
      Array.from({ length: 901 }, (_, at) => at),
    );
    client.close();
  });
});
