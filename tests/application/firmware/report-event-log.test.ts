import assert from 'node:assert/strict';
import { nodeHash } from '../../../ts-core/adapters/crypto/node-hash.js';
import type { Dispatcher } from '../../../ts-core/application/commands/dispatcher.js';
import { ReportEventLog } from '../../../ts-core/application/firmware/report-event-log.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import type { PcrBanks } from '../../../ts-core/domain/tpm/read-pcrs.js';
import { A_BOOT, cryptoAgileLog, extendedPcrs } from '../../support/event-log-writer.js';

const BOOT = cryptoAgileLog(A_BOOT, ['sha256']);
const SHA256 = 0xb;

function reportOf(log: Uint8Array, pcrs: ReadonlyMap<number, Uint8Array> = new Map()) {
  const urgencies: unknown[] = [];
  const dispatcher = {
    runExchange: async (_begin: unknown, urgency: unknown): Promise<PcrBanks> => {
      urgencies.push(urgency);
      return new Map([[SHA256, new Map(pcrs)]]);
    },
  } as unknown as Dispatcher;
  const source = { read: async () => log };
  return { report: new ReportEventLog('2.0', source, dispatcher, nodeHash), urgencies };
}

describe('the measured-boot log', () => {
  it('is given as the firmware wrote it, for the boot only', async () => {
    const { report } = reportOf(BOOT);
    const [current, drtm, boot, resume] = [0, 1, 2, 3];
    for (const logType of [current, boot]) assert.equal(await report.bytes(logType as number), BOOT);
    for (const logType of [drtm, resume]) {
      await assert.rejects(report.bytes(logType as number), { symbol: 'TBS_E_NO_EVENT_LOG', details: { logType } });
    }
    for (const logType of [4, -1, 0.5]) {
      await assert.rejects(report.bytes(logType), { symbol: 'TBS_E_BAD_PARAMETER' });
    }
  });

  it('is refused where it is damaged, with the place and the events before it', async () => {
    const damaged = reportOf(BOOT.subarray(0, BOOT.length - 1)).report;
    await assert.rejects(damaged.log(), (error: unknown) => {
      assert.ok(error instanceof TbsError);
      assert.equal(error.symbol, 'TBS_E_NO_EVENT_LOG');
      const { offset, events } = error.details as { readonly offset: number; readonly events: number };
      assert.ok(offset > 0 && offset < BOOT.length && events >= 1, JSON.stringify(error.details));
      return true;
    });
    await assert.rejects(damaged.test(), { symbol: 'TBS_E_NO_EVENT_LOG' });
  });

  it('is decoded again only when its bytes have changed', async () => {
    let bytes = BOOT;
    const source = { read: async () => bytes.slice() };
    const report = new ReportEventLog('2.0', source, {} as Dispatcher, nodeHash);
    const first = await report.log();
    assert.equal(await report.log(), first);
    bytes = cryptoAgileLog(A_BOOT.slice(1), ['sha256']);
    const changed = await report.log();
    assert.equal(changed.events.length, first.events.length - 1);
    bytes = bytes.subarray(0, bytes.length - 1);
    await assert.rejects(report.log(), { symbol: 'TBS_E_NO_EVENT_LOG' });
  });

  it('matches the registers that it explains, and no others', async () => {
    const pcrs = extendedPcrs(A_BOOT, 'sha256');
    const { report, urgencies } = reportOf(BOOT, pcrs);
    const { matches, log } = await report.test();
    assert.equal(matches, true);
    assert.equal(log.events.length, A_BOOT.length + 1);
    assert.deepEqual(urgencies, [{ yieldsToCommands: true }], 'callers’ commands do not wait for it');
    const [[pcr, value]] = [...pcrs] as [[number, Buffer]];
    const changed = new Map([...pcrs, [pcr, Buffer.from(value).fill(1)]]);
    assert.equal((await reportOf(BOOT, changed).report.test()).matches, false);
  });
});
