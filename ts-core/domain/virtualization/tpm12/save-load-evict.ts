/**
 * Loads keys and sessions into the TPM and evicts them. They stay resident until their slot is needed; then the least
 * recently used one is saved with TPM_SaveContext. A session that is saved here is evicted by the broker; its caller
 * does not notice. Results are TPM return codes, 0 for success.
 *
 * Hazards of TPM 1.2 that decide the order here:
 * - TPM_FlushSpecific of a key ends every OSAP and DSAP session in the TPM that is bound to that key's public part,
 *   whoever owns it. Such sessions are saved before the key is flushed.
 * - TPM_SaveContext takes a session out of the TPM, but leaves a key in it.
 * - A failed command ends its authorization session, so room for a command that carries one is made before it is sent.
 * - If TPM_LoadContext of a session fails for lack of room, the TPM may still invalidate the blob (libtpms forgets the
 *   context count before it looks for a slot), so room is made first; a key's blob can be loaded a second time.
 */
import { responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RESULT, TPM_RT } from '../../tpm12/codes.js';
import type { ResourceKind } from '../../tpm12/command-shape.js';
import { flushSpecific, loadContext, saveContext } from '../../tpm12/commands.js';
import { firstHandle, firstSizedBuffer, isSuccess } from '../../tpm12/responses.js';
import { readContextBlob } from '../../tpm12/structures.js';
import { readRoom } from './broker-commands.js';
import { type Key, type Keys, resourceTypeOf, unknownHandleCode } from './handles.js';
import { SavedSessionRoom } from './quotas.js';
import type { Resource, SavedSessions, Session, Sessions } from './sessions.js';

/** More rounds than any TPM has slots, so that a TPM that always answers "no room" cannot block the broker. */
const MAX_ROUNDS = 64;

const NO_ROOM: ReadonlySet<number> = new Set([TPM_RESULT.RESOURCES, TPM_RESULT.NOSPACE]);
/** If loading a blob fails with one of these, it can never be loaded again. */
const LOST: ReadonlySet<number> = new Set([
  TPM_RESULT.BADCONTEXT,
  TPM_RESULT.RESOURCEMISSING,
  TPM_RESULT.INVALID_RESOURCE,
  TPM_RESULT.BAD_HANDLE,
  TPM_RESULT.INVALID_KEYHANDLE,
]);

export function saysNoRoom(responseCode: number): boolean {
  return NO_ROOM.has(responseCode);
}

export class Swapping {
  readonly savedRoom: SavedSessionRoom;
  readonly #keys: Keys;
  readonly #sessions: Sessions;
  readonly #changed: () => void;

  constructor(keys: Keys, sessions: Sessions, saved: SavedSessions, changed: () => void) {
    this.#keys = keys;
    this.#sessions = sessions;
    this.#changed = changed;
    this.savedRoom = new SavedSessionRoom(sessions, saved, (session) => this.flush(session), changed);
  }

  /** Numbers each exchange, so that it never evicts what it needs itself. */
  beginExchange(): void {
    this.#keys.beginExchange();
    this.#sessions.beginExchange();
  }

  /**
   * Loads what is not in the TPM; the running exchange does not evict it any more. Keys come first: making room for a
   * key may evict sessions, but making room for a session never evicts a key.
   */
  *load(resources: readonly Resource[]): Exchange<number> {
    const keys = new Set<Key>();
    for (const resource of resources) {
      if (resource.kind !== 'key') this.#sessions.pin(resource);
      const key = resource.kind === 'key' ? resource : resource.link?.key;
      if (key !== undefined) keys.add(key);
    }
    for (const key of keys) this.#keys.pin(key);
    for (const key of keys) {
      const code = yield* this.#loadOne(key);
      const wanted = resources.includes(key);
      if (code !== TPM_RESULT.SUCCESS && wanted) return code;
    }
    for (const resource of resources) {
      const code = yield* this.#loadOne(resource);
      if (code !== TPM_RESULT.SUCCESS) return code;
    }
    for (const resource of resources) this.touch(resource);
    return TPM_RESULT.SUCCESS;
  }

  touch(resource: Resource): void {
    if (resource.kind === 'key') this.#keys.touch(resource);
    else this.#sessions.touch(resource);
  }

  /**
   * Evicts until the TPM reports room for one more of `kind`. If the TPM does not report its room, there is assumed to
   * be some.
   */
  *makeRoomFor(kind: ResourceKind): Exchange<number> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const room = yield* readRoom(kind);
      if (room === undefined || room > 0) return TPM_RESULT.SUCCESS;
      if (!(yield* this.evictOne(kind))) return TPM_RESULT.RESOURCES;
    }
    return TPM_RESULT.RESOURCES;
  }

  /**
   * Evicts the least recently used resource of a kind that the running exchange does not need; returns false if there is
   * none.
   */
  *evictOne(kind: ResourceKind): Exchange<boolean> {
    const victim = this.#leastRecentlyUsed(kind);
    if (victim === undefined) return false;
    if (victim.kind === 'key') return yield* this.#evictKey(victim);
    yield* this.evictSession(victim);
    return true;
  }

  /** Evicts a session. If it cannot be saved it is lost, and its slot becomes free all the same. */
  *evictSession(session: Session): Exchange<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (session.physicalHandle === undefined) return;
      const response = yield saveContext(session.physicalHandle, resourceTypeOf(session.kind));
      const code = responseCodeOf(response);
      const blob = code === TPM_RESULT.SUCCESS ? firstSizedBuffer(response) : undefined;
      const facts = blob === undefined ? undefined : readContextBlob(blob);
      if (blob !== undefined && facts !== undefined) {
        session.saved = { blob, contextCount: facts.contextCount };
        session.physicalHandle = undefined;
        this.savedRoom.noteSaved(facts.contextCount);
        this.#changed();
        return;
      }
      if (yield* this.savedRoom.makeRoomAfter(code)) continue;
      yield* this.flush(session);
      return;
    }
    yield* this.flush(session);
  }

  /** Flushes a resource and removes it from the table. The sessions that are bound to a key end with it. */
  *flush(resource: Resource): Exchange<void> {
    const { physicalHandle } = resource;
    const saved = resource.kind === 'key' ? undefined : resource.saved;
    const bound = resource.kind === 'key' ? this.#sessionsBoundTo(resource) : [];
    if (resource.kind === 'key' && physicalHandle !== undefined) yield* this.#saveSessionsOfCopies(resource);
    this.#forget(resource);
    this.#changed();
    if (saved !== undefined) yield flushSpecific(saved.contextCount, TPM_RT.CONTEXT);
    const stays = resource.kind === 'key' && resource.ownerEvict;
    if (physicalHandle !== undefined && !stays) {
      yield flushSpecific(physicalHandle, resourceTypeOf(resource.kind));
    }
    for (const session of bound) {
      if (stays || !session.alive) continue;
      // A resident session has just ended in the TPM together with its key, if the key was resident too.
      if (physicalHandle !== undefined) session.physicalHandle = undefined;
      yield* this.flush(session);
    }
  }

  *#loadOne(resource: Resource): Exchange<number> {
    if (!resource.alive) return unknownHandleCode(resource.kind);
    if (resource.physicalHandle !== undefined) return TPM_RESULT.SUCCESS;
    const blob = resource.kind === 'key' ? resource.blob : resource.saved?.blob;
    if (blob === undefined) {
      this.#forget(resource);
      return unknownHandleCode(resource.kind);
    }
    let entityHandle = 0;
    if (resource.kind !== 'key' && resource.link !== undefined) {
      const { key } = resource.link;
      if (key !== undefined) {
        const code = yield* this.#loadOne(key);
        if (code !== TPM_RESULT.SUCCESS) return this.#giveUp(resource, code);
      }
      entityHandle = key?.physicalHandle ?? resource.link.entityHandle;
    }
    if (resource.kind !== 'key') {
      const room = yield* this.makeRoomFor(resource.kind);
      if (room !== TPM_RESULT.SUCCESS) return room;
    }
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const response = yield loadContext(blob, entityHandle);
      const code = responseCodeOf(response);
      if (code === TPM_RESULT.SUCCESS) {
        resource.physicalHandle = firstHandle(response);
        if (resource.kind !== 'key') resource.saved = undefined;
        this.#changed();
        return TPM_RESULT.SUCCESS;
      }
      if (!saysNoRoom(code)) return this.#giveUp(resource, code);
      if (!(yield* this.evictOne(resource.kind))) return TPM_RESULT.RESOURCES;
    }
    return TPM_RESULT.RESOURCES;
  }

  #forget(resource: Resource): void {
    if (resource.kind === 'key') this.#keys.remove(resource);
    else this.#sessions.ended(resource);
  }

  /** Forgets a resource that will never load again; after any other failure the caller may try again. */
  #giveUp(resource: Resource, code: number): number {
    if (!LOST.has(code) && code !== TPM_RESULT.INVALID_AUTHHANDLE) return code;
    this.#forget(resource);
    this.#changed();
    return unknownHandleCode(resource.kind);
  }

  *#evictKey(key: Key): Exchange<boolean> {
    if (key.physicalHandle === undefined) return true;
    if (key.blob === undefined) {
      const response = yield saveContext(key.physicalHandle, TPM_RT.KEY);
      if (!isSuccess(response)) return this.#keyCannotBeSaved(key, responseCodeOf(response));
      key.blob = firstSizedBuffer(response);
    }
    yield* this.#saveSessionsOfCopies(key);
    for (const session of this.#sessionsBoundTo(key)) yield* this.evictSession(session);
    const physicalHandle = key.physicalHandle;
    key.physicalHandle = undefined;
    this.#changed();
    yield flushSpecific(physicalHandle, TPM_RT.KEY);
    return true;
  }

  /** Handles a key that cannot be saved; returns whether the eviction may continue with another key. */
  #keyCannotBeSaved(key: Key, code: number): boolean {
    if (code === TPM_RESULT.OWNER_CONTROL) key.ownerEvict = true;
    else if (LOST.has(code)) this.#keys.remove(key);
    else return false;
    return true;
  }

  /** Some TPMs have one pool for authorization and transport sessions, so each kind can make room for the other. */
  #leastRecentlyUsed(kind: ResourceKind): Resource | undefined {
    if (kind === 'key') return this.#keys.leastRecentlyUsed();
    const otherKind = kind === 'authSession' ? 'transportSession' : 'authSession';
    return this.#sessions.leastRecentlyUsed(kind) ?? this.#sessions.leastRecentlyUsed(otherKind);
  }

  #sessionsBoundTo(key: Key): Session[] {
    return [...this.#sessions.all()].filter((session) => session.link?.key === key);
  }

  /** Saves the sessions of other copies of `key` before it is flushed, since the flush would end them as well. */
  *#saveSessionsOfCopies(key: Key): Exchange<void> {
    for (const session of [...this.#sessions.all()]) {
      const linked = session.link?.key;
      if (linked === undefined || linked === key || session.physicalHandle === undefined) continue;
      if (isCopy(linked, key)) yield* this.evictSession(session);
    }
  }
}

/** Returns whether two loaded keys may be copies of one key: also if a public part is unknown. */
function isCopy(left: Key, right: Key): boolean {
  if (left === right) return true;
  return left.publicPart === undefined || right.publicPart === undefined || left.publicPart === right.publicPart;
}
