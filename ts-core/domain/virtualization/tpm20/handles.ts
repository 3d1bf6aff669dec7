/**
 * The transient objects of contexts: which object a virtual handle of a context stands for, and which physical handle
 * the object has while it is in the TPM. Sessions keep the TPM's handle; see sessions.ts. Also the response code for a
 * handle that a context does not have. No I/O.
 */
import type { Caller } from '../../caller.js';
import { handleNumber, handleType, TPM_CC, TPM_HT, TPM_RC, TRANSIENT_FIRST } from '../../tpm20/codes.js';
import { aboutHandle, aboutParameter, aboutSession } from '../../tpm20/responses.js';
import { staysValidInUse } from '../../tpm20/structures.js';
import { SlotEstimate, type Used, UseOrder } from '../eviction-choice.js';

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

  /** Counts exchanges, so that an exchange does not evict what it is using. */
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

/** How many handles of each kind may exist. */
export interface HandleRanges {
  readonly transientObjects: number;
  readonly sessions: number;
}

/**
 * Returns the code for a handle in the handle area of a command with `handleCount` handles: the code that a TPM returns
 * for a handle that does not exist, so that nobody can find out whether another context has it. Measured with libtpms
 * 0.9: a number within the TPM's slots refers to nothing (REFERENCE_Hx, REFERENCE_Sx, HANDLE); a number beyond them is
 * not a valid value (VALUE).
 */
export function missingInHandleArea(
  code: number,
  handle: number,
  position: number,
  handleCount: number,
  ranges: HandleRanges,
): number {
  const sessionType = position === handleCount - 1 ? sessionTypeOf(code) : undefined;
  const isRightType = handleType(handle) === (sessionType ?? TPM_HT.TRANSIENT);
  return isRightType && isWithin(handle, ranges) ? TPM_RC.REFERENCE_H0 + position : aboutHandle(TPM_RC.VALUE, position);
}

/**
 * Commands whose last handle is a policy session (Part 3, 23). If a TPM has more of them, it rejects the handle itself.
 */
const POLICY_COMMANDS: ReadonlySet<number> = new Set([
  TPM_CC.PolicyNV,
  TPM_CC.PolicySecret,
  TPM_CC.PolicySigned,
  TPM_CC.PolicyAuthorize,
  TPM_CC.PolicyAuthValue,
  TPM_CC.PolicyCommandCode,
  TPM_CC.PolicyCounterTimer,
  TPM_CC.PolicyCpHash,
  TPM_CC.PolicyLocality,
  TPM_CC.PolicyNameHash,
  TPM_CC.PolicyOR,
  TPM_CC.PolicyTicket,
  TPM_CC.PolicyPCR,
  TPM_CC.PolicyRestart,
  TPM_CC.PolicyPhysicalPresence,
  TPM_CC.PolicyDuplicationSelect,
  TPM_CC.PolicyGetDigest,
  TPM_CC.PolicyPassword,
  TPM_CC.PolicyNvWritten,
  TPM_CC.PolicyTemplate,
  TPM_CC.PolicyAuthorizeNV,
  TPM_CC.PolicyCapability,
  TPM_CC.PolicyParameters,
]);

/** Returns the type of session that the last handle of a command must be; undefined if it takes no session. */
function sessionTypeOf(code: number): number | undefined {
  if (POLICY_COMMANDS.has(code)) return TPM_HT.POLICY_SESSION;
  return code === TPM_CC.GetSessionAuditDigest ? TPM_HT.HMAC_SESSION : undefined;
}

function isWithin(handle: number, ranges: HandleRanges): boolean {
  return handleNumber(handle) < (handleType(handle) === TPM_HT.TRANSIENT ? ranges.transientObjects : ranges.sessions);
}

/** Returns the code for a session in the authorization area. */
export function missingInAuthorizationArea(handle: number, position: number, ranges: HandleRanges): number {
  return isWithin(handle, ranges) ? TPM_RC.REFERENCE_S0 + position : aboutSession(TPM_RC.VALUE, position);
}

/** Returns the code for the handle that TPM2_ContextSave should save. */
export function missingForSave(handle: number, ranges: HandleRanges): number {
  return isWithin(handle, ranges) ? TPM_RC.REFERENCE_H0 : aboutHandle(TPM_RC.VALUE, 0);
}

/** Returns the code for the handle that TPM2_FlushContext should flush. */
export function missingForFlush(handle: number, ranges: HandleRanges): number {
  return aboutParameter(isWithin(handle, ranges) ? TPM_RC.HANDLE : TPM_RC.VALUE, 1);
}
