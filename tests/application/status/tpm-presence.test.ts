import assert from 'node:assert/strict';
import { Events } from '../../../ts-core/application/events/events.js';
import type { AuditEvent } from '../../../ts-core/application/ports/logs.js';
import type { TpmTransport } from '../../../ts-core/application/ports/tpm-transport.js';
import { TpmPresence } from '../../../ts-core/application/status/tpm-presence.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { FakeClock } from '../../support/fake-clock.js';
import { quietLog } from '../../support/quiet-log.js';
import { ScriptedTransport } from '../../support/scripted-transport.js';

const GONE = new TbsError('TBS_E_IOERROR', { message: 'Its device is gone.', action: 'See dmesg.' });

/** Resolves after all pending promise callbacks have run. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function setUp(isGone?: () => Promise<boolean>) {
  const clock = new FakeClock();
  const raised: AuditEvent[] = [];
  const audit = { write: (event: AuditEvent) => void raised.push(event), lostLines: () => 0, close: async () => {} };
  const transport: TpmTransport = Object.assign(new ScriptedTransport(), isGone === undefined ? {} : { isGone });
  const presence = new TpmPresence({ transport, events: new Events(audit, clock), clock, log: quietLog() });
  const tpm = { answers: true, asked: 0 };
  const ask = async () => {
    tpm.asked++;
    if (tpm.answers) presence.answered();
    else {
      presence.failed(GONE);
      throw GONE;
    }
  };
  const cameBack = { times: 0 };
  presence.start(ask, () => cameBack.times++);
  return { presence, clock, transport, tpm, cameBack, kinds: () => raised.map(({ kind }) => kind), raised };
}

describe('the presence of the TPM', () => {
  it('reports a loss once: since when, why and what to do', () => {
    const { presence, clock, kinds, raised } = setUp();
    presence.failed(GONE);
    presence.failed(GONE);
    assert.deepEqual(presence.lost, { sinceMs: clock.wallClockMs(), message: GONE.message, action: GONE.action });
    assert.deepEqual(kinds(), ['tpmLost']);
    assert.match(raised[0]?.message ?? '', /^The TPM does not answer\. Its device is gone\.$/);
  });

  it('reports that the TPM came back once for each return and each reset, and not for other answers', async () => {
    const { presence, clock, tpm, cameBack } = setUp();
    presence.answered();
    assert.equal(cameBack.times, 0);
    tpm.answers = false;
    presence.failed(GONE);
    assert.equal(cameBack.times, 0);
    tpm.answers = true;
    clock.advance(500);
    await settle();
    presence.answered();
    assert.equal(cameBack.times, 1);
    presence.wasReset();
    assert.equal(cameBack.times, 2);
  });

  it('asks a lost TPM until it responds, without a caller, and reports its return', async () => {
    const { presence, clock, tpm, kinds, raised } = setUp();
    tpm.answers = false;
    presence.failed(GONE);
    for (const delayMs of [500, 1000, 2000, 4000, 5000, 5000]) {
      const before = tpm.asked;
      clock.advance(delayMs - 1);
      assert.equal(tpm.asked, before, `too early before ${delayMs} ms`);
      clock.advance(1);
      assert.equal(tpm.asked, before + 1);
      await settle();
    }
    tpm.answers = true;
    clock.advance(5000);
    await settle();
    assert.equal(presence.lost, undefined);
    assert.deepEqual(kinds(), ['tpmLost', 'tpmReturned']);
    assert.equal(raised[1]?.details['seconds'], 23);
    assert.equal(clock.pendingTimers(), 0, 'nothing more is asked');
  });

  it('ignores failures that say nothing about it', () => {
    const { presence, kinds } = setUp();
    presence.failed(new TbsError('TPM_E_COMMAND_BLOCKED'));
    presence.failed(new Error('a fault of the program'));
    assert.equal(presence.lost, undefined);
    assert.deepEqual(kinds(), []);
  });

  it('is checked immediately if the transport was disturbed', async () => {
    const { presence, transport, tpm, kinds } = setUp();
    transport.onDisturbed?.();
    await settle();
    assert.equal(tpm.asked, 1);
    assert.deepEqual(kinds(), []);
    tpm.answers = false;
    transport.onDisturbed?.();
    await settle();
    assert.notEqual(presence.lost, undefined);
  });

  it('is checked while nobody sends a command, if the transport gets no notification', async () => {
    let gone = false;
    const { presence, clock, tpm, kinds } = setUp(async () => gone);
    clock.advance(5000);
    await settle();
    assert.equal(tpm.asked, 0, 'a look costs the TPM nothing');
    gone = true;
    tpm.answers = false;
    clock.advance(5000);
    await settle();
    assert.deepEqual(kinds(), ['tpmLost']);
    assert.notEqual(presence.lost, undefined);
  });

  it('reports that the TPM was reset', () => {
    const { presence, kinds } = setUp();
    presence.wasReset();
    assert.deepEqual(kinds(), ['tpmReset']);
  });

  it('is no longer checked once it is stopped', async () => {
    const { presence, clock, transport, tpm, kinds } = setUp();
    presence.failed(GONE);
    await presence.stop();
    clock.advance(60_000);
    transport.onDisturbed?.();
    presence.failed(GONE);
    assert.equal(tpm.asked, 0);
    assert.deepEqual(kinds(), ['tpmLost']);
    assert.equal(clock.pendingTimers(), 0);
  });
});
