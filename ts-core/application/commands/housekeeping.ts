/**
 * Exchanges of the broker's own that wait for the TPM: closing contexts, administration, what callers ask about the TPM.
 *
 * Invariants: what the broker must do at once goes first; of the rest, users take turns. What need not come before the
 * commands that wait goes one at a time between them, so that whoever causes it holds nobody up.
 */
export interface Chore {
  readonly work: () => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** For whom an exchange is, and whether commands that wait let it pass. */
export interface ChoreUrgency {
  /** Whose use of the TPM it is; the broker's own without. */
  readonly userKey?: string | undefined;
  /** Whether it goes one at a time between commands, whoever asked. */
  readonly yieldsToCommands?: boolean;
}

export class Housekeeping {
  readonly #urgent: Chore[] = [];
  /** In the order in which users take turns. */
  readonly #ofUsers = new Map<string, Chore[]>();
  readonly #yielding: Chore[] = [];
  #size = 0;
  /** Whether the last one that was taken made commands wait that need not have. */
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

  /** Takes all that wait. */
  removeAll(): readonly Chore[] {
    const all = [...this.#urgent.splice(0), ...[...this.#ofUsers.values()].flat(), ...this.#yielding.splice(0)];
    this.#ofUsers.clear();
    this.#size = 0;
    return all;
  }

  /** A command has been taken instead: what yields may be next. */
  commandTaken(): void {
    this.#heldCommandsUp = false;
  }

  /**
   * Takes the next chore. While commands wait, those of users beyond their share of the TPM, and those that yield, come
   * only after a command.
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
      // Behind the others.
      if (line.length > 0) this.#ofUsers.set(userKey, line);
      return chore;
    }
    return undefined;
  }
}
