/**
 * Where the handles and sessions are in a TPM 2.0 command. How many handles a command has comes from the TPM itself, so
 * that a revision or a vendor command unknown here is handled as the TPM understands it.
 *
 * TPM 2.0 Library Part 1, 18.4 to 18.6: handles, authorizationSize (4), then per session: handle (4), nonce (2 + n),
 * attributes (1), hmac (2 + n).
 */
import { HEADER_BYTES, readUint16, readUint32 } from '../tpm/command-header.js';
import { TPM_RC, TPM_ST } from './codes.js';
import { aboutHandle } from './responses.js';
import type { CommandAttributes } from './structures.js';

/** Room for the codes of the specification and of its next revisions; vendors' commands have bit 29 set. */
const STANDARD_CODES = 4096;

/** The commands that the TPM has. */
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

  /** Returns undefined if the TPM has no such command. */
  of(code: number): CommandAttributes | undefined {
    return code < STANDARD_CODES ? this.#standard[code] : this.#others.get(code);
  }

  codes(): readonly number[] {
    const codes: number[] = [];
    for (const command of this.#standard) if (command) codes.push(command.code);
    return [...codes, ...this.#others.keys()];
  }
}

/** TPM 2.0 Library Part 1, 18.6: at most three sessions in a command. */
export const MAX_SESSIONS = 3;
const MIN_SESSION_BYTES = 9;

/**
 * The handle area and the authorization area of a command, read into one reused record so that nothing is allocated.
 */
export class CommandAreas {
  handleCount = 0;
  readonly handles = new Uint32Array(7);
  sessionCount = 0;
  readonly sessionHandles = new Uint32Array(MAX_SESSIONS);
  readonly sessionAttributes = new Uint8Array(MAX_SESSIONS);
  /** Where each session's nonceCaller is, behind its length. */
  readonly sessionNonceOffsets = new Uint32Array(MAX_SESSIONS);
  readonly sessionNonceBytes = new Uint16Array(MAX_SESSIONS);
  /** Length of each session's hmac field, which holds the password itself in a session of TPM_RS_PW. */
  readonly sessionHmacBytes = new Uint16Array(MAX_SESSIONS);
  /** Where the parameters begin. */
  parametersOffset = 0;

  /** Reads both areas; returns 0, or the response code that a TPM gives for what is wrong with them. */
  read(command: Uint8Array, handleCount: number): number {
    this.handleCount = handleCount;
    this.sessionCount = 0;
    let offset = HEADER_BYTES;
    for (let position = 0; position < handleCount; position++) {
      if (offset + 4 > command.length) return aboutHandle(TPM_RC.INSUFFICIENT, position);
      this.handles[position] = readUint32(command, offset);
      offset += 4;
    }
    this.parametersOffset = offset;
    return readUint16(command, 0) === TPM_ST.SESSIONS ? this.#readSessions(command, offset) : 0;
  }

  #readSessions(command: Uint8Array, start: number): number {
    if (start + 4 > command.length) return TPM_RC.INSUFFICIENT;
    const areaBytes = readUint32(command, start);
    let offset = start + 4;
    const end = offset + areaBytes;
    if (areaBytes < MIN_SESSION_BYTES || end > command.length) return TPM_RC.SIZE;
    while (offset < end) {
      if (this.sessionCount === MAX_SESSIONS || offset + MIN_SESSION_BYTES > end) return TPM_RC.SIZE;
      const nonceBytes = readUint16(command, offset + 4);
      const attributesOffset = offset + 6 + nonceBytes;
      if (attributesOffset + 3 > end) return TPM_RC.SIZE;
      const hmacBytes = readUint16(command, attributesOffset + 1);
      const next = attributesOffset + 3 + hmacBytes;
      if (next > end) return TPM_RC.SIZE;
      this.sessionHandles[this.sessionCount] = readUint32(command, offset);
      this.sessionNonceOffsets[this.sessionCount] = offset + 6;
      this.sessionNonceBytes[this.sessionCount] = nonceBytes;
      this.sessionAttributes[this.sessionCount] = command[attributesOffset] as number;
      this.sessionHmacBytes[this.sessionCount] = hmacBytes;
      this.sessionCount++;
      offset = next;
    }
    this.parametersOffset = end;
    return 0;
  }
}
