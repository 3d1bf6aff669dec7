/** What is remembered over a restart of the broker, and what of it still holds. */
import { base64ToBytes, bytesToBase64 } from '../../base64.js';
import { handleNumber, TRANSIENT_FIRST } from '../../tpm20/codes.js';
import type { SavedSessionRecord, VirtualizerSnapshot } from '../virtualizer.js';
import type { ListedHandles } from './reconciliation.js';
import type { ResetCounts } from './reset-counts.js';
import type { ResourceManager } from './resource-manager.js';

export function takeSnapshot(manager: ResourceManager, resetCounts: ResetCounts | undefined): VirtualizerSnapshot {
  const savedSessions: SavedSessionRecord[] = [];
  const ownedHandles = [...manager.objects.residentHandles(), ...manager.doomedHandles()];
  for (const session of manager.sessions.all()) {
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
  return { savedSessions, ownedHandles, ...(resetCounts && { resetCounts }) };
}

/** Takes up what the previous run left in the TPM: saved sessions stay with their users, the rest is to be flushed. */
export function restoreSnapshot(
  manager: ResourceManager,
  previous: VirtualizerSnapshot,
  listed: ListedHandles,
  resetCounts: ResetCounts | undefined,
): void {
  // After a TPM reset nothing is left of that run, and its numbers may belong to others by now.
  if (previous.resetCounts?.resetCount !== resetCounts?.resetCount) return;
  const records = [...previous.savedSessions].sort((left, right) => left.sequence - right.sequence);
  for (const record of records) {
    if (!listed.savedSessions.has(handleNumber(record.handle))) continue;
    const callerBlob = base64ToBytes(record.callerBlob);
    manager.sessions.adoptSaved(record.handle, record.userKey, callerBlob, base64ToBytes(record.currentBlob));
  }
  // Restart and resume clear the transient objects, so what is listed then is not ours.
  const isSameRun = previous.resetCounts?.restartCount === resetCounts?.restartCount;
  const left = previous.ownedHandles.filter((handle) =>
    handle >= TRANSIENT_FIRST
      ? isSameRun && listed.transient.has(handle)
      : listed.loadedSessions.has(handleNumber(handle)) || listed.savedSessions.has(handleNumber(handle)),
  );
  manager.doom(left.filter((handle) => manager.sessions.byHandle(handle) === undefined));
}
