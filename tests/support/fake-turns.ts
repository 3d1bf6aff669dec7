/** An event loop that the test controls: its turns, and the time that work takes. */

import { MessageRooms } from '../../ts-core/endpoints/message-rooms.js';
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

  /** Runs one turn; returns false if nothing was waiting for one. */
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

/** Uses up the time that may run without a turn, so that the next piece has to wait for one. */
export function allowNothingAtOnce(source: FakeTurnSource, turns: UserTurns): void {
  turns.serveAtOnce(() => {
    source.nowMs += TURN_MS;
  });
}

export function fakeTurns(): { readonly source: FakeTurnSource; readonly turns: UserTurns } {
  const source = new FakeTurnSource();
  return { source, turns: new UserTurns(source) };
}

/** Turns of an event loop that is never busy: while nobody waits, every piece may run immediately. */
export function turnsOfAnIdleLoop(): UserTurns {
  return new IdleTurns({ monotonicMs: () => 0, inNextTurn: (callback) => void setImmediate(callback) });
}

class IdleTurns extends UserTurns {
  override serveAtOnce(piece: () => void): boolean {
    if (this.waiting > 0) return false;
    piece();
    return true;
  }
}

/** Returns the shared costs of a wire session that shares them with no other. */
export function alone(turns = turnsOfAnIdleLoop(), bytesPerUser = 16 * 1024 * 1024): SharedCost {
  const budget = new UserByteBudgets(bytesPerUser).join({ userKey: 'uid:1000', callerClass: 'standardUser' });
  return { turns, budget, rooms: new MessageRooms(), slowPeerTimeoutMs: 1000 };
}
