/**
 * The physical presence interface of the Linux kernel in /sys/class/tpm/tpmN/ppi: one file per function; each read or
 * write calls the firmware once. For the format, see Linux' Documentation/ABI/testing/sysfs-driver-ppi.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { PhysicalPresence, PhysicalPresenceAnswer } from '../../application/ports/firmware.js';
import { TbsError } from '../../domain/tbs-error.js';
import { errorCode, type KernelRead, readKernelFile } from './kernel-file.js';

/** sysfs returns one page at most. */
const MAX_BYTES = 65_536;

export class PhysicalPresenceSysfs implements PhysicalPresence {
  readonly #currentFolder: () => string;

  /** `currentFolder` is called before each use, because the folder depends on the TPM's current name. */
  constructor(currentFolder: () => string) {
    this.#currentFolder = currentFolder;
  }

  async version(): Promise<string> {
    const text = await this.#read('version');
    // The kernel creates the folder before the firmware has reported a version.
    if (text === '') throw this.#notSupported('names no version');
    return text;
  }

  async pendingOperation(): Promise<number> {
    return this.#leadingNumber('request', await this.#read('request'));
  }

  async transitionAction(): Promise<number> {
    return this.#leadingNumber('transition_action', await this.#read('transition_action'));
  }

  async lastAnswer(): Promise<PhysicalPresenceAnswer | undefined> {
    const text = await this.#read('response');
    const operation = this.#leadingNumber('response', text);
    if (operation === 0) return undefined;
    const result = /^\d+ (0x[0-9a-f]{1,8}|\d{1,20}):/i.exec(text)?.[1];
    if (result === undefined) throw this.#malformed('response', text);
    return { operation, result: Number(BigInt.asUintN(32, BigInt(result))) };
  }

  async confirmations(): Promise<ReadonlyMap<number, number> | undefined> {
    const standard = await this.#readIfOffered('tcg_operations');
    const vendors = await this.#readIfOffered('vs_operations');
    if (standard === undefined && vendors === undefined) return undefined;
    const states = new Map<number, number>();
    for (const text of [standard ?? '', vendors ?? '']) {
      for (const [, operation, state] of text.matchAll(/^(\d{1,3}) (\d):/gm))
        states.set(Number(operation), Number(state));
    }
    return states;
  }

  async request(operation: number): Promise<void> {
    // Without O_CREAT: a plain file in its place would accept every request and do nothing.
    const flags = constants.O_WRONLY | constants.O_TRUNC;
    try {
      await using file = await open(join(this.#folder, 'request'), flags);
      await file.write(`${operation}\n`);
    } catch (error) {
      throw this.#refused(operation, error);
    }
  }

  /** Returns the text of a file without its line ending. */
  async #read(file: string): Promise<string> {
    return this.#textOf(file, await readKernelFile(join(this.#folder, file), MAX_BYTES));
  }

  #textOf(file: string, read: KernelRead): string {
    switch (read.verdict) {
      case 'read':
        return new TextDecoder().decode(read.bytes).trim();
      case 'missing':
        throw this.#notSupported(`has no ${file}`);
      case 'tooLong':
        throw this.#malformed(file, '');
      case 'failed':
        throw new TbsError('TBS_E_IOERROR', {
          message: `The firmware did not answer: ${join(this.#folder, file)} gives ${errorCode(read.cause)}.`,
          action: 'See the log of the kernel for ACPI errors; a firmware update may fix it.',
          details: { file, error: errorCode(read.cause) },
          cause: read.cause,
        });
    }
  }

  /**
   * Reads a list of operations. Undefined if the firmware cannot report its operations (before version 1.2), for which
   * the kernel returns EPERM. An empty file means that the firmware supports none.
   */
  async #readIfOffered(file: string): Promise<string | undefined> {
    const read = await readKernelFile(join(this.#folder, file), MAX_BYTES);
    if (read.verdict === 'missing') return undefined;
    if (read.verdict === 'failed' && errorCode(read.cause) === 'EPERM') return undefined;
    return this.#textOf(file, read);
  }

  get #folder(): string {
    return this.#currentFolder();
  }

  #leadingNumber(file: string, text: string): number {
    const digits = /^\d{1,10}/.exec(text)?.[0];
    if (digits === undefined) throw this.#malformed(file, text);
    return Number(digits);
  }

  #refused(operation: number, cause: unknown): TbsError {
    const code = errorCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENODEV')
      return this.#notSupported('has no request', cause);
    // The kernel returns EPERM for the firmware's result 1 (not implemented), another error for a general failure.
    if (code === 'EPERM') {
      return new TbsError('TBS_E_PPI_FUNCTION_UNSUPPORTED', {
        message: `The firmware does not implement physical presence operation ${operation}.`,
        details: { operation },
        cause,
      });
    }
    return new TbsError('TBS_E_IOERROR', {
      message: `The firmware did not accept physical presence operation ${operation} (${code}).`,
      action: 'Try again after a restart, or use the firmware set-up of the machine instead.',
      details: { operation, error: code },
      cause,
    });
  }

  #notSupported(why: string, cause?: unknown): TbsError {
    return new TbsError('TBS_E_PPI_NOT_SUPPORTED', {
      message: `This platform has no physical presence interface: ${this.#folder} ${why}.`,
      details: { path: this.#folder },
      cause,
    });
  }

  #malformed(file: string, text: string): TbsError {
    return new TbsError('TBS_E_IOERROR', {
      message: `Cannot parse the firmware's answer in ${join(this.#folder, file)}: ${JSON.stringify(text.slice(0, 80))}.`,
      action: 'Check platform.physicalPresenceFolder in tbsd.json; it is the folder ppi of the TPM in sysfs.',
      details: { file },
    });
  }
}
