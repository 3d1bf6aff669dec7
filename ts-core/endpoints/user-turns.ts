/**
 * Shares the event loop among users. All computation that a connection's requests cause (parsing, answering, refusing)
 * runs here, one piece after the other, and is charged to the connection's user.
 *
 * Invariants:
 *  - The user who has used the least time goes first; of this user's connections, the one that has waited longest.
 *    Only what one of them has begun is completed before: half-served messages of many connections would need memory.
 *  - After `TURN_MS`, everything else on the event loop has its turn, however much waits here.
 *  - A user who was away counts as one who has just been served, and so neither accumulates credit nor pays for the
 *    past.
 */
import { type Queued, ReadyQueue } from './ready-queue.js';

export interface TurnWork extends Queued {
  readonly userKey: string;
  /** Runs one piece, which must be short. Returns whether another one is ready. */
  serve(): boolean;
  /** Whether the next piece continues what the last one began, which consists of a limited number of pieces. */
  readonly isUnderWay?: boolean;
}

/** The longest delay of other work on the event loop, such as the dispatcher and new connections. */
export const TURN_MS = 1;
/**
 * The minimum charge for a piece that runs immediately: at most 64 of them run before the event loop has its turn. A
 * wire command is two, because its bytes are received and its frame is handled.
 */
const LEAST_COST_AT_ONCE_MS = TURN_MS / 64;
/** How long a piece in a turn may start others, such as the frames of the bytes that it receives. */
const LONGEST_NESTED_MS = TURN_MS / 8;
/** The minimum charge for a piece, so that a coarse clock does not let one user run forever. */
const LEAST_COST_MS = 0.001;

/** Users who have nothing ready are remembered up to this number, since forgetting each leaves garbage (ready-queue.ts). */
const REMEMBERED_USERS = 16;

interface UserLine {
  readonly ready: ReadyQueue<TurnWork>;
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
  /** The time that pieces may still use without a turn. It grows with the time that no such piece uses. */
  #atOnceMs = TURN_MS;
  #atOnceEndedMs = 0;
  /** Set while such a piece runs. */
  #atOnceBeganMs: number | undefined;
  /** Set while a piece runs in its turn. */
  #inTurnBeganMs: number | undefined;
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
   * Runs a short piece immediately instead of in a turn, and returns whether it did: only while nobody waits, and while
   * such pieces use less than half of the time. So successive single requests need no further turn of the event loop,
   * but a flood of them does. A piece may contain others. A piece that runs in its turn may contain others as well,
   * until it has taken `LONGEST_NESTED_MS`. Only a piece within a turn is charged: while nobody waits, nobody is owed.
   */
  serveAtOnce(piece: () => void): boolean {
    if (this.#inTurnBeganMs !== undefined) {
      if (this.#source.monotonicMs() - this.#inTurnBeganMs >= LONGEST_NESTED_MS) return false;
      piece();
      return true;
    }
    if (this.#scheduled) return false;
    const nowMs = this.#source.monotonicMs();
    if (this.#atOnceBeganMs !== undefined) {
      this.#atOnceMs -= LEAST_COST_AT_ONCE_MS;
      if (nowMs - this.#atOnceBeganMs >= this.#atOnceMs) return false;
      piece();
      return true;
    }
    this.#atOnceMs = Math.min(TURN_MS, this.#atOnceMs + nowMs - this.#atOnceEndedMs);
    this.#atOnceEndedMs = nowMs;
    if (this.#atOnceMs <= 0) return false;
    this.#atOnceBeganMs = nowMs;
    try {
      piece();
    } finally {
      this.#atOnceBeganMs = undefined;
      this.#atOnceEndedMs = this.#source.monotonicMs();
      this.#atOnceMs -= Math.max(LEAST_COST_AT_ONCE_MS, this.#atOnceEndedMs - nowMs);
    }
    return true;
  }

  /** Serves one piece of the work immediately if `serveAtOnce` allows it, and whatever remains in turns. */
  serve(work: TurnWork): void {
    const isServed = this.serveAtOnce(() => {
      if (work.serve()) this.add(work);
    });
    if (!isServed) this.add(work);
  }

  /** Runs the piece once: immediately if `serveAtOnce` allows it, or else in a turn of the user. */
  serveOnce(userKey: string, piece: () => void): void {
    if (!this.serveAtOnce(piece)) this.addOnce(userKey, piece);
  }

  /** Adding work that is already waiting changes nothing. */
  add(work: TurnWork): void {
    const line = this.#lineOf(work.userKey);
    line.ready.add(work);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#source.inNextTurn(() => this.#run());
  }

  /** Runs the piece once in a turn of the user. */
  addOnce(userKey: string, piece: () => void): void {
    this.add({
      userKey,
      isQueued: false,
      serve() {
        piece();
        return false;
      },
    });
  }

  remove(work: TurnWork): void {
    this.#lines.get(work.userKey)?.ready.remove(work);
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
    const work = line.ready.takeFirst();
    if (work === undefined) return beganMs;
    this.#usedAtLeastMs = line.usedMs;
    this.#inTurnBeganMs = beganMs;
    try {
      const isReady = work.serve();
      if (isReady && work.isUnderWay === true) line.ready.addFirst(work);
      else if (isReady) line.ready.add(work);
    } finally {
      this.#inTurnBeganMs = undefined;
    }
    const endedMs = this.#source.monotonicMs();
    line.usedMs += Math.max(LEAST_COST_MS, endedMs - beganMs);
    return endedMs;
  }

  /** Returns the ready user who has used the least time. If nobody is ready, nobody owes anything. */
  #next(): UserLine | undefined {
    let least: UserLine | undefined;
    for (const line of this.#lines.values()) {
      if (line.ready.size > 0 && (least === undefined || line.usedMs < least.usedMs)) least = line;
    }
    if (least === undefined) for (const line of this.#lines.values()) line.usedMs = this.#usedAtLeastMs;
    if (this.#lines.size > REMEMBERED_USERS) this.#forgetUsers();
    return least;
  }

  /** Forgets users who have nothing ready and owe nothing. */
  #forgetUsers(): void {
    for (const [userKey, line] of this.#lines) {
      if (line.ready.size === 0 && line.usedMs <= this.#usedAtLeastMs) this.#lines.delete(userKey);
    }
  }

  #lineOf(userKey: string): UserLine {
    let line = this.#lines.get(userKey);
    if (line === undefined) {
      line = { ready: new ReadyQueue(), usedMs: this.#usedAtLeastMs };
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
