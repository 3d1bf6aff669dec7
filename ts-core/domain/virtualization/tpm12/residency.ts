/**
 * What is in the TPM and what is saved outside of it. Resources stay in the TPM until their slot is needed; then the
 * least recently used one is saved with TPM_SaveContext. Every rule answers with a TPM return code, 0 for success.
 *
 * Hazards of TPM 1.2 that decide the order here:
 * - TPM_FlushSpecific of a key ends every OSAP and DSAP session in the TPM that is bound to that key's public part,
 *   whoever's it is. Such sessions are saved before the key is flushed.
 * - TPM_SaveContext takes a session out of the TPM, but leaves a key in it.
 * - A failed command ends its authorization session, so a command that carries one gets its room before it is sent.
 * - A TPM_LoadContext of a session that finds no room may void the blob all the same (libtpms forgets the context count
 *   before it looks for a slot), so room is made before; a key's blob bears a second try.
 */
import { responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_CAP, TPM_CAP_PROP, TPM_RESULT, TPM_RT } from '../../tpm12/codes.js';
import { flushSpecific, getCapability, loadContext, saveContext } from '../../tpm12/commands.js';
import { firstHandle, firstSizedBuffer, isSuccess, numberOf } from '../../tpm12/responses.js';
import { readContextBlob } from '../../tpm12/structures.js';
import type { CreatedKind } from './command-shape.js';
import type { HeldKey, HeldResource, HeldSession, ResourceTable } from './resource-table.js';
import { SavedSessionRoom } from './saved-session-room.js';
import type { SavedSessions } from './saved-sessions.js';

/** Resources that the command at hand needs in the TPM at once. */
export type Pinned = ReadonlySet<HeldResource>;

/** More rounds than any TPM has slots; a bound against a TPM that answers "no room" for ever. */
const MAX_ROUNDS = 64;

const NO_ROOM: ReadonlySet<number> = new Set([TPM_RESULT.RESOURCES, TPM_RESULT.NOSPACE]);
/** A blob that the TPM answers with one of these will never load again. */
const LOST: ReadonlySet<number> = new Set([
  TPM_RESULT.BADCONTEXT,
  TPM_RESULT.RESOURCEMISSING,
  TPM_RESULT.INVALID_RESOURCE,
  TPM_RESULT.BAD_HANDLE,
  TPM_RESULT.INVALID_KEYHANDLE,
]);

const ROOM_PROPERTY: Record<CreatedKind, number> = {
  key: TPM_CAP_PROP.KEYS,
  authSession: TPM_CAP_PROP.AUTHSESS,
  transportSession: TPM_CAP_PROP.TRANSESS,
};

export function resourceTypeOf(kind: CreatedKind): number {
  if (kind === 'key') return TPM_RT.KEY;
  return kind === 'authSession' ? TPM_RT.AUTH : TPM_RT.TRANS;
}

export function unknownHandleCode(kind: CreatedKind): number {
  return kind === 'key' ? TPM_RESULT.INVALID_KEYHANDLE : TPM_RESULT.INVALID_AUTHHANDLE;
}

export function saysNoRoom(responseCode: number): boolean {
  return NO_ROOM.has(responseCode);
}

export class Residency {
  readonly savedRoom: SavedSessionRoom;

  constructor(
    private readonly table: ResourceTable,
    saved: SavedSessions,
    private readonly changed: () => void,
  ) {
    this.savedRoom = new SavedSessionRoom(table, saved, (session) => this.flush(session), changed);
  }

  /**
   * Loads what is not in the TPM; `pinned` holds the resources themselves and whatever else must stay. Keys come first:
   * making room for a key may take sessions out, but making room for a session never takes a key.
   */
  *ensure(resources: readonly HeldResource[], pinned: Set<HeldResource>): Exchange<number> {
    const keys = new Set<HeldResource>();
    for (const resource of resources) {
      pinned.add(resource);
      const key = resource.kind === 'key' ? resource : resource.link?.key;
      if (key !== undefined) keys.add(key);
    }
    for (const key of keys) pinned.add(key);
    for (const key of keys) {
      const code = yield* this.#load(key, pinned);
      const wanted = resources.includes(key);
      if (code !== TPM_RESULT.SUCCESS && wanted) return code;
    }
    for (const resource of resources) {
      const code = yield* this.#load(resource, pinned);
      if (code !== TPM_RESULT.SUCCESS) return code;
    }
    for (const resource of resources) this.table.touch(resource);
    return TPM_RESULT.SUCCESS;
  }

  /** Asks the TPM whether one more of `kind` fits and evicts until it does. A TPM that does not say is believed to have room. */
  *ensureRoom(kind: CreatedKind, pinned: Pinned): Exchange<number> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const room = numberOf(yield getCapability(TPM_CAP.PROPERTY, ROOM_PROPERTY[kind]));
      if (room === undefined || room > 0) return TPM_RESULT.SUCCESS;
      if (!(yield* this.evictOne(kind, pinned))) return TPM_RESULT.RESOURCES;
    }
    return TPM_RESULT.RESOURCES;
  }

  /** Saves the least recently used resource of a kind; false when there is none that may go. */
  *evictOne(kind: CreatedKind, pinned: Pinned): Exchange<boolean> {
    const victim = this.#leastRecentlyUsed(kind, pinned) ?? this.#sessionOfOtherKind(kind, pinned);
    if (victim === undefined) return false;
    if (victim.kind === 'key') return yield* this.#evictKey(victim);
    yield* this.saveSession(victim);
    return true;
  }

  /** Takes a session out of the TPM; when it cannot be saved it is lost, and its slot is free all the same. */
  *saveSession(session: HeldSession): Exchange<void> {
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
        this.changed();
        return;
      }
      if (yield* this.savedRoom.make(code)) continue;
      yield* this.flush(session);
      return;
    }
    yield* this.flush(session);
  }

  /** Ends a resource, in the TPM and in the table. For a key, the sessions that are bound to it end with it. */
  *flush(resource: HeldResource): Exchange<void> {
    const { physicalHandle } = resource;
    const saved = resource.kind === 'key' ? undefined : resource.saved;
    const bound = resource.kind === 'key' ? this.#sessionsBoundTo(resource) : [];
    if (resource.kind === 'key' && physicalHandle !== undefined) yield* this.#saveSessionsOfCopies(resource);
    this.table.remove(resource);
    this.changed();
    if (saved !== undefined) yield flushSpecific(saved.contextCount, TPM_RT.CONTEXT);
    const stays = resource.kind === 'key' && resource.ownerEvict;
    if (physicalHandle !== undefined && !stays) {
      yield flushSpecific(physicalHandle, resourceTypeOf(resource.kind));
    }
    for (const session of bound) {
      if (stays || !session.alive) continue;
      // A resident one has just ended in the TPM together with its key, where that was resident too.
      if (physicalHandle !== undefined) session.physicalHandle = undefined;
      yield* this.flush(session);
    }
  }

  *#load(resource: HeldResource, pinned: Set<HeldResource>): Exchange<number> {
    if (!resource.alive) return unknownHandleCode(resource.kind);
    if (resource.physicalHandle !== undefined) return TPM_RESULT.SUCCESS;
    const blob = resource.kind === 'key' ? resource.blob : resource.saved?.blob;
    if (blob === undefined) {
      this.table.remove(resource);
      return unknownHandleCode(resource.kind);
    }
    let entityHandle = 0;
    if (resource.kind !== 'key' && resource.link !== undefined) {
      const { key } = resource.link;
      if (key !== undefined) {
        const code = yield* this.#load(key, pinned);
        if (code !== TPM_RESULT.SUCCESS) return this.#giveUp(resource, code);
      }
      entityHandle = key?.physicalHandle ?? resource.link.entityHandle;
    }
    if (resource.kind !== 'key') {
      const room = yield* this.ensureRoom(resource.kind, pinned);
      if (room !== TPM_RESULT.SUCCESS) return room;
    }
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const response = yield loadContext(blob, entityHandle);
      const code = responseCodeOf(response);
      if (code === TPM_RESULT.SUCCESS) {
        resource.physicalHandle = firstHandle(response);
        if (resource.kind !== 'key') resource.saved = undefined;
        this.changed();
        return TPM_RESULT.SUCCESS;
      }
      if (!saysNoRoom(code)) return this.#giveUp(resource, code);
      if (!(yield* this.evictOne(resource.kind, pinned))) return TPM_RESULT.RESOURCES;
    }
    return TPM_RESULT.RESOURCES;
  }

  /** A resource that will never load again is unknown from now on; any other failure is the caller's to try again. */
  #giveUp(resource: HeldResource, code: number): number {
    if (!LOST.has(code) && code !== TPM_RESULT.INVALID_AUTHHANDLE) return code;
    this.table.remove(resource);
    this.changed();
    return unknownHandleCode(resource.kind);
  }

  *#evictKey(key: HeldKey): Exchange<boolean> {
    if (key.physicalHandle === undefined) return true;
    if (key.blob === undefined) {
      const response = yield saveContext(key.physicalHandle, TPM_RT.KEY);
      if (!isSuccess(response)) return this.#keyCannotBeSaved(key, responseCodeOf(response));
      key.blob = firstSizedBuffer(response);
    }
    yield* this.#saveSessionsOfCopies(key);
    for (const session of this.#sessionsBoundTo(key)) yield* this.saveSession(session);
    const physicalHandle = key.physicalHandle;
    key.physicalHandle = undefined;
    this.changed();
    yield flushSpecific(physicalHandle, TPM_RT.KEY);
    return true;
  }

  /** Says whether the eviction may go on with another key. */
  #keyCannotBeSaved(key: HeldKey, code: number): boolean {
    if (code === TPM_RESULT.OWNER_CONTROL) key.ownerEvict = true;
    else if (LOST.has(code)) this.table.remove(key);
    else return false;
    return true;
  }

  #leastRecentlyUsed(kind: CreatedKind, pinned: Pinned): HeldResource | undefined {
    let oldest: HeldResource | undefined;
    for (const resource of this.table.all()) {
      if (resource.kind !== kind || resource.physicalHandle === undefined || pinned.has(resource)) continue;
      if (resource.kind === 'key' && resource.ownerEvict) continue;
      if (oldest === undefined || resource.lastUsed < oldest.lastUsed) oldest = resource;
    }
    return oldest;
  }

  /** Some TPMs keep authorization and transport sessions in one pool. */
  #sessionOfOtherKind(kind: CreatedKind, pinned: Pinned): HeldResource | undefined {
    if (kind === 'key') return undefined;
    return this.#leastRecentlyUsed(kind === 'authSession' ? 'transportSession' : 'authSession', pinned);
  }

  #sessionsBoundTo(key: HeldKey): HeldSession[] {
    return [...this.table.sessions()].filter((session) => session.link?.key === key);
  }

  /** Before `key` is flushed: other copies' sessions leave the TPM, since the flush would end them as well. */
  *#saveSessionsOfCopies(key: HeldKey): Exchange<void> {
    for (const session of [...this.table.sessions()]) {
      const linked = session.link?.key;
      if (linked === undefined || linked === key || session.physicalHandle === undefined) continue;
      if (isCopy(linked, key)) yield* this.saveSession(session);
    }
  }
}

/** Whether two loaded keys may be the same key; unknown public parts are believed to be. */
function isCopy(left: HeldKey, right: HeldKey): boolean {
  if (left === right) return true;
  return left.publicPart === undefined || right.publicPart === undefined || left.publicPart === right.publicPart;
}
