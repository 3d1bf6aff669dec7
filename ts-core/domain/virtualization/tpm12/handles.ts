/**
 * What contexts hold apart from authorization and transport sessions, which are in sessions.ts: which key a virtual
 * handle of a context stands for, and which physical handle the key has while it is in the TPM; and which context owns
 * each DAA session and the SHA-1 thread. No I/O.
 *
 * A context sees the TPM's own handle if it is free in the context, otherwise the next free one above it.
 */
import type { Caller } from '../../caller.js';
import { isReservedKeyHandle, TPM_ORD, TPM_RESULT, TPM_RT } from '../../tpm12/codes.js';
import type { ResourceKind } from '../../tpm12/command-shape.js';
import { type Used, UseOrder } from '../eviction-choice.js';

/** What keys and sessions of contexts have in common. */
export interface Held extends Used {
  readonly id: string;
  readonly context: VirtualContext;
  readonly virtualHandle: number;
  /** The TPM's handle; undefined while the resource is saved outside the TPM. */
  physicalHandle: number | undefined;
}

export interface Key extends Held {
  readonly kind: 'key';
  /** TPM_CONTEXT_BLOB of the key. A key does not change, so one blob serves every later eviction. */
  blob: Uint8Array | undefined;
  /**
   * The key's public part, which identifies two loaded copies of one key; undefined if it is not known. Flushing a key
   * ends the OSAP sessions of every copy of it in the TPM.
   */
  readonly publicPart: string | undefined;
  /** Owner-evict key (TPM_KeyControlOwner): it stays in the TPM and is neither saved nor flushed. */
  ownerEvict: boolean;
  /** False once it is flushed, invalidated or lost; remaining references must not use it. */
  alive: boolean;
  /** Only sessions are bound to something. */
  readonly link?: undefined;
}

/** What is known about a key that was created or loaded in the TPM. */
export interface NewKey {
  readonly publicPart?: string | undefined;
  readonly blob?: Uint8Array | undefined;
  /** The virtual handle to use if it is free, in place of the physical one. */
  readonly wanted?: number | undefined;
}

/** What one caller sees of the TPM: the virtual handles of its keys. */
export class VirtualContext {
  readonly #keys = new Map<number, Key>();

  constructor(
    readonly id: number,
    readonly caller: Caller,
  ) {}

  key(virtualHandle: number): Key | undefined {
    return this.#keys.get(virtualHandle);
  }

  insert(key: Key): void {
    this.#keys.set(key.virtualHandle, key);
  }

  remove(key: Key): void {
    this.#keys.delete(key.virtualHandle);
  }

  keys(): readonly Key[] {
    return [...this.#keys.values()];
  }
}

export class Keys {
  /** Keys in the TPM that no context holds: owner-evict keys, and keys that other programs loaded. */
  unmanaged: ReadonlySet<number> = new Set();
  readonly #contexts: ReadonlyMap<number, VirtualContext>;
  readonly #order = new UseOrder();
  #nextId = 1;

  constructor(contexts: ReadonlyMap<number, VirtualContext>) {
    this.#contexts = contexts;
  }

  /** Counts exchanges, so that an exchange does not evict what it is using. */
  beginExchange(): void {
    this.#order.beginExchange();
  }

  /** Adds a key that was created or loaded in the TPM for a context. */
  adopt(context: VirtualContext, physicalHandle: number, facts: NewKey): Key {
    const key: Key = {
      id: `key-${this.#nextId++}`,
      kind: 'key',
      context,
      virtualHandle: this.#freeHandle(context, physicalHandle, facts.wanted),
      physicalHandle,
      blob: facts.blob,
      publicPart: facts.publicPart,
      ownerEvict: false,
      alive: true,
      lastUse: this.#order.next(),
      pinnedBy: 0,
    };
    context.insert(key);
    return key;
  }

  /** Returns a handle that is free, `wanted` if possible. No other key in the TPM has `physicalHandle`. */
  #freeHandle(context: VirtualContext, physicalHandle: number, wanted = physicalHandle): number {
    const isTaken = (handle: number) =>
      context.key(handle) !== undefined || (handle !== physicalHandle && (handle === 0 || this.isCommon(handle)));
    let handle = wanted;
    while (isTaken(handle)) handle = (handle + 1) >>> 0;
    return handle;
  }

  /** Marks a key as needed by the running exchange. */
  pin(key: Key): void {
    this.#order.pin(key);
  }

  /** Marks a key as used now, and as needed by the running exchange. */
  touch(key: Key): void {
    this.#order.touch(key);
  }

  /** Forgets a key that was flushed, or lost with the TPM's memory. */
  remove(key: Key): void {
    key.alive = false;
    key.physicalHandle = undefined;
    key.blob = undefined;
    key.context.remove(key);
  }

  /** Returns whether a key handle means the same in every context. */
  isCommon(handle: number): boolean {
    return isReservedKeyHandle(handle) || this.unmanaged.has(handle);
  }

  *all(): IterableIterator<Key> {
    for (const context of this.#contexts.values()) yield* context.keys();
  }

  /** Returns the key that has this physical handle in the TPM now. */
  residentAt(physicalHandle: number): Key | undefined {
    for (const key of this.all()) if (key.physicalHandle === physicalHandle) return key;
    return undefined;
  }

  /** Returns the next key to evict; undefined if the running exchange needs all that may be evicted. */
  leastRecentlyUsed(): Key | undefined {
    const candidates = [...this.all()].filter((key) => key.physicalHandle !== undefined && !key.ownerEvict);
    return this.#order.leastRecentlyUsed(candidates);
  }

  /** Forgets all keys, saved forms included: the TPM has lost them. */
  forgetAll(): void {
    for (const key of this.all()) this.remove(key);
    this.unmanaged = new Set();
  }
}

/** A session of direct anonymous attestation. */
export interface DaaSession {
  readonly id: string;
  readonly contextId: number;
  readonly userKey: string;
  readonly handle: number;
}

/**
 * The DAA sessions of contexts; a TPM has one or two. The response's HMAC covers their handle (TPM Main Part 3, 26.1,
 * stage 0), so callers see the TPM's own value, and DAA sessions are never evicted.
 */
export class DaaSessions {
  #sessions: readonly DaaSession[] = [];
  #nextId = 1;

  all(): readonly DaaSession[] {
    return this.#sessions;
  }

  ofContext(contextId: number): readonly DaaSession[] {
    return this.#sessions.filter((session) => session.contextId === contextId);
  }

  find(contextId: number, handle: number): DaaSession | undefined {
    return this.ofContext(contextId).find((session) => session.handle === handle);
  }

  /** Adds a session that the TPM has just started for a context. */
  adopt(context: VirtualContext, handle: number): DaaSession {
    const session = { id: `daa-${this.#nextId++}`, contextId: context.id, userKey: context.caller.userKey, handle };
    this.#sessions = [...this.#sessions, session];
    return session;
  }

  remove(session: DaaSession): void {
    this.#sessions = this.#sessions.filter((other) => other !== session);
  }

  keepOnly(handles: readonly number[]): void {
    this.#sessions = this.#sessions.filter(({ handle }) => handles.includes(handle));
  }
}

const CONTINUES_SHA1: ReadonlySet<number> = new Set([
  TPM_ORD.SHA1Update,
  TPM_ORD.SHA1Complete,
  TPM_ORD.SHA1CompleteExtend,
]);

/** The one SHA-1 thread of a TPM 1.2. It belongs to the context that started it; other contexts cannot use it. */
export class Sha1Thread {
  #contextId: number | undefined;

  /** Returns false for a command that would continue a thread that another context started. */
  maySend(contextId: number, ordinal: number): boolean {
    return !CONTINUES_SHA1.has(ordinal) || this.#contextId === contextId;
  }

  /** Records which context owns the thread after the TPM has answered. */
  answered(contextId: number, ordinal: number, success: boolean): void {
    if (ordinal === TPM_ORD.SHA1Start && success) this.#contextId = contextId;
    else if (CONTINUES_SHA1.has(ordinal) && !(ordinal === TPM_ORD.SHA1Update && success)) this.#contextId = undefined;
  }

  contextClosed(contextId: number): void {
    if (this.#contextId === contextId) this.#contextId = undefined;
  }

  forget(): void {
    this.#contextId = undefined;
  }
}

/** Returns the code that a TPM returns for a handle that does not exist, whether another context has it or nobody. */
export function unknownHandleCode(kind: ResourceKind): number {
  return kind === 'key' ? TPM_RESULT.INVALID_KEYHANDLE : TPM_RESULT.INVALID_AUTHHANDLE;
}

export function resourceTypeOf(kind: ResourceKind): number {
  if (kind === 'key') return TPM_RT.KEY;
  return kind === 'authSession' ? TPM_RT.AUTH : TPM_RT.TRANS;
}

/** Returns the kind of resource for a TPM_RT, as TPM_FlushSpecific and TPM_SaveContext name it. */
export function kindOfResourceType(resourceType: number): ResourceKind | undefined {
  if (resourceType === TPM_RT.KEY) return 'key';
  if (resourceType === TPM_RT.AUTH) return 'authSession';
  return resourceType === TPM_RT.TRANS ? 'transportSession' : undefined;
}
