/**
 * The tables of one TPM and what every command needs from them: sending with room being made, entering what a response
 * created, and flushing. Special commands work on this; `Tpm20Virtualizer` is its face.
 */
import { HEADER_BYTES, readUint32, responseCodeOf, writeUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { handleType, isSessionHandle, TPM_HT, TPM_PT, TPM_RC } from '../../tpm20/codes.js';
import { CommandAreas } from '../../tpm20/command-areas.js';
import { flushContext } from '../../tpm20/commands.js';
import { isOutOfObjectMemory, OBJECT_QUOTA, SESSION_QUOTA } from '../../tpm20/responses.js';
import type { CommandTable } from './command-table.js';
import type { HandleRanges } from './missing-handle.js';
import { SessionShares } from './session-shares.js';
import { Sessions } from './sessions.js';
import { TransientObjects } from './transient-objects.js';
import type { VirtualContext } from './virtual-context.js';

/** Bounds on what callers may hold. Read whenever they are needed, so that they may follow the policy. */
export interface ResourceLimits {
  /** Objects, sequences and loaded sessions of one context (MaxResources). */
  readonly resourcesPerContext: number;
  /** Sessions that one context has loaded at the same time. */
  readonly sessionsPerContext: number;
  /** Objects and sequences of one user in all contexts, since what is evicted takes memory of the broker's. */
  readonly objectsPerUser: number;
  /** Saved sessions of one user whose connection is gone. */
  readonly abandonedSessionsPerUser: number;
}

const DEFAULT_ACTIVE_SESSIONS = 64;
/** More rounds than any number of evictions and gap repairs can need; a TPM that always refuses must not hold the broker. */
const MAX_ATTEMPTS = 200;
/** How often TPM_RC_RETRY is obeyed at once; after that the caller decides, as it would without a broker. */
const MAX_RETRIES = 3;

export class ResourceManager {
  readonly contexts = new Map<number, VirtualContext>();
  readonly objects: TransientObjects;
  readonly sessions: Sessions;
  readonly areas = new CommandAreas();
  readonly ranges: HandleRanges;
  readonly shares: SessionShares;
  /** Physical handles that nobody holds any more and that are not flushed yet. */
  readonly #doomed = new Set<number>();

  constructor(
    readonly limits: ResourceLimits,
    readonly commands: CommandTable,
    readonly properties: ReadonlyMap<number, number>,
    readonly changed: () => void,
  ) {
    this.objects = new TransientObjects(changed);
    this.sessions = new Sessions(changed);
    const sessionsMax = properties.get(TPM_PT.ACTIVE_SESSIONS_MAX) ?? DEFAULT_ACTIVE_SESSIONS;
    this.ranges = {
      get transientObjects() {
        return limits.resourcesPerContext;
      },
      sessions: sessionsMax,
    };
    this.shares = new SessionShares(this.sessions, sessionsMax, limits.abandonedSessionsPerUser);
  }

  /** Each exchange has a number, so that what it needs is not evicted by itself. */
  beginExchange(): void {
    this.objects.exchange++;
    this.sessions.exchange++;
  }

  /** Sends a command; whenever the TPM answers that it has no room, makes some and sends it again. */
  *send(command: Uint8Array): Exchange<Uint8Array> {
    let retries = 0;
    for (let attempt = 1; ; attempt++) {
      const response = yield command;
      const code = responseCodeOf(response);
      if (code === TPM_RC.SUCCESS || attempt === MAX_ATTEMPTS) return response;
      if (code === TPM_RC.RETRY) {
        if (retries++ === MAX_RETRIES) return response;
      } else if (!(yield* this.#makeRoom(code))) return response;
    }
  }

  *#makeRoom(code: number): Exchange<boolean> {
    if (isOutOfObjectMemory(code) && (yield* this.objects.evictOne())) return true;
    if (code === TPM_RC.SESSION_HANDLES) return yield* this.shares.reclaimOne();
    if (isOutOfObjectMemory(code) && code !== TPM_RC.MEMORY) return false;
    return yield* this.sessions.makeRoom(code);
  }

  /** Whether the context may have another object, or session; if not, the response code that says so. */
  *admit(context: VirtualContext, kind: 'object' | 'session'): Exchange<number> {
    if (kind === 'object') {
      if (this.objectsAvailableTo(context) === 0) return OBJECT_QUOTA;
      yield* this.objects.reserveSlot();
      return TPM_RC.SUCCESS;
    }
    if (this.loadableSessions(context) === 0) return SESSION_QUOTA;
    if (!(yield* this.shares.admit(context.caller.userKey))) return SESSION_QUOTA;
    yield* this.sessions.reserveSlot();
    return TPM_RC.SUCCESS;
  }

  objectsAvailableTo(context: VirtualContext): number {
    const ofUser = this.limits.objectsPerUser - this.objects.heldBy(context.caller.userKey);
    return Math.max(0, Math.min(this.#resourcesLeft(context), ofUser));
  }

  loadableSessions(context: VirtualContext): number {
    const left = this.limits.sessionsPerContext - context.loadedSessionCount;
    return Math.max(0, Math.min(this.#resourcesLeft(context), left));
  }

  #resourcesLeft(context: VirtualContext): number {
    return this.limits.resourcesPerContext - context.objectCount - context.loadedSessionCount;
  }

  /** Enters what a successful response created, and puts the handle that the caller sees into the response. */
  enterCreated(
    context: VirtualContext,
    response: Uint8Array,
    isSequence: boolean,
    blob: Uint8Array | undefined,
  ): Uint8Array {
    if (response.length < HEADER_BYTES + 4) return response;
    const handle = readUint32(response, HEADER_BYTES);
    if (handleType(handle) === TPM_HT.TRANSIENT) {
      const object = this.objects.adopt(context, handle, isSequence, blob);
      writeUint32(response, HEADER_BYTES, object.virtualHandle);
    } else if (isSessionHandle(handle)) {
      this.sessions.adopt(context, handle);
    }
    return response;
  }

  /** A context is gone: what it held is nobody's and to be flushed; what it saved stays with its user. */
  abandon(context: VirtualContext): void {
    for (const object of context.objects()) {
      if (object.physicalHandle !== 0) this.#doomed.add(object.physicalHandle);
      this.objects.remove(object);
    }
    for (const session of [...this.sessions.all()]) {
      if (session.savedBy === context) session.savedBy = undefined;
      if (session.context !== context) continue;
      this.#doomed.add(session.handle);
      this.sessions.ended(session);
    }
    this.changed();
  }

  *flushAbandoned(userKey: string): Exchange<void> {
    yield* this.flushDoomed();
    yield* this.shares.boundAbandoned(userKey);
  }

  doom(handles: Iterable<number>): void {
    for (const handle of handles) this.#doomed.add(handle);
    this.changed();
  }

  /** What the TPM says to a flush does not matter: afterwards the handle is not there. */
  *flushDoomed(): Exchange<void> {
    for (const handle of [...this.#doomed]) {
      if (responseCodeOf(yield flushContext(handle)) === TPM_RC.INITIALIZE) return;
      this.#doomed.delete(handle);
      this.changed();
    }
  }

  doomedHandles(): ReadonlySet<number> {
    return this.#doomed;
  }

  spare(handle: number): void {
    this.#doomed.delete(handle);
  }

  forgetDoomed(): void {
    this.#doomed.clear();
  }
}
