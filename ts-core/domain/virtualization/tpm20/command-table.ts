/**
 * What the TPM says of its own commands: how many handles each takes, whether it returns one, whether it flushes.
 *
 * TPMA_CC, TPM 2.0 Library Part 2, 8.9: commandIndex 15:0, nv 22, extensive 23, flushed 24, cHandles 27:25, rHandle 28, V 29.
 */
import type { Exchange } from '../../tpm/exchange.js';
import { listCommands } from './capability-query.js';

export interface CommandAttributes {
  readonly code: number;
  /** Handles at the start of the command. */
  readonly handleCount: number;
  /** The response starts with the handle of something new. */
  readonly returnsHandle: boolean;
  /** On success, the transient objects of the handle area are flushed (SequenceComplete and its like). */
  readonly flushesHandles: boolean;
}

const STANDARD_CODES = 0x1000;

export class CommandTable {
  /** Standard codes by number, so that the fast path costs one array access. */
  readonly #standard: (CommandAttributes | undefined)[] = new Array(STANDARD_CODES).fill(undefined);
  readonly #others = new Map<number, CommandAttributes>();

  constructor(tpmaCc: readonly number[]) {
    for (const attributes of tpmaCc) {
      const command = decodeTpmaCc(attributes);
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

export function decodeTpmaCc(attributes: number): CommandAttributes {
  return {
    code: (attributes & 0x2000ffff) >>> 0,
    handleCount: (attributes >>> 25) & 7,
    returnsHandle: ((attributes >>> 28) & 1) === 1,
    flushesHandles: ((attributes >>> 24) & 1) === 1,
  };
}
