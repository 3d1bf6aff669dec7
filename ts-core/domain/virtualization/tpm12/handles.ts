/**
 * Which contexts hold which keys and sessions, under which virtual handles, and which of them are in the TPM. No I/O.
 *
 * A context sees the TPM's own handle if it is free in the context, otherwise the next free one above it.
 */
import { isReservedKeyHandle, TPM_RT } from '../../tpm12/codes.js';
import type { ResourceKind, SessionKind } from '../../tpm12/command-shape.js';

interface Held {
  readonly id: string;
  readonly contextId: number;
  readonly userKey: string;
  readonly virtualHandle: number;
  /** The TPM's handle; undefined while the resource is saved outside the TPM. */
  physicalHandle: number | undefined;
  /** Larger is later; the resource with the smallest is evicted first. */
  lastUse: number;
  /** False once it is flushed, invalidated or lost; remaining references must not use it. */
  alive: boolean;
}

export interface HeldKey extends Held {
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
}

/** The entity to which an OSAP or DSAP session is bound; TPM_LoadContext needs its handle again. */
export interface SessionLink {
  /** The key, if a context holds it. */
  readonly key: HeldKey | undefined;
  /** NV index, counter id or reserved key handle otherwise. */
  readonly entityHandle: number;
}

export interface HeldSession extends Held {
  readonly kind: SessionKind;
  readonly link: SessionLink | undefined;
  /** TPM_TRANSPORT_ATTRIBUTES of a transport session; 0 for others. */
  readonly transportAttributes: number;
  /** Blob and context count while it is saved; both are void once it is loaded again. */
  saved: { readonly blob: Uint8Array; readonly contextCount: number } | undefined;
}

export type HeldResource = HeldKey | HeldSession;

/** What is known about a resource that was created or loaded in the TPM. */
export interface NewResource {
  readonly link?: SessionLink | undefined;
  readonly publicPart?: string | undefined;
  readonly transportAttributes?: number;
  readonly blob?: Uint8Array;
  /** The virtual handle to use if it is free; otherwise the physical one is used. */
  readonly wanted?: number;
}

interface ContextEntry {
  readonly userKey: string;
  readonly keys: Map<number, HeldKey>;
  readonly authSessions: Map<number, HeldSession>;
  readonly transportSessions: Map<number, HeldSession>;
}

export class ResourceTable {
  /** Keys in the TPM that no context holds: owner-evict keys, and keys that other programs loaded. */
  unmanagedKeys: ReadonlySet<number> = new Set();
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

  touch(resource: HeldResource): void {
    resource.lastUse = ++this.#useCounter;
  }

  /** Adds a resource that was created or loaded in the TPM under `physicalHandle`. */
  register(contextId: number, kind: ResourceKind, physicalHandle: number, facts: NewResource): HeldResource {
    const held = {
      id: this.nextId(kind),
      contextId,
      userKey: this.userOf(contextId),
      virtualHandle: this.#freeHandle(contextId, kind, facts.wanted ?? physicalHandle),
      physicalHandle,
      lastUse: 0,
      alive: true,
    };
    const resource: HeldResource =
      kind === 'key'
        ? { ...held, kind, blob: facts.blob, publicPart: facts.publicPart, ownerEvict: false }
        : { ...held, kind, link: facts.link, transportAttributes: facts.transportAttributes ?? 0, saved: undefined };
    this.touch(resource);
    this.#map(contextId, kind).set(resource.virtualHandle, resource);
    return resource;
  }

  #freeHandle(contextId: number, kind: ResourceKind, wanted: number): number {
    const map = this.#map(contextId, kind);
    const isTaken = (handle: number) => kind === 'key' && (handle === 0 || this.isCommonKey(handle));
    let handle = wanted;
    while (map.has(handle) || (handle !== wanted && isTaken(handle))) handle = (handle + 1) >>> 0;
    return handle;
  }

  /** Removes a resource from the table and marks it as dead. */
  remove(resource: HeldResource): void {
    resource.alive = false;
    resource.physicalHandle = undefined;
    const context = this.#contexts.get(resource.contextId);
    if (context !== undefined) this.#map(resource.contextId, resource.kind).delete(resource.virtualHandle);
  }

  find(contextId: number, kind: ResourceKind, virtualHandle: number): HeldResource | undefined {
    return this.#map(contextId, kind).get(virtualHandle);
  }

  /** Returns whether a key handle means the same in every context. */
  isCommonKey(handle: number): boolean {
    return isReservedKeyHandle(handle) || this.unmanagedKeys.has(handle);
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

  /** Returns the resource that has this physical handle in the TPM now. */
  residentAt(kind: ResourceKind, physicalHandle: number): HeldResource | undefined {
    for (const resource of this.all()) {
      if (resource.kind === kind && resource.physicalHandle === physicalHandle) return resource;
    }
    return undefined;
  }

  #context(contextId: number): ContextEntry {
    const context = this.#contexts.get(contextId);
    if (context === undefined) throw new Error(`context ${contextId} is not open`);
    return context;
  }

  #map(contextId: number, kind: ResourceKind): Map<number, HeldResource> {
    const context = this.#context(contextId);
    if (kind === 'key') return context.keys as Map<number, HeldResource>;
    const sessions = kind === 'authSession' ? context.authSessions : context.transportSessions;
    return sessions as Map<number, HeldResource>;
  }
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
