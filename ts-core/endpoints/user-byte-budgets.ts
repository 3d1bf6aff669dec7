/**
 * Limits how many bytes the broker holds for one user, over all connections.
 *
 * `reading` covers requests from their first byte until they are served: bytes that have arrived, and bytes that an
 * incomplete message still needs. `calling` covers what calls in progress may need, and the replies that a batch keeps
 * until its last call is answered. `replying` covers unread replies. Each has its own budget, so that nothing waits for
 * itself: serving a message frees the bytes of reading it, and answering a call those of serving it.
 */
import type { Caller } from '../domain/caller.js';

export interface UserByteBudget {
  readonly reading: ByteBudget;
  readonly calling: ByteBudget;
  readonly replying: ByteBudget;
}

export interface BudgetWaiter {
  /** Called once for each `waitForRoom`, when there may be room again. */
  roomAgain(): void;
}

/** A budget of bytes. A user who finds it full waits, and is called back when half of it is free. */
export class ByteBudget {
  readonly #waiting = new Set<BudgetWaiter>();
  #used = 0;

  constructor(readonly capacity: number) {}

  get used(): number {
    return this.#used;
  }

  get isFull(): boolean {
    return this.#used >= this.capacity;
  }

  /** Takes the bytes if there is room. An empty budget always grants them, so that no request is too large forever. */
  tryTake(bytes: number): boolean {
    if (this.#used > 0 && this.#used + bytes > this.capacity) return false;
    this.#used += bytes;
    return true;
  }

  /** Takes the bytes unconditionally, because they exist already. */
  take(bytes: number): void {
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
    // Notify all waiters together at half: notifying everybody of each freed byte would itself be a flood.
    if (this.#used > this.capacity / 2 || this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const waiter of waiting) waiter.roomAgain();
  }

  waitForRoom(waiter: BudgetWaiter): void {
    this.#waiting.add(waiter);
  }

  stopWaiting(waiter: BudgetWaiter): void {
    this.#waiting.delete(waiter);
  }
}

/** Charges a budget with the bytes that one connection holds, a number that changes as the peer reads. */
export class ChargedBytes {
  #charged = 0;
  readonly #budget: ByteBudget;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  /** Like `is`, but fails if the budget has no room for the increase. */
  tryBe(bytes: number): boolean {
    const more = bytes - this.#charged;
    if (more <= 0) this.is(bytes);
    else if (!this.#budget.tryTake(more)) return false;
    this.#charged = bytes;
    return true;
  }

  is(bytes: number): void {
    const difference = bytes - this.#charged;
    if (difference === 0) return;
    this.#charged = bytes;
    if (difference > 0) this.#budget.take(difference);
    else this.#budget.give(-difference);
  }
}

/** The budgets of the connected users, over all endpoints. */
export class UserByteBudgets {
  readonly #byUser = new Map<string, { readonly budget: UserByteBudget; connections: number }>();
  readonly #bytesPerUser: number;

  constructor(bytesPerUser: number) {
    this.#bytesPerUser = bytesPerUser;
  }

  /** Adds one connection of the user, until `leave`. */
  join({ userKey }: Caller): UserByteBudget {
    let entry = this.#byUser.get(userKey);
    if (entry === undefined) {
      const part = (share: number) => new ByteBudget(Math.ceil(this.#bytesPerUser * share));
      entry = { budget: { reading: part(1 / 2), calling: part(1 / 4), replying: part(1 / 4) }, connections: 0 };
      this.#byUser.set(userKey, entry);
    }
    entry.connections++;
    return entry.budget;
  }

  leave({ userKey }: Caller): void {
    const entry = this.#byUser.get(userKey);
    if (entry === undefined) return;
    entry.connections--;
    // Keep users whose closed connections still have work in progress, so that they are charged when they return.
    for (const [key, { budget, connections }] of this.#byUser) {
      const { reading, calling, replying } = budget;
      if (connections === 0 && reading.used + calling.used + replying.used === 0) this.#byUser.delete(key);
    }
  }
}
