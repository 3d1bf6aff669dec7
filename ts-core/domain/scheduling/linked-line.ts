/**
 * A linked list from which any member can be removed in O(1), so that a removed command frees its memory immediately.
 * The links are in the members themselves, so the list allocates nothing.
 */
export interface LineMember<Member> {
  /** Owned by the line; undefined at the ends and outside the line. */
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
