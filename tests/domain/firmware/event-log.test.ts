import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describeEvent } from '../../../ts-core/domain/firmware/event-description.js';
import { decodeEventLog, type EventLog } from '../../../ts-core/domain/firmware/event-log.js';
import { eventTypeName } from '../../../ts-core/domain/firmware/event-types.js';
import {
  A_BOOT,
  cryptoAgileEvent,
  cryptoAgileLog,
  efiVariable,
  sha1Event,
  specIdEvent,
  startupLocalityEvent,
} from '../../support/event-log-writer.js';

const AGILE = cryptoAgileLog([startupLocalityEvent(3), ...A_BOOT], ['sha1', 'sha256', 'sha384']);
const SHA1 = Buffer.concat(A_BOOT.map((event) => sha1Event(event)));

function decoded(bytes: Uint8Array): EventLog {
  const verdict = decodeEventLog(bytes);
  assert.equal(verdict.verdict, 'decoded', JSON.stringify(verdict));
  return verdict.log;
}

function damage(bytes: Uint8Array) {
  const verdict = decodeEventLog(bytes);
  assert.ok(verdict.verdict === 'damaged', 'the log was decoded');
  return { ...verdict.damage, events: verdict.log.events.length };
}

/** Returns the log with one 32-bit field changed. */
function withUint32(bytes: Uint8Array, offset: number, value: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt32LE(value >>> 0, offset);
  return changed;
}

describe('the measured-boot log', () => {
  it('in SHA-1 format is decoded into its events', () => {
    const log = decoded(SHA1);
    assert.equal(log.form, 'sha1');
    assert.deepEqual(
      log.events.map(({ pcrIndex, type }) => [pcrIndex, type]),
      A_BOOT.map(({ pcr, type }) => [pcr, type]),
    );
    assert.deepEqual(Buffer.from(log.events[2]?.data ?? []), A_BOOT[2]?.data);
  });

  it('in crypto-agile format is decoded into its events with a digest for each bank', () => {
    const log = decoded(AGILE);
    assert.equal(log.form, 'cryptoAgile');
    assert.deepEqual(
      log.algorithms.map((each) => [each.algorithmId, each.digestBytes]),
      [
        [0x4, 20],
        [0xb, 32],
        [0xc, 48],
      ],
    );
    assert.equal(log.events.length, A_BOOT.length + 2);
    assert.ok(log.events.slice(1).every(({ digests }) => digests.length === 3));
    assert.equal(log.events[1]?.offset, specIdEvent(['sha1', 'sha256', 'sha384']).length);
  });

  it('ends where only zeros follow, as in the area that ACPI reserves', () => {
    assert.equal(decoded(Buffer.concat([AGILE, Buffer.alloc(65_536)])).events.length, A_BOOT.length + 2);
    assert.equal(decoded(Buffer.concat([SHA1, Buffer.alloc(7)])).events.length, A_BOOT.length);
  });

  it('has names for known event types, and numbers for others', () => {
    assert.equal(eventTypeName(0x4), 'EV_SEPARATOR');
    assert.equal(eventTypeName(0x80000003), 'EV_EFI_BOOT_SERVICES_APPLICATION');
    assert.equal(eventTypeName(0x12345), '0x00012345');
  });

  it('has the descriptions of its events', () => {
    const texts = decoded(AGILE).events.map(describeEvent);
    assert.deepEqual(texts.slice(0, 5), [
      'specification 2.0 errata 0',
      'StartupLocality 3',
      'firmware 1.2.3',
      'SecureBoot',
      'Calling EFI Application from Boot Option',
    ]);
    const hostile = cryptoAgileLog([{ pcr: 4, type: 0xd, data: Buffer.from('\u001b[31mred') }], ['sha1']);
    assert.equal(describeEvent(decoded(hostile).events[1] as never), '', 'no control characters reach a terminal');
    const lying = efiVariable('Boot0001', Buffer.alloc(0));
    lying.writeUInt32LE(0xffffffff, 16);
    const event = decoded(cryptoAgileLog([{ pcr: 1, type: 0x80000002, data: lying }], ['sha1'])).events[1];
    assert.equal(describeEvent(event as never), '');
  });

  it('is damaged if it is empty', () => {
    assert.deepEqual(damage(new Uint8Array()), { offset: 0, reason: 'the log is empty', events: 0 });
  });

  it('that is truncated is damaged, with the offset, or ends between two events', () => {
    const boundaries = new Set(decoded(AGILE).events.map(({ offset }) => offset));
    for (let length = 1; length < AGILE.length; length++) {
      const verdict = decodeEventLog(AGILE.subarray(0, length));
      // A log may end in zeros, which look like the truncated start of an event.
      if (verdict.verdict === 'decoded') {
        const rest = AGILE.subarray([...boundaries].filter((each) => each <= length).at(-1) ?? 0, length);
        assert.ok(boundaries.has(length) || rest.every((byte) => byte === 0), `cut off at ${length}`);
      } else assert.ok(verdict.damage.offset <= length);
    }
  });

  it('with wrong sizes and counts is damaged there', () => {
    const header = specIdEvent(['sha256']).length;
    const log = cryptoAgileLog(A_BOOT, ['sha256']);
    assert.match(damage(withUint32(SHA1, 28, 0xffffffff)).reason, /says that 4294967295 bytes of data follow/);
    assert.deepEqual(damage(withUint32(log, header + 8, 0x10000000)), {
      offset: header + 8,
      reason: "an event has 268435456 digests and the log's header names 1 algorithms",
      events: 1,
    });
    const foreign = Buffer.concat([specIdEvent(['sha256']), cryptoAgileEvent(A_BOOT[0] as never, ['sha1'])]);
    assert.match(damage(foreign).reason, /algorithm 4, which the header lacks/);
    assert.match(damage(withUint32(log, 32 + 24, 0)).reason, /names 0 hash algorithms/);
    assert.match(damage(withUint32(log, 32 + 24, 5000)).reason, /names 5000 hash algorithms/);
    // sha256 with digests of 20 bytes
    assert.match(damage(withUint32(log, 32 + 28, 0x0014000b)).reason, /sha256 digests of 20 bytes/);
    assert.match(damage(withUint32(log, 32 + 28, 0x00009999)).reason, /digests of 0 bytes/);
  });

  it('with more events than any boot has is refused', () => {
    const many = Buffer.alloc(32 * 20_000, 1);
    for (let at = 28; at < many.length; at += 32) many.writeUInt32LE(0, at);
    assert.match(damage(many).reason, /more than 16384 events/);
  });

  it('never throws and is never read past its end, whatever the bytes', () => {
    const anyLog = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc
        .tuple(
          fc.constantFrom(AGILE, SHA1),
          fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
          fc.nat(),
        )
        .map(([log, changes, cut]) => {
          const changed = Buffer.from(log);
          for (const [at, value] of changes) changed[at % changed.length] = value;
          return changed.subarray(0, cut % (changed.length + 1));
        }),
    );
    fc.assert(
      fc.property(anyLog, (bytes) => {
        const verdict = decodeEventLog(bytes);
        if (verdict.verdict === 'damaged') assert.ok(verdict.damage.offset <= bytes.length);
        for (const event of verdict.log.events) {
          assert.ok(event.offset + 32 <= bytes.length && event.data.length <= bytes.length);
          assert.equal(typeof describeEvent(event), 'string');
        }
      }),
      { numRuns: 500 },
    );
  });
});
