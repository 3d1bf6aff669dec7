/** One caller's view: the virtual handles of its transient objects, and how many sessions it has loaded. */
import type { Caller } from '../../caller.js';
import { handleNumber, handleType, TPM_HT, TRANSIENT_FIRST } from '../../tpm20/codes.js';
import type { TransientObject } from './transient-objects.js';

export class VirtualContext {
  /** By the low 24 bits of the virtual handle. */
  readonly #objects: (TransientObject | undefined)[] = [];
  objectCount = 0;
  /** Sessions that the context sees as loaded, whether they are in the TPM or evicted by the broker. */
  loadedSessionCount = 0;

  constructor(
    readonly id: number,
    readonly caller: Caller,
  ) {}

  /** The lowest free virtual handle, as a TPM gives them out and as scripts expect. */
  freeVirtualHandle(): number {
    const free = this.#objects.indexOf(undefined);
    return TRANSIENT_FIRST + (free < 0 ? this.#objects.length : free);
  }

  object(virtualHandle: number): TransientObject | undefined {
    return handleType(virtualHandle) === TPM_HT.TRANSIENT ? this.#objects[handleNumber(virtualHandle)] : undefined;
  }

  insert(object: TransientObject): void {
    this.#objects[handleNumber(object.virtualHandle)] = object;
    this.objectCount++;
  }

  /** False when it was not there. */
  remove(object: TransientObject): boolean {
    const number = handleNumber(object.virtualHandle);
    if (this.#objects[number] !== object) return false;
    this.#objects[number] = undefined;
    this.objectCount--;
    while (this.#objects.length > 0 && this.#objects[this.#objects.length - 1] === undefined) this.#objects.pop();
    return true;
  }

  /** In the order of their virtual handles. */
  objects(): readonly TransientObject[] {
    return this.#objects.filter((object) => object !== undefined);
  }
}
