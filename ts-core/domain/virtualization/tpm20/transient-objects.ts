/**
 * Transient objects: which virtual handle stands for which physical one, and which are in the TPM at the moment.
 *
 * An object stays resident until its slot is needed; then the least recently used one is saved and flushed. The saved
 * form of an ordinary object is kept after it is loaded again (the object cannot change), so that evicting it a second
 * time costs one flush. A sequence object changes with every use and is saved anew each time.
 */
import { HEADER_BYTES, readUint32, responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RC } from '../../tpm20/codes.js';
import { contextLoad, contextSave, flushContext } from '../../tpm20/commands.js';
import { isOutOfObjectMemory } from '../../tpm20/responses.js';
import { staysValidInUse } from '../../tpm20/structures.js';
import { SlotEstimate } from './slot-estimate.js';
import type { VirtualContext } from './virtual-context.js';

export interface TransientObject {
  readonly id: number;
  readonly context: VirtualContext;
  readonly virtualHandle: number;
  readonly isSequence: boolean;
  /** 0 while it is saved outside of the TPM. */
  physicalHandle: number;
  /** TPMS_CONTEXT; undefined when it was never saved, or no longer tells the state. */
  blob: Uint8Array | undefined;
  /** The TPM would not save it: it keeps its slot until it is flushed. */
  saveRefused: boolean;
  lastUse: number;
  /** The exchange that needs it resident; never evicted by that one. */
  pinnedBy: number;
}

export class TransientObjects {
  readonly #resident = new Map<number, TransientObject>();
  readonly #heldByUser = new Map<string, number>();
  readonly #slots = new SlotEstimate();
  #nextId = 1;
  #uses = 0;
  /** Number of the exchange that runs. */
  exchange = 0;

  constructor(private readonly changed: () => void) {}

  /** Enters what the TPM has just created or loaded for a context. */
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
      saveRefused: false,
      lastUse: ++this.#uses,
      pinnedBy: 0,
    };
    context.insert(object);
    this.#countFor(context.caller.userKey, 1);
    this.#resident.set(physicalHandle, object);
    this.#slots.accepted(this.#resident.size);
    this.changed();
    return object;
  }

  /** The TPM gave this handle out anew, so what we thought to be there is gone. */
  #forgetPhysical(physicalHandle: number): void {
    const stale = this.#resident.get(physicalHandle);
    if (stale) this.lost(stale);
  }

  /** It is needed now: it counts as just used, and this exchange does not evict it. */
  touch(object: TransientObject): void {
    object.lastUse = ++this.#uses;
    object.pinnedBy = this.exchange;
  }

  /** Forgets an object that is no more: flushed, or lost with the TPM's memory. */
  remove(object: TransientObject): void {
    this.#leaveTpm(object);
    if (object.context.remove(object)) this.#countFor(object.context.caller.userKey, -1);
    this.changed();
  }

  /** Objects and sequences of a user, in all contexts. */
  heldBy(userKey: string): number {
    return this.#heldByUser.get(userKey) ?? 0;
  }

  #countFor(userKey: string, change: number): void {
    const held = this.heldBy(userKey) + change;
    if (held === 0) this.#heldByUser.delete(userKey);
    else this.#heldByUser.set(userKey, held);
  }

  /** It is not in the TPM any more, by no doing of ours: it lives on if its saved form does. */
  lost(object: TransientObject): void {
    if (object.blob && staysValidInUse(object.blob)) {
      this.#leaveTpm(object);
      this.changed();
    } else {
      this.remove(object);
    }
  }

  #leaveTpm(object: TransientObject): void {
    if (object.physicalHandle !== 0) this.#resident.delete(object.physicalHandle);
    object.physicalHandle = 0;
  }

  /** Keeps a saved form that passed by, so that eviction need not ask for another. */
  rememberSaved(object: TransientObject, blob: Uint8Array): void {
    if (staysValidInUse(blob)) object.blob = blob;
  }

  /** Loads it when it is saved outside. Returns 0, or the response code that stopped it. */
  *makeResident(object: TransientObject): Exchange<number> {
    if (object.physicalHandle !== 0) return TPM_RC.SUCCESS;
    yield* this.reserveSlot();
    for (;;) {
      const blob = object.blob;
      if (!blob) return TPM_RC.REFERENCE_H0;
      const response = yield contextLoad(blob);
      const code = responseCodeOf(response);
      if (code === TPM_RC.SUCCESS && response.length >= HEADER_BYTES + 4) {
        this.#enterTpm(object, readUint32(response, HEADER_BYTES));
        return TPM_RC.SUCCESS;
      }
      if (!isOutOfObjectMemory(code) && code !== TPM_RC.SESSION_MEMORY) return code || TPM_RC.REFERENCE_H0;
      this.#slots.refused(this.#resident.size);
      if (!(yield* this.evictOne())) return code;
    }
  }

  #enterTpm(object: TransientObject, physicalHandle: number): void {
    this.#forgetPhysical(physicalHandle);
    object.physicalHandle = physicalHandle;
    if (object.blob && !staysValidInUse(object.blob)) object.blob = undefined;
    this.#resident.set(physicalHandle, object);
    this.#slots.accepted(this.#resident.size);
    this.changed();
  }

  /** Whether the next one will need another's slot. */
  get isFull(): boolean {
    return this.#slots.isReached(this.#resident.size);
  }

  /** When the TPM is known to be full, makes room for one more before it has to refuse. */
  *reserveSlot(): Exchange<void> {
    if (this.#slots.isFull(this.#resident.size)) yield* this.evictOne();
  }

  /** Saves and flushes the least recently used object that this exchange does not need; false when there is none. */
  *evictOne(): Exchange<boolean> {
    for (let victim = this.#leastRecentlyUsed(); victim; victim = this.#leastRecentlyUsed()) {
      if (yield* this.evict(victim)) return true;
    }
    return false;
  }

  #leastRecentlyUsed(): TransientObject | undefined {
    let oldest: TransientObject | undefined;
    for (const object of this.#resident.values()) {
      if (object.saveRefused || object.pinnedBy === this.exchange) continue;
      if (!oldest || object.lastUse < oldest.lastUse) oldest = object;
    }
    return oldest;
  }

  /** False when the TPM refuses to save the object; it then stays where it is. */
  *evict(object: TransientObject): Exchange<boolean> {
    if (!object.blob) {
      const saved = yield contextSave(object.physicalHandle);
      const code = responseCodeOf(saved);
      if (code === TPM_RC.REFERENCE_H0) {
        this.remove(object);
        return true;
      }
      if (code === TPM_RC.INITIALIZE) return false;
      if (code !== TPM_RC.SUCCESS) {
        object.saveRefused = true;
        return false;
      }
      object.blob = saved.slice(HEADER_BYTES);
    }
    yield flushContext(object.physicalHandle);
    // Whatever the answer is, the handle is not one that can be used from here on.
    this.#leaveTpm(object);
    this.changed();
    return true;
  }

  /** Everything was lost with the TPM's memory, saved forms included. */
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
