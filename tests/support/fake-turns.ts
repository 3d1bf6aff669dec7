/** The event loop as a test moves it: its turns, and the time that work takes. */
import { FairTurns, type TurnSource } from '../../ts-core/endpoints/fair-turns.js';

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

export function fakeTurns(): { readonly source: FakeTurnSource; readonly turns: FairTurns } {
  const source = new FakeTurnSource();
  return { source, turns: new FairTurns(source) };
}
