/**
 * How many bytes the broker keeps for one user, whatever the number of his connections.
 *
 * `reading` holds requests from their first byte until they are served: what has arrived, and what a message that was
 * begun still needs. `replying` holds what calls that are under way may need, and replies that nobody has read. They are
 * two so that a message can always be served when it is complete: serving frees what it took to read it.
 */
import type { Caller } from '../domain/caller.js';

export interface UserBudget {
  readonly reading: ByteBudget;
  readonly replying: ByteBudget;
}

export interface BudgetWaiter {
  /** There may be room again; called once for each `waitForRoom`. */
  roomAgain(): void;
}

/** An account of bytes. Who finds it full waits, and is called when half of it is free. */
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

  /** Takes the bytes if there is room; from an empty account always, so that nothing is too large for ever. */
  tryTake(bytes: number): boolean {
    if (this.#used > 0 && this.#used + bytes > this.capacity) return false;
    this.#used += bytes;
    return true;
  }

  /** For what is there already. */
  take(bytes: number): void {
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
    // All at once, at half: were each byte that is freed told to everybody who waits, the telling would be the flood.
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

/** Charges an account with what one connection has there, which changes as the peer reads. */
export class ChargedBytes {
  #charged = 0;
  readonly #budget: ByteBudget;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  /** As `is`, unless the account has no room for what is more. */
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

/** The budgets of the users who are connected, over all endpoints. */
export class UserBudgets {
  readonly #byUser = new Map<string, { readonly budget: UserBudget; connections: number }>();
  readonly #bytesPerUser: number;

  constructor(bytesPerUser: number) {
    this.#bytesPerUser = bytesPerUser;
  }

  /** For one connection, until `leave`. */
  join({ userKey }: Caller): UserBudget {
    let entry = this.#byUser.get(userKey);
    if (entry === undefined) {
      const half = Math.ceil(this.#bytesPerUser / 2);
      entry = { budget: { reading: new ByteBudget(half), replying: new ByteBudget(half) }, connections: 0 };
      this.#byUser.set(userKey, entry);
    }
    entry.connections++;
    return entry.budget;
  }

  leave({ userKey }: Caller): void {
    const entry = this.#byUser.get(userKey);
    if (entry === undefined) return;
    entry.connections--;
    // What a connection has left under way is still charged to the user who comes back meanwhile.
    for (const [key, { budget, connections }] of this.#byUser) {
      if (connections === 0 && budget.reading.used + budget.replying.used === 0) this.#byUser.delete(key);
    }
  }
}
