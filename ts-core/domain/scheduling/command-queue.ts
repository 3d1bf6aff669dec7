/**
 * The queue in front of the TPM: which command is dispatched next. The bands decide whose turn it is; the queue has the
 * lines of the users' contexts, aging, and the runs of one context that save swaps.
 *
 * Rule (docs/scheduling.md has the proof of the bound):
 *  - A command's effective priority is its own until it has waited for the aging horizon, and above everything after.
 *  - A context counts in the band of the highest effective priority that waits in it, and is never reordered.
 *  - In the highest band that is not empty, the user who was served longest ago goes first; of that user, the context
 *    that was served longest ago; of that context, the oldest command.
 *  - A standard user who has had more than a fair share of the TPM's time competes with other users in the NORMAL band
 *    with all commands above NORMAL; among the user's own contexts, priority still decides.
 *
 * Invariants: a context with waiting commands is in exactly one band; a key is the turn in which its member was last
 * served, so whoever is served goes behind everybody who waits.
 */
import { Bands } from './bands.js';
import { LinkedLine } from './linked-line.js';
import { AGED_BAND, BAND_COUNT, bandOf } from './priority.js';
import {
  type Arrival,
  type ContextLine,
  type Entry,
  highestBand,
  oldestOf,
  type QueuePlace,
  type UserLine,
  type UserPlace,
  waitingByBand,
} from './queue-lines.js';
import { TpmShare } from './tpm-share.js';

export interface QueuedCommand {
  readonly contextId: number;
  readonly userKey: string;
  /** The applied priority. */
  readonly priority: number;
  /**
   * Whether a priority above NORMAL counts only within a fair share of the TPM's time: true for all except
   * administrators.
   */
  readonly isHeldToShare: boolean;
}

export interface QueueOptions {
  /** A command that has waited this long is dispatched before every command that has not. */
  readonly agingHorizonMs: number;
  /** How many commands in a row one context may run within its user's turns, as long as each of them saves a swap. */
  readonly longestRun: number;
}

/** Returns whether dispatching `kept`, from the current context, before `other` saves a swap. */
export type SavesSwap<Command> = (kept: Command, other: Command) => boolean;

const never = (): boolean => false;

/**
 * How many users without waiting commands keep their turn; beyond this limit, a returning user counts as just served.
 */
const REMEMBERED_USERS = 4096;

export class CommandQueue<Command extends QueuedCommand> {
  readonly #users = new Map<string, UserLine<Command>>();
  readonly #bands = new Bands<Command>((user, nowMs) => this.#isWithinShare(user, nowMs));
  readonly #arrivals = new LinkedLine<Arrival<Command>>();
  #waiting = 0;
  #waitingUsers = 0;
  /** Who had the TPM last, if commands have been waiting ever since. */
  #lastUser: UserLine<Command> | undefined;
  #lastUseEndedMs = 0;
  #turn = 0;
  readonly #options: QueueOptions;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#waiting;
  }

  waitingOfUser(userKey: string): number {
    return this.#users.get(userKey)?.waiting ?? 0;
  }

  waitingOfContext(userKey: string, contextId: number): number {
    const context = this.#users.get(userKey)?.contexts.get(contextId);
    return context === undefined ? 0 : context.waitingByBand.reduce((sum, count) => sum + count, 0);
  }

  /** Adds a command at the end of its context. `nowMs` is monotonic and never smaller than in an earlier call. */
  push(command: Command, nowMs: number): QueuePlace {
    const context = this.#contextOf(command);
    const entry: Entry<Command> = {
      command,
      context,
      band: bandOf(command.priority),
      agesAtMs: nowMs + this.#options.agingHorizonMs,
      isWaiting: true,
      arrival: undefined,
      previous: undefined,
      next: undefined,
    };
    entry.arrival = { entry, previous: undefined, next: undefined };
    context.line.push(entry);
    this.#arrivals.push(entry.arrival);
    this.#waiting++;
    if (context.user.waiting++ === 0) this.#waitingUsers++;
    this.#count(context, entry.band, 1);
    return entry;
  }

  /**
   * Takes the next command out of the queue. If the user's last-served context is in the same band as the context whose
   * turn it is, `savesSwap` says whether running the former's next command (the first argument) first saves a swap. If
   * so, that command goes first, for at most `longestRun` in a row; this never costs another user a turn.
   */
  next(nowMs: number, savesSwap: SavesSwap<Command> = never): Command | undefined {
    this.#ageUntil(nowMs);
    this.#chargePause(nowMs);
    const place = this.#bands.next(nowMs);
    return place === undefined ? undefined : this.#serve(place, savesSwap);
  }

  /** Returns the users whose commands wait, with the number of commands in each band. */
  waitingByUser(): { readonly userKey: string; readonly byBand: readonly number[] }[] {
    return [...this.#users.values()]
      .filter(({ waiting }) => waiting > 0)
      .map((user) => ({ userKey: user.userKey, byBand: waitingByBand(user) }));
  }

  /** Returns whether the user has recently had at most a fair share of the TPM's time. */
  isWithinShare(userKey: string, nowMs: number): boolean {
    const user = this.#users.get(userKey);
    return user === undefined || this.#isWithinShare(user, nowMs);
  }

  /**
   * Records that the TPM worked for the user, or for the broker if `userKey` is undefined, for `durationMs`, ending at
   * `nowMs`. If commands wait, the user is also charged for the time until the next one is taken.
   */
  charge(userKey: string | undefined, durationMs: number, nowMs: number): void {
    const user = userKey === undefined ? undefined : this.#users.get(userKey);
    user?.share.used(durationMs, nowMs);
    this.#lastUser = this.#waiting === 0 ? undefined : user;
    this.#lastUseEndedMs = nowMs;
  }

  /** Removes a waiting command; returns false if it no longer waits. */
  remove(place: QueuePlace): boolean {
    if (!place.isWaiting) return false;
    const entry = place as Entry<Command>;
    this.#bands.leave(entry.context);
    this.#leave(entry);
    return true;
  }

  /** Removes everything that waits in a context, and returns it oldest first. */
  removeContext(userKey: string, contextId: number): Command[] {
    const context = this.#users.get(userKey)?.contexts.get(contextId);
    const removed: Command[] = [];
    if (context === undefined) return removed;
    for (let entry = context.line.first(); entry !== undefined; entry = context.line.first()) {
      this.#bands.leave(entry.context);
      this.#leave(entry);
      removed.push(entry.command);
    }
    return removed;
  }

  /** Forgets a closed context, which must have nothing waiting. */
  forgetContext(userKey: string, contextId: number): void {
    this.#users.get(userKey)?.contexts.delete(contextId);
  }

  #isWithinShare({ share }: UserLine<Command>, nowMs: number): boolean {
    return share.of(nowMs) * this.#waitingUsers <= 1;
  }

  /**
   * Charges the pause between two commands to the user of the first. On a busy machine the TPM waits for the broker longer
   * than it works: without this, a user who has every command would seem to have had little of the TPM's time.
   */
  #chargePause(nowMs: number): void {
    this.#lastUser?.share.used(nowMs - this.#lastUseEndedMs, nowMs);
    this.#lastUser = undefined;
  }

  #contextOf(command: Command): ContextLine<Command> {
    const user = this.#userOf(command.userKey);
    let context = user.contexts.get(command.contextId);
    if (context === undefined) {
      context = {
        contextId: command.contextId,
        user,
        line: new LinkedLine(),
        waitingByBand: new Array<number>(BAND_COUNT).fill(0),
        band: -1,
        // A newcomer counts as just served, so that an endless series of new contexts cannot overtake a waiting one.
        key: ++this.#turn,
        heapIndex: -1,
      };
      user.contexts.set(command.contextId, context);
    }
    return context;
  }

  #userOf(userKey: string): UserLine<Command> {
    let user = this.#users.get(userKey);
    if (user === undefined) {
      if (this.#users.size >= REMEMBERED_USERS) this.#forgetIdleUsers();
      user = {
        userKey,
        lastServedTurn: ++this.#turn,
        waiting: 0,
        contexts: new Map(),
        share: new TpmShare(),
        places: [],
        runContext: undefined,
        runLength: 0,
      };
      this.#users.set(userKey, user);
    }
    return user;
  }

  #forgetIdleUsers(): void {
    for (const [userKey, user] of this.#users) {
      if (user.waiting === 0) this.#users.delete(userKey);
    }
  }

  #serve(place: UserPlace<Command>, savesSwap: SavesSwap<Command>): Command {
    const user = place.user;
    const context = this.#chooseContext(place, savesSwap);
    const entry = context.line.first() as Entry<Command>;
    const turn = ++this.#turn;
    this.#bands.leave(context);
    context.key = turn;
    this.#bands.served(user, turn);
    this.#leave(entry);
    return entry.command;
  }

  #chooseContext(place: UserPlace<Command>, savesSwap: SavesSwap<Command>): ContextLine<Command> {
    const { user, band } = place;
    const run = user.runContext;
    const context = place.contexts.first() as ContextLine<Command>;
    const mayGoOn = run !== undefined && run.band === band && user.runLength < this.#options.longestRun;
    if (context === run || (mayGoOn && savesSwap(oldestOf(run), oldestOf(context)))) {
      user.runLength++;
      return run as ContextLine<Command>;
    }
    user.runLength = 1;
    user.runContext = context;
    return context;
  }

  /** Marks commands that have waited for the horizon. Arrivals are in order of time, so it only checks the front. */
  #ageUntil(nowMs: number): void {
    for (let arrival = this.#arrivals.first(); arrival !== undefined; arrival = this.#arrivals.first()) {
      const { entry } = arrival;
      if (entry.agesAtMs > nowMs) return;
      this.#arrivals.remove(arrival);
      entry.arrival = undefined;
      (entry.context.waitingByBand[entry.band] as number)--;
      this.#count(entry.context, AGED_BAND, 1);
    }
  }

  /** Removes the entry, and then inserts its context, which is in no band now, where the remaining commands belong. */
  #leave(entry: Entry<Command>): void {
    const context = entry.context;
    entry.isWaiting = false;
    if (--this.#waiting === 0) this.#lastUser = undefined;
    context.line.remove(entry);
    if (entry.arrival !== undefined) this.#arrivals.remove(entry.arrival);
    if (--context.user.waiting === 0) this.#waitingUsers--;
    (context.waitingByBand[entry.arrival === undefined ? AGED_BAND : entry.band] as number)--;
    const band = highestBand(context);
    if (band >= 0) this.#bands.enter(context, band);
  }

  #count(context: ContextLine<Command>, band: number, change: number): void {
    context.waitingByBand[band] = (context.waitingByBand[band] as number) + change;
    if (band <= context.band) return;
    if (context.band >= 0) this.#bands.leave(context);
    this.#bands.enter(context, band);
  }
}
