/**
 * Shares the event loop among users. Whatever a connection's requests make the broker compute (parsing, answering,
 * refusing) is done here, one piece after the other, and is charged to the connection's user.
 *
 * Invariants:
 *  - The user who has used the least time goes first; of his connections, the one that has waited longest.
 *  - After `TURN_MS` everything else on the event loop has its turn, however much waits here.
 *  - A user who was away counts as one who has just been served: he neither saves time up nor pays for the past.
 */

export interface TurnWork {
  readonly userKey: string;
  /** Does one piece, which must be short. Returns whether another one is ready. */
  serve(): boolean;
}

/** The other parts of the event loop, the dispatcher and new connections among them, wait no longer than this. */
export const TURN_MS = 2;
/** Short pieces that may be done at once in the time of a turn, while nobody waits. */
const PIECES_AT_ONCE = 32;
/** What a piece costs at least, so that a clock with coarse steps does not let one user go on for ever. */
const LEAST_COST_MS = 0.001;

interface UserLine {
  /** In the order in which they became ready. */
  readonly ready: Set<TurnWork>;
  usedMs: number;
}

export interface TurnSource {
  monotonicMs(): number;
  /** Calls back in the next turn of the event loop. */
  inNextTurn(callback: () => void): void;
}

export class FairTurns {
  readonly #source: TurnSource;
  readonly #lines = new Map<string, UserLine>();
  #scheduled = false;
  #atOnceSinceMs = 0;
  #doneAtOnce = 0;
  /** What the user who was served last had used before: those who come now begin there. */
  #usedAtLeastMs = 0;

  constructor(source: TurnSource) {
    this.#source = source;
  }

  /** Connections that have a piece ready. */
  get waiting(): number {
    let count = 0;
    for (const { ready } of this.#lines.values()) count += ready.size;
    return count;
  }

  /**
   * Whether a short piece may be done at once instead of in a turn: while nobody waits, and few have been of late. So one
   * request after the other is answered without a further turn of the event loop, and a flood of them is not.
   */
  mayServeAtOnce(): boolean {
    if (this.#scheduled) return false;
    const nowMs = this.#source.monotonicMs();
    if (nowMs - this.#atOnceSinceMs >= TURN_MS) {
      this.#atOnceSinceMs = nowMs;
      this.#doneAtOnce = 0;
    }
    return this.#doneAtOnce++ < PIECES_AT_ONCE;
  }

  /** Adding what waits already changes nothing. */
  add(work: TurnWork): void {
    const line = this.#lineOf(work.userKey);
    line.ready.add(work);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#source.inNextTurn(() => this.#run());
  }

  remove(work: TurnWork): void {
    this.#lines.get(work.userKey)?.ready.delete(work);
  }

  #run(): void {
    const beganMs = this.#source.monotonicMs();
    let nowMs = beganMs;
    try {
      while (nowMs - beganMs < TURN_MS) {
        const line = this.#next();
        if (line === undefined) break;
        nowMs = this.#serveOne(line, nowMs);
      }
    } finally {
      this.#scheduled = this.#next() !== undefined;
      if (this.#scheduled) this.#source.inNextTurn(() => this.#run());
    }
  }

  #serveOne(line: UserLine, beganMs: number): number {
    const [work] = line.ready;
    if (work === undefined) return beganMs;
    line.ready.delete(work);
    this.#usedAtLeastMs = line.usedMs;
    if (work.serve()) line.ready.add(work);
    const endedMs = this.#source.monotonicMs();
    line.usedMs += Math.max(LEAST_COST_MS, endedMs - beganMs);
    return endedMs;
  }

  /** The ready user who has used least; those who have nothing ready and owe nothing are forgotten. */
  #next(): UserLine | undefined {
    let least: UserLine | undefined;
    for (const [userKey, line] of this.#lines) {
      if (line.ready.size > 0) {
        if (least === undefined || line.usedMs < least.usedMs) least = line;
      } else if (line.usedMs <= this.#usedAtLeastMs) {
        this.#lines.delete(userKey);
      }
    }
    if (least === undefined) this.#lines.clear();
    return least;
  }

  #lineOf(userKey: string): UserLine {
    let line = this.#lines.get(userKey);
    if (line === undefined) {
      line = { ready: new Set(), usedMs: this.#usedAtLeastMs };
      this.#lines.set(userKey, line);
    } else if (line.ready.size === 0) {
      line.usedMs = Math.max(line.usedMs, this.#usedAtLeastMs);
    }
    return line;
  }
}

/** The turns of the process' own event loop. */
export const eventLoopTurns: TurnSource = {
  monotonicMs: () => performance.now(),
  inNextTurn: (callback) => void setImmediate(callback),
};
