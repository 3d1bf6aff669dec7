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
import { firstHandle, firstSizedBuffer } from '../../tpm12/responses.js';
import { readContextBlob } from '../../tpm12/structures.js';
import { readRoom } from './broker-commands.js';
import { type Key, type Keys, resourceTypeOf, unknownHandleCode } from './handles.js';
import { SavedSessionRoom } from './quotas.js';
import {
  entityHandleOf,
  linkedKey,
  type Resource,
  type SavedForm,
  type SavedSessions,
  type Session,
  type Sessions,
} from './sessions.js';

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

  /** Counts exchanges, so that an exchange does not evict what it is using. */
  beginExchange(): void {
    this.#keys.beginExchange();
    this.#sessions.beginExchange();
  }

  /**
   * Loads what is not in the TPM; the running exchange does not evict it any more. `resources`: in the order of the
   * command, keys before authorization sessions. Keys come first: making room for a key may evict sessions, but making
   * room for a session never evicts a key.
   */
  *load(resources: readonly Resource[]): Exchange<number> {
    const linked = resources.flatMap((resource) => linkedKey(resource) ?? []);
    for (const key of linked) this.#keys.pin(key);
    for (const resource of resources) this.touch(resource);
    for (const needed of [...linked, ...resources]) {
      const code = yield* needed.kind === 'key' ? this.#loadKey(needed) : this.#loadSession(needed);
      if (code !== TPM_RESULT.SUCCESS && resources.includes(needed)) return code;
    }
    return TPM_RESULT.SUCCESS;
  }

  touch(resource: Resource): void {
    if (resource.kind === 'key') this.#keys.touch(resource);
    else this.#sessions.touch(resource);
  }

  /**
   * Evicts until the TPM reports room for one more of `kind`. If the TPM does not report its room, assumes that
   * there is some. The loop ends, because each eviction leaves one resource less to evict.
   */
  *makeRoomFor(kind: ResourceKind): Exchange<number> {
    for (;;) {
      const room = yield* readRoom(kind);
      if (room === undefined || room > 0) return TPM_RESULT.SUCCESS;
      if (!(yield* this.evictOne(kind))) return TPM_RESULT.RESOURCES;
    }
  }

  /**
   * Sends a load command, and sends it again after an eviction, until nothing is left to evict. This is possible
   * because a load command carries no authorization.
   */
  *sendUntilItFits(kind: ResourceKind, command: Uint8Array): Exchange<Uint8Array> {
    for (;;) {
      const response = yield command;
      if (!saysNoRoom(responseCodeOf(response)) || !(yield* this.evictOne(kind))) return response;
    }
  }

  /**
   * Evicts the least recently used resource of a kind that the running exchange does not need; returns false if there
   * is none.
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
    if (session.physicalHandle === undefined) return;
    const save = saveContext(session.physicalHandle, resourceTypeOf(session.kind));
    const saved = savedForm(yield* this.saveUntilItFits(save));
    if (saved === undefined) {
      yield* this.flush(session);
      return;
    }
    session.saved = saved;
    session.physicalHandle = undefined;
    this.savedRoom.noteSaved(saved.contextCount);
    this.#changed();
  }

  /** Sends a save command, and sends it again while a saved session can be flushed to make room for another. */
  *saveUntilItFits(command: Uint8Array): Exchange<Uint8Array> {
    for (;;) {
      const response = yield command;
      if (!(yield* this.savedRoom.makeRoomAfter(responseCodeOf(response)))) return response;
    }
  }

  /** Flushes a resource and removes it from the table. The sessions that are bound to a key end with it. */
  *flush(resource: Resource): Exchange<void> {
    if (resource.kind === 'key') yield* this.#flushKey(resource);
    else yield* this.#flushSession(resource);
  }

  *#flushSession(session: Session): Exchange<void> {
    const { physicalHandle, saved } = session;
    this.#forget(session);
    this.#changed();
    if (saved !== undefined) yield flushSpecific(saved.contextCount, TPM_RT.CONTEXT);
    if (physicalHandle !== undefined) yield flushSpecific(physicalHandle, resourceTypeOf(session.kind));
  }

  *#flushKey(key: Key): Exchange<void> {
    const { physicalHandle } = key;
    if (physicalHandle !== undefined) {
      for (const session of this.#sessionsOfCopies(key)) {
        if (session.link !== key) yield* this.evictSession(session);
      }
    }
    const bound = [...this.#sessions.all()].filter((session) => session.link === key);
    this.#forget(key);
    this.#changed();
    if (key.ownerEvict) return;
    if (physicalHandle !== undefined) yield flushSpecific(physicalHandle, TPM_RT.KEY);
    for (const session of bound) {
      // A resident session has just ended in the TPM together with its key, if the key was resident too.
      if (physicalHandle !== undefined) session.physicalHandle = undefined;
      yield* this.flush(session);
    }
  }

  *#loadKey(key: Key): Exchange<number> {
    if (key.physicalHandle !== undefined) return TPM_RESULT.SUCCESS;
    if (key.blob === undefined) return unknownHandleCode('key');
    return yield* this.#loadBlob(key, key.blob, 0);
  }

  *#loadSession(session: Session): Exchange<number> {
    if (session.physicalHandle !== undefined) return TPM_RESULT.SUCCESS;
    const { saved } = session;
    const key = linkedKey(session);
    if (saved === undefined) return unknownHandleCode(session.kind);
    if (key !== undefined) {
      const code = yield* this.#loadKey(key);
      if (code !== TPM_RESULT.SUCCESS) return this.#giveUp(session, code);
    }
    const room = yield* this.makeRoomFor(session.kind);
    if (room !== TPM_RESULT.SUCCESS) return room;
    const code = yield* this.#loadBlob(session, saved.blob, entityHandleOf(session.link));
    if (code === TPM_RESULT.SUCCESS) session.saved = undefined;
    return code;
  }

  *#loadBlob(resource: Resource, blob: Uint8Array, entityHandle: number): Exchange<number> {
    const response = yield* this.sendUntilItFits(resource.kind, loadContext(blob, entityHandle));
    const code = responseCodeOf(response);
    if (saysNoRoom(code)) return TPM_RESULT.RESOURCES;
    if (code !== TPM_RESULT.SUCCESS) return this.#giveUp(resource, code);
    const handle = firstHandle(response);
    // Without its handle the resource cannot be addressed, and the caller's handle must not be sent instead.
    if (handle === undefined) return TPM_RESULT.FAIL;
    resource.physicalHandle = handle;
    this.#changed();
    return TPM_RESULT.SUCCESS;
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

  /** Evicts a key that is in the TPM; returns whether that succeeded, or another key may be evicted in its place. */
  *#evictKey(key: Key): Exchange<boolean> {
    const physicalHandle = key.physicalHandle as number;
    if (key.blob === undefined) {
      const response = yield saveContext(physicalHandle, TPM_RT.KEY);
      key.blob = firstSizedBuffer(response);
      if (key.blob === undefined) return this.#keyCannotBeSaved(key, responseCodeOf(response));
    }
    for (const session of this.#sessionsOfCopies(key)) yield* this.evictSession(session);
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

  /** Chooses what to evict. Some TPMs have one pool for both kinds of session, so each can make room for the other. */
  #leastRecentlyUsed(kind: ResourceKind): Resource | undefined {
    if (kind === 'key') return this.#keys.leastRecentlyUsed();
    const otherKind = kind === 'authSession' ? 'transportSession' : 'authSession';
    return this.#sessions.leastRecentlyUsed(kind) ?? this.#sessions.leastRecentlyUsed(otherKind);
  }

  /** Lists the sessions that a flush of `key` would end in the TPM: those of all its copies, and its own. */
  #sessionsOfCopies(key: Key): Session[] {
    return [...this.#sessions.all()].filter((session) => {
      const linked = linkedKey(session);
      return linked !== undefined && isCopy(linked, key);
    });
  }
}

/** Returns whether two loaded keys may be copies of one key: also if a public part is unknown. */
function isCopy(left: Key, right: Key): boolean {
  return left.publicPart === undefined || right.publicPart === undefined || left.publicPart === right.publicPart;
}

/** Returns the blob in a response to TPM_SaveContext, and its number; undefined if there is none. */
export function savedForm(response: Uint8Array): SavedForm | undefined {
  const blob = firstSizedBuffer(response) ?? new Uint8Array();
  const facts = readContextBlob(blob);
  return facts === undefined ? undefined : { blob, contextCount: facts.contextCount };
}
