/**
 * Work in the order in which it became ready, each piece at most once. A Set would do the same, but V8 gives it new
 * memory every few insertions, among the old objects once the Set is one: under a flood 7 MB a second, which only a full
 * collection frees. The ring is created once.
 */

export interface Queued {
  /** Set by the queue; work is in at most one. */
  isQueued: boolean;
}

const FIRST_CAPACITY = 8;

export class ReadyQueue<Work extends Queued> {
  #ring: (Work | undefined)[] = new Array(FIRST_CAPACITY).fill(undefined);
  #first = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds work at the end, unless it is queued already. */
  add(work: Work): void {
    if (work.isQueued) return;
    if (this.#size === this.#ring.length) this.#grow();
    work.isQueued = true;
    this.#ring[this.#at(this.#size++)] = work;
  }

  /** Adds work before all other, unless it is queued already. */
  addFirst(work: Work): void {
    if (work.isQueued) return;
    if (this.#size === this.#ring.length) this.#grow();
    work.isQueued = true;
    this.#first = this.#at(-1);
    this.#ring[this.#first] = work;
    this.#size++;
  }

  takeFirst(): Work | undefined {
    const work = this.#ring[this.#first];
    if (work === undefined) return undefined;
    this.#ring[this.#first] = undefined;
    this.#first = this.#at(1);
    this.#size--;
    work.isQueued = false;
    return work;
  }

  remove(work: Work): void {
    if (!work.isQueued) return;
    let place = 0;
    while (this.#ring[this.#at(place)] !== work) place++;
    this.#size--;
    for (; place < this.#size; place++) this.#ring[this.#at(place)] = this.#ring[this.#at(place + 1)];
    this.#ring[this.#at(this.#size)] = undefined;
    work.isQueued = false;
  }

  /** The length of the ring is a power of two. */
  #at(place: number): number {
    return (this.#first + place) & (this.#ring.length - 1);
  }

  #grow(): void {
    const ring: (Work | undefined)[] = new Array(2 * this.#ring.length).fill(undefined);
    for (let place = 0; place < this.#size; place++) ring[place] = this.#ring[this.#at(place)];
    this.#ring = ring;
    this.#first = 0;
  }
}
