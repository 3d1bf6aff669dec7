import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { decodeEventLog } from '../../../ts-core/domain/firmware/event-log.js';
import {
  compareWithPcrs,
  logMatchesPcrs,
  type PcrValues,
  replayEventLog,
} from '../../../ts-core/domain/firmware/event-log-replay.js';
import type { HashFunction } from '../../../ts-core/domain/firmware/hash-algorithms.js';
import {
  A_BOOT,
  ALGORITHM_IDS,
  type BankName,
  cryptoAgileLog,
  extendedPcrs,
  sha1Event,
  startupLocalityEvent,
  type WrittenEvent,
} from '../../support/event-log-writer.js';

const hash: HashFunction = (algorithm, bytes) =>
  algorithm === 'sha512' ? undefined : new Uint8Array(createHash(algorithm).update(bytes).digest());

const logOf = (bytes: Uint8Array) => decodeEventLog(bytes).log;
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');

function pcrValues(events: readonly WrittenEvent[], banks: readonly BankName[], locality = 0): PcrValues {
  return new Map(banks.map((bank) => [ALGORITHM_IDS[bank], extendedPcrs(events, bank, locality)]));
}

describe('the replay of a measured-boot log', () => {
  it('produces the values that extending the measurements gives, bank by bank', () => {
    const banks = ['sha1', 'sha256', 'sha384'] as const;
    const replayed = replayEventLog(logOf(cryptoAgileLog(A_BOOT, banks)), hash);
    assert.deepEqual(
      replayed.map(({ name }) => name),
      banks,
    );
    for (const { name, pcrs } of replayed) {
      for (const [pcr, expected] of extendedPcrs(A_BOOT, name as BankName))
        assert.equal(hex(pcrs.get(pcr)), hex(expected));
      assert.equal(pcrs.size, 8);
    }
  });

  it('of only a separator produces the value that every machine without measurements shows', () => {
    const [bank] = replayEventLog(
      logOf(cryptoAgileLog([{ pcr: 2, type: 4, data: Buffer.alloc(4) }], ['sha256'])),
      hash,
    );
    assert.equal(hex(bank?.pcrs.get(2)), '3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969');
  });

  it('starts PCR 0, and no other, with the locality of the start', () => {
    const events = [startupLocalityEvent(3), ...A_BOOT];
    const [bank] = replayEventLog(logOf(cryptoAgileLog(events, ['sha256'])), hash);
    assert.equal(hex(bank?.pcrs.get(0)), hex(extendedPcrs(events, 'sha256', 3).get(0)));
    assert.notEqual(hex(bank?.pcrs.get(0)), hex(extendedPcrs(events, 'sha256', 0).get(0)));
    assert.equal(hex(bank?.pcrs.get(7)), hex(extendedPcrs(events, 'sha256', 0).get(7)));
  });

  it('starts PCR 0 with locality 4 after a hardware core root of trust', () => {
    const events = [{ pcr: 0, type: 0x80000010, data: Buffer.from('HCRTM') }, ...A_BOOT];
    const [bank] = replayEventLog(logOf(cryptoAgileLog(events, ['sha256'])), hash);
    assert.equal(hex(bank?.pcrs.get(0)), hex(extendedPcrs(events, 'sha256', 4).get(0)));
  });

  it('matches PCRs that were extended with the same measurements, in both formats of the log', () => {
    const agile = logOf(cryptoAgileLog(A_BOOT, ['sha1', 'sha256']));
    const compared = compareWithPcrs(agile, replayEventLog(agile, hash), pcrValues(A_BOOT, ['sha1', 'sha256']));
    assert.ok(logMatchesPcrs(compared));
    assert.equal(compared[1]?.pcrs.find(({ pcrIndex }) => pcrIndex === 0)?.events, 2);
    const old = logOf(Buffer.concat(A_BOOT.map((event) => sha1Event(event))));
    assert.ok(logMatchesPcrs(compareWithPcrs(old, replayEventLog(old, hash), pcrValues(A_BOOT, ['sha1']))));
  });

  it('names the PCR for which the log and the TPM differ', () => {
    const log = logOf(cryptoAgileLog(A_BOOT, ['sha256']));
    const more = [...A_BOOT, { pcr: 4, type: 5, data: Buffer.from('not in the log') }];
    const compared = compareWithPcrs(log, replayEventLog(log, hash), pcrValues(more, ['sha256']));
    assert.equal(logMatchesPcrs(compared), false);
    assert.deepEqual(
      compared[0]?.pcrs.filter(({ matches }) => !matches).map(({ pcrIndex }) => pcrIndex),
      [4],
    );
  });

  it('does not compare banks that the TPM lacks or that cannot be computed, and a log without banks proves nothing', () => {
    const log = logOf(cryptoAgileLog(A_BOOT, ['sha1', 'sha512']));
    const compared = compareWithPcrs(log, replayEventLog(log, hash), pcrValues(A_BOOT, ['sha256']));
    assert.deepEqual(
      compared.map(({ name, notCompared }) => [name, notCompared]),
      [
        ['sha1', 'noSuchBank'],
        ['sha512', 'unknownAlgorithm'],
      ],
    );
    assert.equal(logMatchesPcrs(compared), false);
    const empty = logOf(cryptoAgileLog([], ['sha256']));
    assert.equal(logMatchesPcrs(compareWithPcrs(empty, replayEventLog(empty, hash), new Map())), false);
  });

  it('skips events for registers that no TPM has', () => {
    const log = logOf(cryptoAgileLog([{ pcr: 0xffffffff, type: 5, data: Buffer.from('x') }, ...A_BOOT], ['sha256']));
    assert.ok(logMatchesPcrs(compareWithPcrs(log, replayEventLog(log, hash), pcrValues(A_BOOT, ['sha256']))));
  });
});
