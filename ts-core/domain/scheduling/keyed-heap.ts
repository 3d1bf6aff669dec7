/**
 * A binary min-heap whose members know their position, so that any member can be removed in O(log n).
 *
 * A key must not change while its member is in the heap: remove the member, change the key, and insert it again.
 */
export interface HeapMember {
  /** Smallest first. */
  key: number;
  /** Position in the heap; -1 outside. Owned by the heap. */
  heapIndex: number;
}

export class KeyedHeap<Member extends HeapMember> {
  readonly #members: Member[] = [];

  get size(): number {
    return this.#members.length;
  }

  first(): Member | undefined {
    return this.#members[0];
  }

  insert(member: Member): void {
    member.heapIndex = this.#members.length;
    this.#members.push(member);
    this.#rise(member);
  }

  remove(member: Member): void {
    const index = member.heapIndex;
    const last = this.#members.pop() as Member;
    member.heapIndex = -1;
    if (last === member) return;
    this.#members[index] = last;
    last.heapIndex = index;
    this.#rise(last);
    this.#sink(last);
  }

  #rise(member: Member): void {
    let index = member.heapIndex;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#members[parentIndex] as Member;
      if (parent.key <= member.key) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(member, index);
  }

  #sink(member: Member): void {
    let index = member.heapIndex;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= this.#members.length) break;
      const right = this.#members[childIndex + 1];
      if (right !== undefined && right.key < (this.#members[childIndex] as Member).key) childIndex++;
      const child = this.#members[childIndex] as Member;
      if (child.key >= member.key) break;
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(member, index);
  }

  #place(member: Member, index: number): void {
    this.#members[index] = member;
    member.heapIndex = index;
  }
}
