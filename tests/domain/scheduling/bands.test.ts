import assert from 'node:assert/strict';
import { Bands } from '../../../ts-core/domain/scheduling/bands.js';
import { LinkedLine } from '../../../ts-core/domain/scheduling/linked-line.js';
import { AGED_BAND, BAND_COUNT, bandOf, TBS_COMMAND_PRIORITY } from '../../../ts-core/domain/scheduling/priority.js';
import type { ContextLine, Entry, UserLine } from '../../../ts-core/domain/scheduling/queue-lines.js';
import { TpmShare } from '../../../ts-core/domain/scheduling/tpm-share.js';

interface Command {
  readonly isHeldToShare: boolean;
}

const [LOW, NORMAL, HIGH, MAX] = (['LOW', 'NORMAL', 'HIGH', 'MAX'] as const).map((name) =>
  bandOf(TBS_COMMAND_PRIORITY[name]),
) as [number, number, number, number];
const NOW_MS = 1_000;

/** Bands in which named users wait; the test decides which of them are beyond their share. */
class Waiting {
  readonly beyondShare = new Set<string>();
  readonly bands = new Bands<Command>(({ userKey }) => !this.beyondShare.has(userKey));
  readonly #users = new Map<string, UserLine<Command>>();
  #contexts = 0;
  #turn = 0;

  /** Adds a context of the user to a band; users count as served in the order in which they first appear. */
  enter(userKey: string, band: number, isHeldToShare = true): ContextLine<Command> {
    const line = new LinkedLine<Entry<Command>>();
    const context: ContextLine<Command> = {
      contextId: ++this.#contexts,
      user: this.#userOf(userKey),
      line,
      waitingByBand: new Array<number>(BAND_COUNT).fill(0),
      band: -1,
      key: this.#contexts,
      heapIndex: -1,
    };
    line.push({
      command: { isHeldToShare },
      context,
      band,
      agesAtMs: 0,
      isWaiting: true,
      arrival: undefined,
      previous: undefined,
      next: undefined,
    });
    this.bands.enter(context, band);
    return context;
  }

  /** Returns the next user and the band. */
  next(): readonly [userKey: string, band: number] | undefined {
    const place = this.bands.next(NOW_MS);
    return place === undefined ? undefined : [place.user.userKey, place.band];
  }

  serve(userKey: string): void {
    this.bands.served(this.#userOf(userKey), ++this.#turn);
  }

  #userOf(userKey: string): UserLine<Command> {
    const known = this.#users.get(userKey);
    if (known !== undefined) return known;
    const user: UserLine<Command> = {
      userKey,
      lastServedTurn: ++this.#turn,
      waiting: 1,
      contexts: new Map(),
      share: new TpmShare(),
      places: [],
      runContext: undefined,
      runLength: 0,
    };
    this.#users.set(userKey, user);
    return user;
  }
}

describe('the bands of the queue', () => {
  it('have nobody next if nobody waits', () => {
    const waiting = new Waiting();
    assert.equal(waiting.next(), undefined);
    waiting.bands.leave(waiting.enter('alice', HIGH));
    assert.equal(waiting.next(), undefined);
  });

  it('have the highest band first, and in it the user who was served longest ago', () => {
    const waiting = new Waiting();
    waiting.enter('alice', NORMAL);
    waiting.enter('bob', HIGH);
    waiting.enter('carol', HIGH);
    assert.deepEqual(waiting.next(), ['bob', HIGH]);
    waiting.serve('bob');
    assert.deepEqual(waiting.next(), ['carol', HIGH]);
    waiting.serve('carol');
    assert.deepEqual(waiting.next(), ['bob', HIGH]);
  });

  it('put a user who is served last in each of the user’s bands', () => {
    const waiting = new Waiting();
    const urgent = waiting.enter('alice', HIGH);
    waiting.enter('alice', LOW);
    waiting.enter('bob', LOW);
    waiting.serve('alice');
    waiting.bands.leave(urgent);
    assert.deepEqual(waiting.next(), ['bob', LOW]);
  });

  it('give a user who returns the same turn as before', () => {
    const waiting = new Waiting();
    const left = waiting.enter('alice', NORMAL);
    waiting.enter('bob', NORMAL);
    waiting.bands.leave(left);
    waiting.serve('bob');
    waiting.enter('alice', NORMAL);
    assert.deepEqual(waiting.next(), ['alice', NORMAL]);
  });

  it('keep a user’s place while another context of the same user is in the band', () => {
    const waiting = new Waiting();
    const [first] = [waiting.enter('alice', HIGH), waiting.enter('alice', HIGH)];
    waiting.bands.leave(first);
    assert.deepEqual(waiting.next(), ['alice', HIGH]);
  });

  it('hold a user beyond the fair share to the turns of NORMAL, aged commands too', () => {
    for (const band of [HIGH, MAX, AGED_BAND]) {
      const waiting = new Waiting();
      waiting.enter('bob', NORMAL);
      waiting.enter('alice', band);
      waiting.beyondShare.add('alice');
      assert.deepEqual(waiting.next(), ['bob', NORMAL]);
      waiting.serve('bob');
      assert.deepEqual(waiting.next(), ['alice', band]);
    }
  });

  it('do not lower a user below NORMAL, nor change what waits lower', () => {
    const waiting = new Waiting();
    waiting.enter('alice', HIGH);
    waiting.enter('bob', LOW);
    for (const user of ['alice', 'bob']) waiting.beyondShare.add(user);
    waiting.serve('alice');
    assert.deepEqual(waiting.next(), ['alice', HIGH]);
  });

  it('let a higher band go first among one user’s commands, also when all of them compete in NORMAL', () => {
    const waiting = new Waiting();
    waiting.enter('alice', NORMAL);
    waiting.enter('alice', HIGH);
    waiting.beyondShare.add('alice');
    assert.deepEqual(waiting.next(), ['alice', HIGH]);
  });

  it('raise a user again who is within the share', () => {
    const waiting = new Waiting();
    waiting.enter('bob', NORMAL);
    waiting.enter('alice', HIGH);
    waiting.beyondShare.add('alice');
    assert.deepEqual(waiting.next(), ['bob', NORMAL]);
    waiting.beyondShare.clear();
    assert.deepEqual(waiting.next(), ['alice', HIGH]);
  });

  it('forget a lowered place that is left, and start anew when the user comes back', () => {
    const waiting = new Waiting();
    waiting.enter('bob', NORMAL);
    const lowered = waiting.enter('alice', HIGH);
    waiting.beyondShare.add('alice');
    waiting.next();
    waiting.bands.leave(lowered);
    waiting.beyondShare.clear();
    assert.deepEqual(waiting.next(), ['bob', NORMAL]);
    const back = waiting.enter('alice', HIGH);
    assert.deepEqual(waiting.next(), ['alice', HIGH]);
    waiting.bands.leave(back);
    assert.deepEqual(waiting.next(), ['bob', NORMAL]);
  });

  it('take no turn for a lowered place that is left, but for the user’s other commands in NORMAL', () => {
    const waiting = new Waiting();
    waiting.enter('alice', NORMAL);
    const lowered = waiting.enter('alice', HIGH);
    waiting.beyondShare.add('alice');
    assert.deepEqual(waiting.next(), ['alice', HIGH]);
    waiting.bands.leave(lowered);
    assert.deepEqual(waiting.next(), ['alice', NORMAL]);
  });

  it('let the command of an administrator pass a lowered one of an app of the same user', () => {
    const waiting = new Waiting();
    waiting.enter('root', MAX, true);
    waiting.enter('root', HIGH, false);
    waiting.beyondShare.add('root');
    assert.deepEqual(waiting.next(), ['root', HIGH]);
  });

  it('hold no administrator to a share', () => {
    const waiting = new Waiting();
    waiting.enter('bob', NORMAL);
    waiting.enter('root', MAX, false);
    waiting.beyondShare.add('root');
    assert.deepEqual(waiting.next(), ['root', MAX]);
  });
});
