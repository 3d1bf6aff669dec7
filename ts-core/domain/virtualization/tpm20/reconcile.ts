/**
 * Reconciles the tables with what the TPM lists: at start, after a resume, and after an exchange whose outcome is
 * unknown because the transport failed in the middle of it.
 */
import type { Exchange } from '../../tpm/exchange.js';
import { handleNumber, TRANSIENT_FIRST } from '../../tpm20/codes.js';
import { type ListedHandles, listAllHandles } from './broker-commands.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

/**
 * Returns the unmanaged handles. `creationLost`: the response to a command that creates or loads something may have
 * been lost. Only one command is in flight at a time. So if exactly one new handle has appeared, that command created
 * it, and it is flushed.
 */
export function* reconcile(
  parts: VirtualizerParts,
  unmanagedBefore: ReadonlySet<number>,
  creationLost: boolean,
): Exchange<ReadonlySet<number>> {
  const { objects, swapping } = parts;
  const listed = yield* listAllHandles();
  for (const object of objects.residents()) {
    if (!listed.transient.has(object.physicalHandle)) objects.lost(object);
  }
  yield* reconcileSessions(parts, listed);
  for (const handle of swapping.pendingFlushes()) {
    const number = handleNumber(handle);
    const isThere =
      handle >= TRANSIENT_FIRST
        ? listed.transient.has(handle)
        : listed.loadedSessions.has(number) || listed.savedSessions.has(number);
    if (!isThere) swapping.cancelFlush(handle);
  }
  const unmanaged = unmanagedHandles(parts, listed);
  const appeared = [...unmanaged].filter((handle) => !unmanagedBefore.has(handle));
  const orphan = creationLost && appeared.length === 1 ? appeared : [];
  if (orphan.length > 0) swapping.flushLater(orphan);
  yield* swapping.flushPending();
  return new Set([...unmanaged].filter((handle) => !orphan.includes(handle)));
}

function* reconcileSessions({ sessions, swapping }: VirtualizerParts, listed: ListedHandles): Exchange<void> {
  for (const session of [...sessions.all()]) {
    const number = handleNumber(session.handle);
    if (listed.loadedSessions.has(number)) {
      sessions.nowResident(session);
      // The response to loading it was lost; to its caller, it is still saved.
      if (session.callerBlob) yield* swapping.evictSession(session);
    } else if (!listed.savedSessions.has(number)) {
      sessions.ended(session);
    } else if (session.resident) {
      // The response to saving it was lost, and with it the only blob that could load it again.
      yield* swapping.flushSession(session);
    }
  }
}

/**
 * Returns the handles in the TPM that the broker did not create: the kernel's or the firmware's, which are never
 * flushed.
 */
export function unmanagedHandles(
  { objects, sessions, swapping }: VirtualizerParts,
  listed: ListedHandles,
): ReadonlySet<number> {
  const own = new Set([...objects.residentHandles(), ...swapping.pendingFlushes()]);
  const unmanaged = new Set<number>();
  for (const handle of listed.transient) if (!own.has(handle)) unmanaged.add(handle);
  for (const handle of [...listed.loadedSessions.values(), ...listed.savedSessions.values()]) {
    const isOurs = sessions.byHandle(handle) !== undefined || hasSession(swapping.pendingFlushes(), handle);
    if (!isOurs) unmanaged.add(handle);
  }
  return unmanaged;
}

function hasSession(handles: ReadonlySet<number>, handle: number): boolean {
  for (const other of handles) {
    if (other < TRANSIENT_FIRST && handleNumber(other) === handleNumber(handle)) return true;
  }
  return false;
}
