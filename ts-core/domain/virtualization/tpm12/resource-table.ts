/**
 * Which contexts hold which keys and sessions, under which virtual handles, and what of it is in the TPM. No I/O.
 */
import type { SessionKind } from './command-shape.js';

interface Held {
  readonly id: string;
  readonly contextId: number;
  readonly userKey: string;
  readonly virtualHandle: number;
  /** The TPM's handle; undefined while the resource is saved outside the TPM. */
  physicalHandle: number | undefined;
  /** Larger is later; the smallest goes first when room is needed. */
  lastUsed: number;
  /** False as soon as it is flushed, invalidated or lost; whoever still refers to it must not use it. */
  alive: boolean;
}

export interface HeldKey extends Held {
  readonly kind: 'key';
  /** TPM_CONTEXT_BLOB of the key. A key does not change, so one blob serves every later eviction. */
  blob: Uint8Array | undefined;
  /**
   * The key's public part, so that two loaded copies of one key are recognised; undefined when it is not known.
   * Flushing a key ends the OSAP sessions of every copy of it in the TPM.
   */
  readonly publicPart: string | undefined;
  /** Owner-evict key (TPM_KeyControlOwner): it stays in the TPM and is neither saved nor flushed. */
  ownerEvict: boolean;
}

/** What an OSAP or DSAP session is bound to. TPM_LoadContext wants its handle again. */
export interface SessionLink {
  /** The key, when it is one that a context holds. */
  readonly key: HeldKey | undefined;
  /** NV index, counter id or reserved key handle otherwise. */
  readonly entityHandle: number;
}

export interface HeldSession extends Held {
  readonly kind: SessionKind;
  readonly link: SessionLink | undefined;
  /** TPM_TRANSPORT_ENCRYPT or TPM_TRANSPORT_EXCLUSIVE and others of a transport session; 0 for others. */
  readonly transportAttributes: number;
  /** Blob and context count while it is saved; both void once it is loaded again. */
  saved: { readonly blob: Uint8Array; readonly contextCount: number } | undefined;
}

export type HeldResource = HeldKey | HeldSession;

/** A session that a caller saved itself with TPM_SaveContext; any context of the same user can load it, once. */
export interface CallerSavedSession {
  readonly id: string;
  readonly kind: SessionKind;
  readonly userKey: string;
  /** What the caller holds, and the context count by which the caller knows the session. */
  readonly blob: Uint8Array;
  readonly contextCount: number;
  /** What the TPM takes: the same, until the session has been saved anew (context-gap.ts). */
  current: { readonly blob: Uint8Array; readonly contextCount: number };
  readonly virtualHandle: number;
  readonly link: SessionLink | undefined;
  readonly transportAttributes: number;
  /** Order of saving. */
  readonly sequence: number;
}

interface ContextEntry {
  readonly userKey: string;
  readonly keys: Map<number, HeldKey>;
  readonly authSessions: Map<number, HeldSession>;
  readonly transportSessions: Map<number, HeldSession>;
}

export class ResourceTable {
  readonly #contexts = new Map<number, ContextEntry>();
  #nextId = 1;
  #useCounter = 0;

  openContext(contextId: number, userKey: string): void {
    this.#contexts.set(contextId, {
      userKey,
      keys: new Map(),
      authSessions: new Map(),
      transportSessions: new Map(),
    });
  }

  forgetContext(contextId: number): void {
    this.#contexts.delete(contextId);
  }

  hasContext(contextId: number): boolean {
    return this.#contexts.has(contextId);
  }

  userOf(contextId: number): string {
    return this.#context(contextId).userKey;
  }

  nextId(kind: string): string {
    return `${kind}-${this.#nextId++}`;
  }

  touch(resource: Held): void {
    resource.lastUsed = ++this.#useCounter;
  }

  add(resource: HeldResource): void {
    this.touch(resource);
    this.#map(resource.contextId, resource.kind).set(resource.virtualHandle, resource as never);
  }

  /** Takes a resource out and marks it dead. */
  remove(resource: HeldResource): void {
    resource.alive = false;
    resource.physicalHandle = undefined;
    const context = this.#contexts.get(resource.contextId);
    if (context !== undefined) this.#map(resource.contextId, resource.kind).delete(resource.virtualHandle);
  }

  find(contextId: number, kind: HeldResource['kind'], virtualHandle: number): HeldResource | undefined {
    return this.#map(contextId, kind).get(virtualHandle);
  }

  *all(): IterableIterator<HeldResource> {
    for (const contextId of this.#contexts.keys()) yield* this.ofContext(contextId);
  }

  *ofContext(contextId: number): IterableIterator<HeldResource> {
    const context = this.#contexts.get(contextId);
    if (context === undefined) return;
    yield* context.authSessions.values();
    yield* context.transportSessions.values();
    yield* context.keys.values();
  }

  *keys(): IterableIterator<HeldKey> {
    for (const resource of this.all()) if (resource.kind === 'key') yield resource;
  }

  *sessions(): IterableIterator<HeldSession> {
    for (const resource of this.all()) if (resource.kind !== 'key') yield resource;
  }

  /** Who has this physical handle of this kind in the TPM now. */
  residentAt(kind: HeldResource['kind'], physicalHandle: number): HeldResource | undefined {
    for (const resource of this.all()) {
      if (resource.kind === kind && resource.physicalHandle === physicalHandle) return resource;
    }
    return undefined;
  }

  /**
   * The handle under which a context will see a new resource: the TPM's own where that is free in the context (and
   * `isTaken` has nothing against it), else the next free one above it.
   */
  freeHandle(
    contextId: number,
    kind: HeldResource['kind'],
    wanted: number,
    isTaken: (handle: number) => boolean,
  ): number {
    const map = this.#map(contextId, kind);
    let handle = wanted;
    while (map.has(handle) || (handle !== wanted && isTaken(handle))) handle = (handle + 1) >>> 0;
    return handle;
  }

  #context(contextId: number): ContextEntry {
    const context = this.#contexts.get(contextId);
    if (context === undefined) throw new Error(`context ${contextId} is not open`);
    return context;
  }

  #map(contextId: number, kind: HeldResource['kind']): Map<number, HeldResource> {
    const context = this.#context(contextId);
    if (kind === 'key') return context.keys as Map<number, HeldResource>;
    const sessions = kind === 'authSession' ? context.authSessions : context.transportSessions;
    return sessions as Map<number, HeldResource>;
  }
}
