/** Counts what happens to each action, and reports it to the broker soon after it has changed. */
import type { Clock } from '../application/ports/operating-system.js';
import type { DropReason } from '../domain/event-actions/run-queue.js';
import type { EventActionRun } from '../endpoints/rpc/protocol/event-action.js';
import type { ParamsOf } from '../endpoints/rpc/protocol/types-by-method.js';

export type ActionRun = EventActionRun;
export type Report = Required<ParamsOf<'eventAction/report'>>;
/** Rejects while the broker cannot be reached; what was to be reported is then reported later. */
export type Reporter = (report: Report) => Promise<void>;

type Figures = Report['actions'][number];
type Drop = Report['drops'][number];

/** Changes wait this long for others, so that a flood of events does not become a flood of reports. */
const REPORT_DELAY_MS = 1000;
/** Of results that could not be reported, the oldest are forgotten. */
const MAX_TESTS = 64;

export class ActionRecords {
  #figures = new Map<string, Figures>();
  #drops = new Map<string, Drop>();
  #lost = 0;
  #disabled: Report['disabled'] = [];
  #tests: Report['tests'] = [];
  #timer: { cancel(): void } | undefined;
  #isReporting = false;
  /** Whether something has changed while a report was being sent. */
  #isOutdated = false;
  readonly #clock: Pick<Clock, 'after' | 'wallClockMs'>;
  readonly #reporter: Reporter;
  readonly #now: (name: string) => Pick<Figures, 'waiting' | 'failuresInARow'>;

  /** `now` returns the figures of an action that are counted elsewhere. */
  constructor(
    clock: Pick<Clock, 'after' | 'wallClockMs'>,
    reporter: Reporter,
    now: (name: string) => Pick<Figures, 'waiting' | 'failuresInARow'>,
  ) {
    this.#clock = clock;
    this.#reporter = reporter;
    this.#now = now;
  }

  keepOnly(names: readonly string[]): void {
    this.#figures = new Map(names.map((name) => [name, this.#of(name)]));
    this.#soon();
  }

  started(name: string): void {
    this.#change(name, () => ({ lastRunAt: new Date(this.#clock.wallClockMs()).toISOString() }));
  }

  ran({ name, result }: ActionRun): void {
    const isFailure = result === 'succeeded' ? 0 : 1;
    this.#change(name, ({ runs, failures }) => ({
      runs: runs + 1,
      failures: failures + isFailure,
      lastResult: result,
    }));
  }

  coalesced(name: string): void {
    this.#change(name, ({ coalesced }) => ({ coalesced: coalesced + 1 }));
  }

  dropped(name: string, reason: DropReason | 'disabled', count: number): void {
    const key = `${name} ${reason}`;
    this.#drops.set(key, { name, reason, count: (this.#drops.get(key)?.count ?? 0) + count });
    this.#change(name, ({ dropped }) => ({ dropped: dropped + count }));
  }

  /** Events that never came here, so that nobody knows which actions they would have started. */
  lost(count: number): void {
    this.#lost += count;
    this.#soon();
  }

  disabled(name: string, reason: string): void {
    this.#disabled = [...this.#disabled, { name, reason: reason.slice(0, 1024) }];
    void this.report();
  }

  tested(test: number, run: ActionRun): void {
    this.#tests = [...this.#tests, { test, run }].slice(-MAX_TESTS);
    void this.report();
  }

  /** Sends one report at a time; what changes meanwhile goes into the next. Never rejects. */
  async report(): Promise<void> {
    if (this.#isReporting) {
      this.#isOutdated = true;
      return;
    }
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isReporting = true;
    this.#isOutdated = false;
    const [drops, lost, disabled, tests] = [this.#drops, this.#lost, this.#disabled, this.#tests];
    this.#drops = new Map();
    this.#lost = 0;
    this.#disabled = [];
    this.#tests = [];
    const actions = [...this.#figures.values()].map((figures) => ({ ...figures, ...this.#now(figures.name) }));
    try {
      await this.#reporter({ actions, drops: [...drops.values()].slice(0, 256), lost, disabled, tests });
    } catch {
      // The next connection reports it.
      for (const { name, reason, count } of drops.values()) this.#takeBack(name, reason, count);
      this.#lost += lost;
      this.#disabled = [...disabled, ...this.#disabled];
      this.#tests = [...tests, ...this.#tests].slice(-MAX_TESTS);
      return;
    } finally {
      this.#isReporting = false;
    }
    if (this.#isOutdated) await this.report();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #takeBack(name: string, reason: Drop['reason'], count: number): void {
    const key = `${name} ${reason}`;
    this.#drops.set(key, { name, reason, count: count + (this.#drops.get(key)?.count ?? 0) });
  }

  #of(name: string): Figures {
    return (
      this.#figures.get(name) ?? {
        ...{ name, runs: 0, failures: 0, failuresInARow: 0, waiting: 0, coalesced: 0, dropped: 0 },
        ...{ lastRunAt: null, lastResult: null },
      }
    );
  }

  #change(name: string, change: (figures: Figures) => Partial<Figures>): void {
    const figures = this.#of(name);
    this.#figures.set(name, { ...figures, ...change(figures) });
    this.#soon();
  }

  #soon(): void {
    this.#timer ??= this.#clock.after(REPORT_DELAY_MS, () => {
      this.#timer = undefined;
      void this.report();
    });
  }
}
