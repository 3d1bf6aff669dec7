/**
 * Measures how long policy sources have been missing or incomplete, so that policy stays in force while files are being
 * replaced, and triggers another read when that time is over.
 */
import type { Clock } from '../../application/ports/operating-system.js';
import type { AbsenceClock } from './source-layers.js';

/** Writing a delivery takes milliseconds; one that stays incomplete for longer was interrupted and is reported. */
const DELIVERY_MS = 5_000;

/** One read of all sources; the paths it asks about are those that are missing now. */
class Round implements AbsenceClock {
  readonly asked = new Map<string, number>();
  readonly #since: ReadonlyMap<string, number>;
  readonly #nowMs: number;
  readonly #graceMs: number;

  constructor(since: ReadonlyMap<string, number>, nowMs: number, graceMs: number) {
    this.#since = since;
    this.#nowMs = nowMs;
    this.#graceMs = graceMs;
  }

  isWithinGrace(path: string): boolean {
    return this.#missingForMs(path) < this.#graceMs;
  }

  hasLasted(path: string): boolean {
    return this.#missingForMs(path) >= DELIVERY_MS;
  }

  #missingForMs(path: string): number {
    const since = this.#since.get(path) ?? this.#nowMs;
    this.asked.set(path, since);
    return this.#nowMs - since;
  }
}

export class SourceAbsences {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #onTimePassed: () => void;
  #since: ReadonlyMap<string, number> = new Map();
  #timer: { cancel(): void } | undefined;
  #closed = false;

  constructor(clock: Clock, graceMs: number, onTimePassed: () => void) {
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#onTimePassed = onTimePassed;
  }

  startRound(): Round {
    return new Round(this.#since, this.#clock.monotonicMs(), this.#graceMs);
  }

  /** Forgets sources that are back, and arms the timer for the next moment at which an answer changes. */
  endRound(round: Round): void {
    this.#since = round.asked;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#closed) return;
    const nowMs = this.#clock.monotonicMs();
    const moments = [...round.asked.values()].flatMap((since) => [since + DELIVERY_MS, since + this.#graceMs]);
    const next = Math.min(...moments.filter((moment) => moment > nowMs));
    if (Number.isFinite(next)) this.#timer = this.#clock.after(next - nowMs, this.#onTimePassed);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }
}
