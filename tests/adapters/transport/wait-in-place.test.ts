import assert from 'node:assert/strict';
import { WaitInPlace } from '../../../ts-core/adapters/transport/wait-in-place.js';
import { SRK_HANDLE } from '../../../ts-core/domain/tpm20/codes.js';
import { authorized, getRandom } from '../../support/tpm20-commands.js';

const GET_RANDOM = getRandom(8);
const CREATE = authorized('Create', [SRK_HANDLE], []);

describe('waiting for a response in place', () => {
  let nowMs: number;
  let waits: WaitInPlace;

  beforeEach(() => {
    nowMs = 0;
    waits = new WaitInPlace(() => nowMs, 2);
  });

  function wait(command: Uint8Array): number {
    waits.begin(command);
    return waits.waitMicroseconds;
  }

  function answerAfter(milliseconds: number): void {
    nowMs += milliseconds;
    waits.end();
  }

  it('starts once a command is known to be short', () => {
    assert.equal(wait(GET_RANDOM), 0);
    answerAfter(0.03);
    assert.equal(wait(GET_RANDOM), 110);
    assert.equal(wait(CREATE), 0, 'another command is not known');
  });

  it('is never long, whatever was learned', () => {
    assert.equal(wait(GET_RANDOM), 0);
    answerAfter(0.12);
    assert.equal(wait(GET_RANDOM), 250);
  });

  describe('spinning on a processor', () => {
    beforeEach(() => {
      wait(GET_RANDOM);
      answerAfter(0.03);
    });

    /** Returns how long the transport waits for a command that is answered after the given time. */
    function spin(tookMs: number, othersWait = false): number {
      wait(GET_RANDOM);
      const spun = waits.spin(othersWait);
      answerAfter(tookMs);
      return spun;
    }

    it('lasts as long as a short command takes', () => {
      assert.equal(spin(0.03), 75);
      waits.begin(CREATE);
      assert.equal(waits.spin(false), 0, 'a command that is not known to be short');
    });

    it('happens only while nobody else waits', () => {
      assert.equal(spin(0.03, true), 0);
      assert.equal(spin(0.03), 75);
    });

    it('happens only if there is another processor', () => {
      const alone = new WaitInPlace(() => nowMs, 1);
      alone.begin(GET_RANDOM);
      nowMs += 0.03;
      alone.end();
      alone.begin(GET_RANDOM);
      assert.equal(alone.waitMicroseconds, 110);
      assert.equal(alone.spin(false), 0);
    });

    it('stops for the next 64 commands after it was futile', () => {
      assert.equal(spin(0.2), 75);
      for (let count = 0; count < 64; count++) assert.equal(spin(0.03), 0);
      assert.equal(spin(0.03), 75);
    });
  });

  it('stops for a command that became slow, and starts again when it is quick again', () => {
    wait(GET_RANDOM);
    answerAfter(0.03);
    wait(GET_RANDOM);
    answerAfter(60_000);
    assert.ok(wait(GET_RANDOM) > 0, 'one slow answer says little');
    for (let i = 0; i < 3; i++) {
      wait(GET_RANDOM);
      answerAfter(60_000);
    }
    assert.equal(wait(GET_RANDOM), 0);
    for (let i = 0; i < 3; i++) {
      wait(GET_RANDOM);
      answerAfter(0.03);
    }
    assert.ok(wait(GET_RANDOM) > 0);
  });

  describe('for a command that is left to the event loop', () => {
    /** Returns the waits of commands that the event loop notices after the given time. */
    function waitsOf(commands: number, noticedAfterMs: number): readonly number[] {
      return Array.from({ length: commands }, () => {
        const microseconds = wait(GET_RANDOM);
        answerAfter(noticedAfterMs);
        return microseconds;
      });
    }

    beforeEach(() => void waitsOf(1, 5));

    it('is tried one time in eight, without spinning', () => {
      assert.deepEqual(waitsOf(16, 5), [0, 0, 0, 0, 0, 0, 0, 250, 0, 0, 0, 0, 0, 0, 0, 250]);
      waitsOf(7, 5);
      assert.equal(wait(GET_RANDOM), 250);
      assert.equal(waits.spin(false), 0);
    });

    it('starts again after one trial that shows that the command is short', () => {
      waitsOf(7, 5);
      assert.equal(wait(GET_RANDOM), 250);
      answerAfter(0.03);
      assert.equal(Math.round(wait(GET_RANDOM)), 110);
    });
  });

  it('remembers a bounded number of codes', () => {
    for (let code = 0; code < 2000; code++) {
      const command = Uint8Array.from(GET_RANDOM);
      new DataView(command.buffer).setUint32(6, code);
      wait(command);
      answerAfter(0.03);
      assert.equal(wait(command) > 0, code < 1024);
    }
  });

  it('accepts a command without a header', () => assert.equal(wait(new Uint8Array(3)), 0));
});
