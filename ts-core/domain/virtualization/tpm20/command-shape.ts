/** Which commands the TPM has, and which handles each of them takes and returns, as the TPM itself says. */
import type { CommandAttributes } from '../../tpm20/structures.js';

/** Commands of the specification have codes below this one; vendors' commands have bit 29 set. */
const STANDARD_CODES = 0x1000;

export class CommandTable {
  /** Indexed by code, so that finding a command of the specification costs one array access. */
  readonly #standard: (CommandAttributes | undefined)[] = new Array(STANDARD_CODES).fill(undefined);
  readonly #others = new Map<number, CommandAttributes>();

  constructor(commands: readonly CommandAttributes[]) {
    for (const command of commands) {
      if (command.code < STANDARD_CODES) this.#standard[command.code] = command;
      else this.#others.set(command.code, command);
    }
  }

  /** Undefined when the TPM has no such command. */
  of(code: number): CommandAttributes | undefined {
    return code < STANDARD_CODES ? this.#standard[code] : this.#others.get(code);
  }

  codes(): readonly number[] {
    const codes: number[] = [];
    for (const command of this.#standard) if (command) codes.push(command.code);
    return [...codes, ...this.#others.keys()];
  }
}
