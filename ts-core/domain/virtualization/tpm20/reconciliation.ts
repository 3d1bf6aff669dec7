/**
 * Brings the tables in line with what the TPM lists, after an exchange whose end is unknown (the transport failed in the
 * middle of it), after a resume, and at start.
 */
import type { Exchange } from '../../tpm/exchange.js';
import { ACTIVE_SESSION_FIRST, handleNumber, LOADED_SESSION_FIRST, TRANSIENT_FIRST } from '../../tpm20/codes.js';
import { listHandles } from './capability-query.js';
import type { ResourceManager } from './resource-manager.js';

export interface ListedHandles {
  readonly transient: ReadonlySet<number>;
  /** Numbers, that is the low 24 bits, to the handle as listed. */
  readonly loadedSessions: ReadonlyMap<number, number>;
  readonly savedSessions: ReadonlyMap<number, number>;
}

export function* listAllHandles(): Exchange<ListedHandles> {
  const byNumber = (handles: readonly number[]) => new Map(handles.map((handle) => [handleNumber(handle), handle]));
  return {
    transient: new Set(yield* listHandles(TRANSIENT_FIRST)),
    loadedSessions: byNumber(yield* listHandles(LOADED_SESSION_FIRST)),
    savedSessions: byNumber(yield* listHandles(ACTIVE_SESSION_FIRST)),
  };
}

/** Handles in the TPM that are not the broker's: the kernel's or the firmware's, never flushed. */
export function foreignHandles(manager: ResourceManager, listed: ListedHandles): ReadonlySet<number> {
  const own = new Set([...manager.objects.residentHandles(), ...manager.doomedHandles()]);
  const foreign = new Set<number>();
  for (const handle of listed.transient) if (!own.has(handle)) foreign.add(handle);
  for (const handle of [...listed.loadedSessions.values(), ...listed.savedSessions.values()]) {
    const isOurs = manager.sessions.byHandle(handle) !== undefined || isDoomedSession(manager, handle);
    if (!isOurs) foreign.add(handle);
  }
  return foreign;
}

function isDoomedSession(manager: ResourceManager, handle: number): boolean {
  for (const doomed of manager.doomedHandles()) {
    if (doomed < TRANSIENT_FIRST && handleNumber(doomed) === handleNumber(handle)) return true;
  }
  return false;
}

/**
 * `creationLost`: the response to a command that creates or loads something may have been lost. One command is in flight
 * at a time, so if exactly one handle has appeared that was not there before, it is that one, and it is flushed.
 */
export function* reconcile(
  manager: ResourceManager,
  foreignBefore: ReadonlySet<number>,
  creationLost: boolean,
): Exchange<ReadonlySet<number>> {
  const listed = yield* listAllHandles();
  for (const object of manager.objects.residents()) {
    if (!listed.transient.has(object.physicalHandle)) manager.objects.lost(object);
  }
  yield* reconcileSessions(manager, listed);
  for (const handle of manager.doomedHandles()) {
    const number = handleNumber(handle);
    const isThere =
      handle >= TRANSIENT_FIRST
        ? listed.transient.has(handle)
        : listed.loadedSessions.has(number) || listed.savedSessions.has(number);
    if (!isThere) manager.spare(handle);
  }
  const foreign = foreignHandles(manager, listed);
  const appeared = [...foreign].filter((handle) => !foreignBefore.has(handle));
  const orphan = creationLost && appeared.length === 1 ? appeared : [];
  if (orphan.length > 0) manager.doom(orphan);
  yield* manager.flushDoomed();
  return new Set([...foreign].filter((handle) => !orphan.includes(handle)));
}

function* reconcileSessions(manager: ResourceManager, listed: ListedHandles): Exchange<void> {
  const { sessions } = manager;
  for (const session of [...sessions.all()]) {
    const number = handleNumber(session.handle);
    if (listed.loadedSessions.has(number)) {
      sessions.setResident(session, true);
      // The answer to loading it was lost; for its caller it is still saved.
      if (session.callerBlob) yield* sessions.evict(session);
    } else if (!listed.savedSessions.has(number)) {
      sessions.ended(session);
    } else if (session.resident) {
      // The answer to saving it was lost, and with it the only blob that could load it again.
      yield* sessions.flush(session);
    }
  }
}
