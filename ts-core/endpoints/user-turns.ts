/**
 * Shares the event loop among users. All computation that a connection's requests cause (parsing, answering, refusing)
 * runs here, one piece after the other, and is charged to the connection's user.
 *
 * Invariants:
 *  - The user who has used the least time goes first; of this user's connections, the one that has waited longest.
 *  - After `TURN_MS`, everything else on the event loop has its turn, however much waits here.
 *  - A user who was away counts as one who has just been served, and so neither accumulates credit nor pays for the
 *    past.
 */

export interface TurnWork {
  readonly userKey: string;
  /** Runs one piece, which must be short. Returns whether another one is ready. */
  serve(): boolean;
}

/** The longest delay of other work on the event loop, such as the dispatcher and new connections. */
export const TURN_MS = 2;
/** Number of short pieces that may run immediately during one turn while nobody waits. */
const PIECES_AT_ONCE = 32;
/** The minimum charge for a piece, so that a coarse clock does not let one user run forever. */
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

export class UserTurns {
  readonly #source: TurnSource;
  readonly #lines = new Map<string, UserLine>();
  #scheduled = false;
  #atOnceSinceMs = 0;
  #doneAtOnce = 0;
  /** What the most recently served user had used before; new users start there. */
  #usedAtLeastMs = 0;

  constructor(source: TurnSource) {
    this.#source = source;
  }

  /** The number of connections that have a piece ready. */
  get waiting(): number {
    let count = 0;
    for (const { ready } of this.#lines.values()) count += ready.size;
    return count;
  }

  /**
   * Whether a short piece may run immediately instead of in a turn: while nobody waits and only a few pieces have run
   * recently. So successive single requests need no further turn of the event loop, but a flood of them does.
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

  /** Adding work that is already waiting changes nothing. */
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

  /** Returns the ready user who has used the least time. Forgets users who have nothing ready and owe nothing. */
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

/** The turns of the process's own event loop. */
export const eventLoopTurns: TurnSource = {
  monotonicMs: () => performance.now(),
  inNextTurn: (callback) => void setImmediate(callback),
};
