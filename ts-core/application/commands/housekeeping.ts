/**
 * The broker's own exchanges that wait for the TPM: closing contexts, administration, callers' questions about the TPM.
 *
 * Invariants: the broker's urgent work goes first, then users take turns. Work that may wait runs one at a time between
 * commands, so that a user who causes it delays nobody.
 */
export interface Chore {
  readonly work: () => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** For whom an exchange runs, and whether queued commands let it pass. */
export interface ChoreUrgency {
  /** The user whose TPM time it uses; undefined for the broker itself. */
  readonly userKey?: string | undefined;
  /** Whether it always runs between commands, even for the broker itself. */
  readonly yieldsToCommands?: boolean;
}

export class Housekeeping {
  readonly #urgent: Chore[] = [];
  /** In the order of the users' turns. */
  readonly #ofUsers = new Map<string, Chore[]>();
  readonly #yielding: Chore[] = [];
  #size = 0;
  /** Whether the last chore taken delayed commands that could have gone first. */
  #heldCommandsUp = false;

  get size(): number {
    return this.#size;
  }

  add(chore: Chore, { userKey, yieldsToCommands = false }: ChoreUrgency): void {
    this.#size++;
    if (yieldsToCommands) this.#yielding.push(chore);
    else if (userKey === undefined) this.#urgent.push(chore);
    else {
      const line = this.#ofUsers.get(userKey);
      if (line === undefined) this.#ofUsers.set(userKey, [chore]);
      else line.push(chore);
    }
  }

  addFirst(chore: Chore): void {
    this.#size++;
    this.#urgent.unshift(chore);
  }

  /** Removes and returns all waiting chores. */
  removeAll(): readonly Chore[] {
    const all = [...this.#urgent.splice(0), ...[...this.#ofUsers.values()].flat(), ...this.#yielding.splice(0)];
    this.#ofUsers.clear();
    this.#size = 0;
    return all;
  }

  /** Records that a command was dispatched instead, so that yielding work may be next. */
  commandTaken(): void {
    this.#heldCommandsUp = false;
  }

  /**
   * Takes the next chore. While commands are queued, chores of users beyond their share of the TPM, and chores that
   * yield, alternate with commands.
   */
  next(commandsWait: boolean, isWithinShare: (userKey: string) => boolean): Chore | undefined {
    const chore = this.#urgent.shift() ?? this.#ofSomeUser(isWithinShare) ?? this.#between(commandsWait);
    if (chore !== undefined) this.#size--;
    return chore;
  }

  #between(commandsWait: boolean): Chore | undefined {
    if (commandsWait && this.#heldCommandsUp) return undefined;
    const chore = this.#ofSomeUser(() => true) ?? this.#yielding.shift();
    if (chore !== undefined) this.#heldCommandsUp = true;
    return chore;
  }

  #ofSomeUser(may: (userKey: string) => boolean): Chore | undefined {
    for (const [userKey, line] of this.#ofUsers) {
      if (!may(userKey)) continue;
      const chore = line.shift();
      this.#ofUsers.delete(userKey);
      // The user's turn is over: back to the end of the line.
      if (line.length > 0) this.#ofUsers.set(userKey, line);
      return chore;
    }
    return undefined;
  }
}
