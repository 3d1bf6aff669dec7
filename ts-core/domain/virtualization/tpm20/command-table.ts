/**
 * What the TPM says of its own commands: how many handles each takes, whether it returns one, whether it flushes.
 */
import type { Exchange } from '../../tpm/exchange.js';
import { type CommandAttributes, decodeCommandAttributes } from '../../tpm20/structures.js';
import { listCommands } from './capability-query.js';

const STANDARD_CODES = 0x1000;

export class CommandTable {
  /** Standard codes by number, so that the fast path costs one array access. */
  readonly #standard: (CommandAttributes | undefined)[] = new Array(STANDARD_CODES).fill(undefined);
  readonly #others = new Map<number, CommandAttributes>();

  constructor(tpmaCc: readonly number[]) {
    for (const attributes of tpmaCc) {
      const command = decodeCommandAttributes(attributes);
      if (command.code < STANDARD_CODES) this.#standard[command.code] = command;
      else this.#others.set(command.code, command);
    }
  }

  static *read(): Exchange<CommandTable> {
    return new CommandTable(yield* listCommands());
  }

  /** Undefined: the TPM has no such command. */
  of(code: number): CommandAttributes | undefined {
    return code < STANDARD_CODES ? this.#standard[code] : this.#others.get(code);
  }

  codes(): readonly number[] {
    const codes: number[] = [];
    for (const command of this.#standard) if (command) codes.push(command.code);
    return [...codes, ...this.#others.keys()];
  }
}
