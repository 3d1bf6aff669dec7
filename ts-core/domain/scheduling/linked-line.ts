/** A line in which any member can leave in O(1), so that nothing that left is kept until its turn would have come. */
export interface LineNode<Item> {
  readonly item: Item;
  previous: LineNode<Item> | undefined;
  next: LineNode<Item> | undefined;
}

export class LinkedLine<Item> {
  private head: LineNode<Item> | undefined;
  private tail: LineNode<Item> | undefined;

  first(): Item | undefined {
    return this.head?.item;
  }

  push(item: Item): LineNode<Item> {
    const node: LineNode<Item> = { item, previous: this.tail, next: undefined };
    if (this.tail === undefined) this.head = node;
    else this.tail.next = node;
    this.tail = node;
    return node;
  }

  /** The node must be in this line. */
  remove(node: LineNode<Item>): void {
    if (node.previous === undefined) this.head = node.next;
    else node.previous.next = node.next;
    if (node.next === undefined) this.tail = node.previous;
    else node.next.previous = node.previous;
    node.previous = undefined;
    node.next = undefined;
  }
}
