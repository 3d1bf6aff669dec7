/**
 * A line in which any member can leave in O(1), so that nothing that left is kept until its turn would have come. The
 * members carry the links themselves: a long line is no more objects than it has members.
 */
export interface LineMember<Member> {
  /** Owned by the line; undefined outside of it, and at its ends. */
  previous: Member | undefined;
  next: Member | undefined;
}

export class LinkedLine<Member extends LineMember<Member>> {
  #head: Member | undefined;
  #tail: Member | undefined;

  first(): Member | undefined {
    return this.#head;
  }

  push(member: Member): void {
    member.previous = this.#tail;
    if (this.#tail === undefined) this.#head = member;
    else this.#tail.next = member;
    this.#tail = member;
  }

  /** The member must be in this line. */
  remove(member: Member): void {
    if (member.previous === undefined) this.#head = member.next;
    else member.previous.next = member.next;
    if (member.next === undefined) this.#tail = member.previous;
    else member.next.previous = member.previous;
    member.previous = undefined;
    member.next = undefined;
  }
}
