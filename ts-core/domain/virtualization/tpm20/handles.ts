/**
 * The transient objects of contexts: which object a virtual handle of a context stands for, and which physical handle
 * the object has while it is in the TPM. Sessions keep the TPM's handle; see sessions.ts. No I/O.
 */
import type { Caller } from '../../caller.js';
import { handleNumber, handleType, TPM_HT, TRANSIENT_FIRST } from '../../tpm20/codes.js';
import { staysValidInUse } from '../../tpm20/structures.js';
import { type Used, UseOrder } from '../use-order.js';
import { SlotEstimate } from './slot-estimate.js';

export interface TransientObject extends Used {
  readonly id: number;
  readonly context: VirtualContext;
  readonly virtualHandle: number;
  readonly isSequence: boolean;
  /** 0 while the object is swapped out. */
  physicalHandle: number;
  /** TPMS_CONTEXT; undefined if the object was never saved, or has changed since. */
  blob: Uint8Array | undefined;
  /** The TPM rejected the save of the object, so it keeps its slot until it is flushed. */
  saveRejected: boolean;
}

/** What one caller sees of the TPM: the virtual handles of its objects, and how many sessions it has loaded. */
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

  /** Returns the lowest free virtual handle, as a TPM assigns them and as scripts expect. */
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

  /** Returns false if the object was not there. */
  remove(object: TransientObject): boolean {
    const number = handleNumber(object.virtualHandle);
    if (this.#objects[number] !== object) return false;
    this.#objects[number] = undefined;
    this.objectCount--;
    return true;
  }

  /** Returns the objects in the order of their virtual handles. */
  objects(): readonly TransientObject[] {
    return this.#objects.filter((object) => object !== undefined);
  }
}

export class TransientObjects {
  readonly #resident = new Map<number, TransientObject>();
  readonly #heldByUser = new Map<string, number>();
  readonly #slots = new SlotEstimate();
  readonly #order = new UseOrder();
  #nextId = 1;
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Numbers each exchange, so that it never evicts what it needs itself. */
  beginExchange(): void {
    this.#order.beginExchange();
  }

  /** Adds an object that the TPM has just created or loaded for a context. */
  adopt(
    context: VirtualContext,
    physicalHandle: number,
    isSequence: boolean,
    blob: Uint8Array | undefined,
  ): TransientObject {
    this.#forgetPhysical(physicalHandle);
    const object: TransientObject = {
      id: this.#nextId++,
      context,
      virtualHandle: context.freeVirtualHandle(),
      isSequence,
      physicalHandle,
      blob,
      saveRejected: false,
      lastUse: this.#order.next(),
      pinnedBy: 0,
    };
    context.insert(object);
    this.#countFor(context.caller.userKey, 1);
    this.#resident.set(physicalHandle, object);
    this.#slots.accepted(this.#resident.size);
    this.#changed();
    return object;
  }

  /** Forgets the object that had this physical handle: the TPM has assigned it again, so that object is gone. */
  #forgetPhysical(physicalHandle: number): void {
    const stale = this.#resident.get(physicalHandle);
    if (stale) this.lost(stale);
  }

  /** Marks an object as used now, and as needed by the running exchange. */
  touch(object: TransientObject): void {
    this.#order.touch(object);
  }

  /** Forgets an object that was flushed, or lost with the TPM's memory. */
  remove(object: TransientObject): void {
    this.#leaveTpm(object);
    if (object.context.remove(object)) this.#countFor(object.context.caller.userKey, -1);
    this.#changed();
  }

  /** Returns how many objects and sequences a user holds in all contexts. */
  heldBy(userKey: string): number {
    return this.#heldByUser.get(userKey) ?? 0;
  }

  #countFor(userKey: string, change: number): void {
    const held = this.heldBy(userKey) + change;
    if (held === 0) this.#heldByUser.delete(userKey);
    else this.#heldByUser.set(userKey, held);
  }

  /** Records that the TPM dropped the object unasked. The object survives if it has a saved form. */
  lost(object: TransientObject): void {
    if (object.blob && staysValidInUse(object.blob)) this.evicted(object);
    else this.remove(object);
  }

  /** Records that the object was saved and flushed. */
  evicted(object: TransientObject): void {
    this.#leaveTpm(object);
    this.#changed();
  }

  #leaveTpm(object: TransientObject): void {
    this.#resident.delete(object.physicalHandle);
    object.physicalHandle = 0;
  }

  /** Records that the object was loaded again. */
  loaded(object: TransientObject, physicalHandle: number): void {
    this.#forgetPhysical(physicalHandle);
    object.physicalHandle = physicalHandle;
    if (object.blob && !staysValidInUse(object.blob)) object.blob = undefined;
    this.#resident.set(physicalHandle, object);
    this.#slots.accepted(this.#resident.size);
    this.#changed();
  }

  /** Stores a saved form that a caller asked for, so that eviction need not ask for another. */
  rememberSaved(object: TransientObject, blob: Uint8Array): void {
    if (staysValidInUse(blob)) object.blob = blob;
  }

  /** Whether the next object needs another one's slot. */
  get isFull(): boolean {
    return this.#slots.isFull(this.#resident.size);
  }

  /** Returns whether to evict an object before the next one is loaded. */
  mustEvictFirst(): boolean {
    return this.#slots.mustEvictFirst(this.#resident.size);
  }

  /** Records that the TPM had no room for another object. */
  roomRejected(): void {
    this.#slots.refused(this.#resident.size);
  }

  /** Returns the next object to evict; undefined if the running exchange needs all that can be saved. */
  leastRecentlyUsed(): TransientObject | undefined {
    return this.#order.leastRecentlyUsed(this.residents().filter(({ saveRejected }) => !saveRejected));
  }

  /** Forgets all objects, saved forms included: the TPM has lost them. */
  forgetAll(contexts: Iterable<VirtualContext>): void {
    for (const context of contexts) for (const object of context.objects()) this.remove(object);
    this.#resident.clear();
    this.#slots.forget();
  }

  residentHandles(): readonly number[] {
    return [...this.#resident.keys()];
  }

  residents(): readonly TransientObject[] {
    return [...this.#resident.values()];
  }
}
