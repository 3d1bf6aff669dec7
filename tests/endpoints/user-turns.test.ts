/** Tests that users share the event loop by the time that their requests cost, and nobody holds it for long. */
import assert from 'node:assert/strict';
import { TURN_MS, type TurnWork } from '../../ts-core/endpoints/user-turns.js';
import { fakeTurns } from '../support/fake-turns.js';

describe('turns of the event loop', () => {
  it('alternate between users, however many connections one of them has', () => {
    const { source, turns } = fakeTurns();
    const served: string[] = [];
    const connection = (userKey: string, name: string): TurnWork => ({
      userKey,
      isQueued: false,
      serve: () => {
        served.push(name);
        source.nowMs += 0.1;
        return false;
      },
    });
    for (let count = 0; count < 1000; count++) turns.add(connection('alice', 'alice'));
    turns.add(connection('bob', 'bob'));
    turns.add(connection('root', 'root'));
    source.turn();
    assert.ok(served.indexOf('bob') <= 2 && served.indexOf('root') <= 2, `bob and root at once: ${served.slice(0, 5)}`);
  });

  it('end after a millisecond of work, with everything else in between', () => {
    const { source, turns } = fakeTurns();
    let pieces = 0;
    turns.add({
      userKey: 'alice',
      isQueued: false,
      serve: () => {
        pieces++;
        source.nowMs += TURN_MS / 4;
        return pieces < 100;
      },
    });
    source.turn();
    assert.equal(pieces, 4);
    source.run();
    assert.equal(pieces, 100);
    assert.equal(source.turnsTaken, 25);
  });

  it('complete what a connection has begun before the user’s other connections, and another user’s in between', () => {
    const { source, turns } = fakeTurns();
    const served: string[] = [];
    const message = (userKey: string, name: string): TurnWork => {
      let pieces = 0;
      return {
        userKey,
        isQueued: false,
        get isUnderWay() {
          return pieces < 3;
        },
        serve: () => {
          served.push(name);
          source.nowMs += 0.1;
          return ++pieces < 4;
        },
      };
    };
    turns.add(message('alice', 'a1'));
    turns.add(message('alice', 'a2'));
    turns.add(message('bob', 'b'));
    source.run();
    assert.deepEqual(
      served.filter((name) => name !== 'b'),
      ['a1', 'a1', 'a1', 'a2', 'a2', 'a2', 'a1', 'a2'],
    );
    assert.deepEqual(served.slice(0, 4), ['a1', 'b', 'a1', 'b']);
  });

  it('are charged by what they cost: a user with long pieces gets fewer of them', () => {
    const { source, turns } = fakeTurns();
    const spentMs = { alice: 0, bob: 0 };
    const endless = (userKey: 'alice' | 'bob', costMs: number): TurnWork => ({
      userKey,
      isQueued: false,
      serve: () => {
        spentMs[userKey] += costMs;
        source.nowMs += costMs;
        return true;
      },
    });
    turns.add(endless('alice', 5));
    turns.add(endless('bob', 0.05));
    for (let turn = 0; turn < 200; turn++) source.turn();
    const share = spentMs.bob / (spentMs.alice + spentMs.bob);
    assert.ok(Math.abs(share - 0.5) < 0.02, `bob had ${share}`);
  });

  it('give a user who returns neither an old debt nor credit for the absence', () => {
    const { source, turns } = fakeTurns();
    const served: string[] = [];
    const works = (userKey: string, pieces: number): TurnWork => ({
      userKey,
      isQueued: false,
      serve: () => {
        served.push(userKey);
        source.nowMs += 0.5;
        return --pieces > 0;
      },
    });
    turns.add(works('alice', 40));
    source.run();
    turns.add(works('alice', 4));
    turns.add(works('bob', 4));
    source.run();
    assert.deepEqual(served.slice(40), ['alice', 'bob', 'alice', 'bob', 'alice', 'bob', 'alice', 'bob']);
  });

  it('are not needed by short pieces, up to half of the time', () => {
    const { source, turns } = fakeTurns();
    const costing = (ms: number) => () => {
      source.nowMs += ms;
    };
    for (let request = 0; request < 1000; request++) {
      assert.equal(turns.serveAtOnce(costing(TURN_MS / 16)), true);
      source.nowMs += TURN_MS / 16;
    }
    let served = 0;
    while (turns.serveAtOnce(costing(TURN_MS / 16))) served++;
    assert.equal(served, 16, 'of a burst, those of one turn');
    source.nowMs += TURN_MS / 32;
    assert.equal(turns.serveAtOnce(costing(3 * TURN_MS)), true);
    source.nowMs += 2 * TURN_MS;
    assert.equal(turns.serveAtOnce(costing(0)), false, 'the long one is not paid for yet');
  });

  it('are needed by the pieces within a piece once they take long, or are very many', () => {
    const { source, turns } = fakeTurns();
    const served = (costMs: number): number => {
      let count = 0;
      turns.serveAtOnce(() => {
        const piece = (): void => {
          source.nowMs += costMs;
        };
        while (turns.serveAtOnce(piece)) count++;
      });
      source.nowMs += 10 * TURN_MS;
      return count;
    };
    assert.equal(served(TURN_MS / 4), 4);
    assert.equal(served(0), 63);
  });

  it('serve the pieces within a piece, until these have taken an eighth of a turn', () => {
    const { source, turns } = fakeTurns();
    const nested = (costMs: number): number => {
      let count = 0;
      turns.addOnce('alice', () => {
        const piece = (): void => {
          source.nowMs += costMs;
        };
        while (count < 1000 && turns.serveAtOnce(piece)) count++;
      });
      source.run();
      return count;
    };
    assert.equal(nested(TURN_MS / 32), 4);
    assert.equal(nested(TURN_MS), 1);
    assert.throws(() => {
      turns.addOnce('alice', () => {
        throw new Error('a fault of the piece');
      });
      source.run();
    });
    turns.addOnce('alice', () => {});
    assert.equal(
      turns.serveAtOnce(() => assert.fail('served')),
      false,
      'a piece that fails ends as well',
    );
    source.run();
  });

  it('are needed by every piece while one waits', () => {
    const { source, turns } = fakeTurns();
    const served: string[] = [];
    turns.addOnce('alice', () => served.push('alice'));
    assert.equal(
      turns.serveAtOnce(() => assert.fail('served')),
      false,
    );
    source.run();
    assert.deepEqual(served, ['alice']);
    assert.equal(
      turns.serveAtOnce(() => served.push('bob')),
      true,
    );
  });

  it('follow a piece that was served at once and left others ready', () => {
    const { source, turns } = fakeTurns();
    let served = 0;
    turns.serve({ userKey: 'alice', isQueued: false, serve: () => ++served < 3 });
    assert.deepEqual([served, turns.waiting], [1, 1]);
    turns.serveOnce('bob', () => served++);
    assert.deepEqual([served, turns.waiting], [1, 2], 'somebody waits');
    source.run();
    assert.equal(served, 4);
    turns.serveOnce('bob', () => served++);
    assert.equal(served, 5);
  });

  it('keep no data of closed connections', () => {
    const { source, turns } = fakeTurns();
    const gone: TurnWork = { userKey: 'alice', isQueued: false, serve: () => assert.fail('served') };
    turns.add(gone);
    assert.equal(turns.waiting, 1);
    turns.remove(gone);
    assert.equal(turns.waiting, 0);
    source.run();
  });
});
