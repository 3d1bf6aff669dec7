/**
 * The bands of the queue. They decide which user is served next: in the highest band that is not empty, the user who was
 * served longest ago.
 *
 * Invariants: a user has a place in a band exactly while one of the user's contexts is in it. The place is in that band's
 * heap, or in NORMAL's while the user has exceeded the fair share.
 */
import { KeyedHeap } from './keyed-heap.js';
import { BAND_COUNT, NORMAL_BAND } from './priority.js';
import { type ContextLine, oldestOf, type UserLine, type UserPlace } from './queue-lines.js';

interface HeldToShare {
  readonly isHeldToShare: boolean;
}

export class Bands<Command extends HeldToShare> {
  readonly #heaps = Array.from({ length: BAND_COUNT }, () => new KeyedHeap<UserPlace<Command>>());
  /** Places above NORMAL that compete in NORMAL because their users have exceeded their share. */
  readonly #lowered = new Set<UserPlace<Command>>();
  readonly #isWithinShare: (user: UserLine<Command>, nowMs: number) => boolean;

  /** `isWithinShare` says whether a user has recently had at most a fair share of the TPM's time. */
  constructor(isWithinShare: (user: UserLine<Command>, nowMs: number) => boolean) {
    this.#isWithinShare = isWithinShare;
  }

  /** Returns the place whose turn it is; undefined if nobody waits. */
  next(nowMs: number): UserPlace<Command> | undefined {
    this.#raiseThoseWithinShare(nowMs);
    for (let band = BAND_COUNT - 1; band >= 0; band--) {
      const place = this.#firstOfBand(band, nowMs);
      if (place !== undefined) return highestOf(place);
    }
    return undefined;
  }

  /** Puts a context that is in no band into one. */
  enter(context: ContextLine<Command>, band: number): void {
    const user = context.user;
    let place = user.places[band];
    if (place === undefined) {
      place = { user, band, competesIn: band, contexts: new KeyedHeap(), key: 0, heapIndex: -1 };
      user.places[band] = place;
    }
    context.band = band;
    place.contexts.insert(context);
    if (place.heapIndex < 0) {
      place.key = user.lastServedTurn;
      place.competesIn = band;
      this.#heapOf(band).insert(place);
    }
  }

  /** Takes a context out of its band. */
  leave(context: ContextLine<Command>): void {
    const place = context.user.places[context.band] as UserPlace<Command>;
    place.contexts.remove(context);
    if (place.contexts.size === 0) {
      this.#heapOf(place.competesIn).remove(place);
      this.#lowered.delete(place);
    }
    context.band = -1;
  }

  /** Gives every place of the user its new key, which puts the user last in each band. */
  served(user: UserLine<Command>, turn: number): void {
    user.lastServedTurn = turn;
    for (const place of user.places) {
      if (place === undefined || place.heapIndex < 0) continue;
      const heap = this.#heapOf(place.competesIn);
      heap.remove(place);
      place.key = turn;
      heap.insert(place);
    }
  }

  /**
   * Returns the first place of a band's heap, after moving places of users who have exceeded their share down to
   * NORMAL.
   */
  #firstOfBand(band: number, nowMs: number): UserPlace<Command> | undefined {
    const heap = this.#heapOf(band);
    for (;;) {
      const place = heap.first();
      if (place === undefined || band <= NORMAL_BAND || this.#mayStandIn(place, nowMs)) return place;
      this.#compete(place, NORMAL_BAND);
      this.#lowered.add(place);
    }
  }

  #raiseThoseWithinShare(nowMs: number): void {
    for (const place of this.#lowered) {
      if (!this.#mayStandIn(place, nowMs)) continue;
      this.#lowered.delete(place);
      this.#compete(place, place.band);
    }
  }

  /** Returns whether the place may compete in a band above NORMAL. */
  #mayStandIn({ user, contexts }: UserPlace<Command>, nowMs: number): boolean {
    const { isHeldToShare } = oldestOf(contexts.first() as ContextLine<Command>);
    return !isHeldToShare || this.#isWithinShare(user, nowMs);
  }

  #compete(place: UserPlace<Command>, band: number): void {
    this.#heapOf(place.competesIn).remove(place);
    place.competesIn = band;
    this.#heapOf(band).insert(place);
  }

  #heapOf(band: number): KeyedHeap<UserPlace<Command>> {
    return this.#heaps[band] as KeyedHeap<UserPlace<Command>>;
  }
}

/**
 * Returns the user's place with the highest band in the same heap: among the user's own contexts, priorities decide.
 */
function highestOf<Command>({ user, competesIn }: UserPlace<Command>): UserPlace<Command> {
  const isInHeap = (other: UserPlace<Command> | undefined) =>
    other !== undefined && other.heapIndex >= 0 && other.competesIn === competesIn;
  return user.places.findLast(isInHeap) as UserPlace<Command>;
}
