/** An event loop that the test controls: its turns, and the time that work takes. */

import { UserByteBudgets } from '../../ts-core/endpoints/user-byte-budgets.js';
import { TURN_MS, type TurnSource, UserTurns } from '../../ts-core/endpoints/user-turns.js';
import type { SharedCost } from '../../ts-core/endpoints/wire/wire-session.js';

export class FakeTurnSource implements TurnSource {
  nowMs = 0;
  turnsTaken = 0;
  #callbacks: (() => void)[] = [];

  monotonicMs(): number {
    return this.nowMs;
  }

  inNextTurn(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  /** Runs one turn; false when nothing wants one. */
  turn(): boolean {
    const callbacks = this.#callbacks.splice(0);
    for (const callback of callbacks) callback();
    if (callbacks.length > 0) this.turnsTaken++;
    return callbacks.length > 0;
  }

  run(): void {
    while (this.turn());
  }
}

export function fakeTurns(): { readonly source: FakeTurnSource; readonly turns: UserTurns } {
  const source = new FakeTurnSource();
  return { source, turns: new UserTurns(source) };
}

/** Turns of an event loop that is never busy: every piece may run immediately. */
export function turnsOfAnIdleLoop(): UserTurns {
  let nowMs = 0;
  return new UserTurns({
    monotonicMs: () => {
      nowMs += TURN_MS;
      return nowMs;
    },
    inNextTurn: (callback) => void setImmediate(callback),
  });
}

/** What a wire session shares with others, where there are no others. */
export function alone(turns = turnsOfAnIdleLoop(), bytesPerUser = 16 * 1024 * 1024): SharedCost {
  const budget = new UserByteBudgets(bytesPerUser).join({ userKey: 'uid:1000', callerClass: 'standardUser' });
  return { turns, budget, slowPeerTimeoutMs: 1000 };
}
