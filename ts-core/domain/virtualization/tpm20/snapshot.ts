/**
 * Reports what the tables hold: for the next run of the broker, and for administrators (Get-TbsResource). A session
 * "saved" here is one that its caller saved; the snapshot records it.
 */
import { base64ToBytes, bytesToBase64 } from '../../base64.js';
import type { Exchange } from '../../tpm/exchange.js';
import { handleNumber, TRANSIENT_FIRST } from '../../tpm20/codes.js';
import { flushContext } from '../../tpm20/commands.js';
import type {
  ResourceCounts,
  ResourceHolder,
  SavedSessionRecord,
  VirtualizerSnapshot,
  VirtualResource,
} from '../virtualizer.js';
import type { ListedHandles } from './broker-commands.js';
import type { TransientObject } from './handles.js';
import type { Session } from './sessions.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

type Tables = Pick<VirtualizerParts, 'contexts' | 'sessions'>;

/** Returns what must survive a restart of the broker. */
export function takeSnapshot({
  objects,
  sessions,
  swapping,
  reconciliation,
  resetCounts,
}: Pick<
  VirtualizerParts,
  'objects' | 'sessions' | 'swapping' | 'reconciliation' | 'resetCounts'
>): VirtualizerSnapshot {
  const savedSessions: SavedSessionRecord[] = [];
  const ownedHandles = [...objects.residentHandles(), ...swapping.pendingFlushes()];
  for (const session of sessions.all()) {
    if (session.callerBlob && session.blob) {
      savedSessions.push({
        handle: session.handle,
        userKey: session.userKey,
        callerBlob: bytesToBase64(session.callerBlob),
        currentBlob: bytesToBase64(session.blob),
        sequence: session.callerSaveOrder,
      });
    } else {
      ownedHandles.push(session.handle);
    }
  }
  const unmanagedObjects = reconciliation.unmanagedObjects();
  return { savedSessions, ownedHandles, unmanagedObjects, ...(resetCounts && { resetCounts }) };
}

/**
 * Takes over what the previous run left in the TPM: saved sessions stay with their users, and the rest is queued for
 * flushing.
 */
export function restoreSnapshot(
  { sessions, swapping, resetCounts }: Pick<VirtualizerParts, 'sessions' | 'swapping' | 'resetCounts'>,
  previous: VirtualizerSnapshot,
  listed: ListedHandles,
): void {
  // After a TPM reset nothing of that run remains, and its handles may belong to others by now.
  if (previous.resetCounts?.resetCount !== resetCounts?.resetCount) return;
  const records = [...previous.savedSessions].sort((left, right) => left.sequence - right.sequence);
  for (const record of records) {
    if (!listed.savedSessions.has(handleNumber(record.handle))) continue;
    const callerBlob = base64ToBytes(record.callerBlob);
    sessions.adoptSaved(record.handle, record.userKey, callerBlob, base64ToBytes(record.currentBlob));
  }
  // Restart and resume clear the transient objects, so objects listed afterwards are not the broker's.
  const isSameRun = previous.resetCounts?.restartCount === resetCounts?.restartCount;
  const left = previous.ownedHandles.filter((handle) =>
    handle >= TRANSIENT_FIRST
      ? isSameRun && listed.transient.has(handle)
      : listed.loadedSessions.has(handleNumber(handle)) || listed.savedSessions.has(handleNumber(handle)),
  );
  const { unmanagedObjects } = previous;
  const unknown =
    resetCounts !== undefined && isSameRun && unmanagedObjects !== undefined
      ? [...listed.transient].filter((handle) => !unmanagedObjects.includes(handle) && !left.includes(handle))
      : [];
  swapping.flushLater([...left.filter((handle) => sessions.byHandle(handle) === undefined), ...unknown]);
}

export function listResources(
  { contexts, sessions }: Tables,
  of: (holder: ResourceHolder) => boolean = () => true,
): readonly VirtualResource[] {
  const resources: VirtualResource[] = [];
  for (const context of contexts.values()) {
    const { userKey } = context.caller;
    const contextId = context.id;
    if (context.objectCount === 0 || !of({ userKey, contextId })) continue;
    for (const object of context.objects()) {
      resources.push({
        id: objectId(object),
        kind: object.isSequence ? 'sequence' : 'transient',
        userKey,
        contextId,
        virtualHandle: object.virtualHandle,
        resident: object.physicalHandle !== 0,
      });
    }
  }
  for (const session of sessions.all()) {
    const holder = { userKey: session.userKey, contextId: (session.context ?? session.savedBy)?.id ?? null };
    if (!of(holder)) continue;
    resources.push({
      id: sessionId(session),
      kind: session.context ? 'loadedSession' : 'savedSession',
      ...holder,
      virtualHandle: session.handle,
      resident: session.resident,
    });
  }
  return resources;
}

/** Counts the sessions that this context saved and that nobody has loaded since as saved. */
export function countResources({ contexts, sessions }: Tables, contextId: number): ResourceCounts {
  const context = contexts.get(contextId);
  if (!context) return { transient: 0, loadedSessions: 0, savedSessions: 0 };
  let savedSessions = 0;
  for (const session of sessions.all()) if (session.savedBy === context) savedSessions++;
  return { transient: context.objectCount, loadedSessions: context.loadedSessionCount, savedSessions };
}

/** Flushes a resource (Remove-TbsResource); returns false if it no longer exists. */
export function* removeResource(
  parts: Tables & Pick<VirtualizerParts, 'objects' | 'swapping'>,
  id: string,
): Exchange<boolean> {
  const found = resourceWithId(parts, id);
  if (!found) return false;
  if (found.kind === 'session') {
    yield* parts.swapping.flushSession(found.session);
    return true;
  }
  if (found.object.physicalHandle !== 0) yield flushContext(found.object.physicalHandle);
  parts.objects.remove(found.object);
  return true;
}

type Found =
  | { readonly kind: 'object'; readonly object: TransientObject }
  | { readonly kind: 'session'; readonly session: Session };

function resourceWithId({ contexts, sessions }: Tables, id: string): Found | undefined {
  for (const context of contexts.values()) {
    for (const object of context.objects()) if (objectId(object) === id) return { kind: 'object', object };
  }
  for (const session of sessions.all()) if (sessionId(session) === id) return { kind: 'session', session };
  return undefined;
}

function objectId(object: TransientObject): string {
  return `object-${object.id}`;
}

function sessionId(session: Session): string {
  return `session-${session.id}`;
}
