/**
 * Measures how long policy sources have been missing, incomplete or not refreshed, so that policy stays in force while
 * files are being replaced, and triggers another read when that time is over.
 */
import type { Clock } from '../../application/ports/operating-system.js';
import type { AbsenceClock } from './source-layers.js';

/** Writing a delivery takes milliseconds; one that stays incomplete for longer was interrupted and is reported. */
const DELIVERY_MS = 5_000;

/** The wall clock may step, and timers stand still during a suspend, so the age of deliveries is checked this often. */
const AGE_CHECK_MS = 3_600_000;

export interface SourceTolerances {
  /** How long the content of a configured file stays in force after the file vanished. */
  readonly missingFileGraceMs: number;
  /** How old a delivery of the domain may grow before it is reported. */
  readonly refreshOverdueMs: number;
}

/** One read of all sources; the paths it asks about are those that are missing now. */
class Round implements AbsenceClock {
  readonly asked = new Map<string, number>();
  /** How long the deliveries that are not overdue have left. */
  readonly untilOverdueMs: number[] = [];
  readonly #since: ReadonlyMap<string, number>;
  readonly #nowMs: number;
  readonly #wallMs: number;
  readonly #tolerances: SourceTolerances;

  constructor(since: ReadonlyMap<string, number>, clock: Clock, tolerances: SourceTolerances) {
    this.#since = since;
    this.#nowMs = clock.monotonicMs();
    this.#wallMs = clock.wallClockMs();
    this.#tolerances = tolerances;
  }

  isWithinGrace(path: string): boolean {
    return this.#missingForMs(path) < this.#tolerances.missingFileGraceMs;
  }

  isOverdue(refreshedAt: Date): boolean {
    const leftMs = refreshedAt.getTime() + this.#tolerances.refreshOverdueMs - this.#wallMs;
    if (leftMs > 0) this.untilOverdueMs.push(leftMs);
    return leftMs <= 0;
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
  readonly #tolerances: SourceTolerances;
  readonly #onTimePassed: () => void;
  #since: ReadonlyMap<string, number> = new Map();
  #timer: { cancel(): void } | undefined;
  #closed = false;

  constructor(clock: Clock, tolerances: SourceTolerances, onTimePassed: () => void) {
    this.#clock = clock;
    this.#tolerances = tolerances;
    this.#onTimePassed = onTimePassed;
  }

  startRound(): Round {
    return new Round(this.#since, this.#clock, this.#tolerances);
  }

  /** Forgets sources that are back, and arms the timer for the next moment at which an answer changes. */
  endRound(round: Round): void {
    this.#since = round.asked;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#closed) return;
    const nowMs = this.#clock.monotonicMs();
    const { missingFileGraceMs } = this.#tolerances;
    const moments = [...round.asked.values()].flatMap((since) => [since + DELIVERY_MS, since + missingFileGraceMs]);
    const delays = [
      ...moments.filter((moment) => moment > nowMs).map((moment) => moment - nowMs),
      ...round.untilOverdueMs.map((leftMs) => Math.min(leftMs, AGE_CHECK_MS)),
    ];
    if (delays.length > 0) this.#timer = this.#clock.after(Math.min(...delays), this.#onTimePassed);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }
}
