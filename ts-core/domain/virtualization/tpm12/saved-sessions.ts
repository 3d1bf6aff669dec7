/**
 * Sessions that callers saved with TPM_SaveContext or TPM_SaveAuthContext. They belong to the user who saved them,
 * outlive the context and the broker, and are loaded once. No I/O.
 */
import { base64ToBytes } from '../../base64.js';
import { sameBytes } from '../../tpm/byte-fields.js';
import { TPM_RT } from '../../tpm12/codes.js';
import { readContextBlob } from '../../tpm12/structures.js';
import type { SavedSessionRecord } from '../virtualizer.js';
import type { CallerSavedSession } from './resource-table.js';

export class SavedSessions {
  #sessions: CallerSavedSession[] = [];
  #sequence = 0;

  add(session: Omit<CallerSavedSession, 'sequence'>): void {
    this.#sessions.push({ ...session, sequence: ++this.#sequence });
  }

  remove(session: CallerSavedSession): void {
    this.#sessions = this.#sessions.filter((other) => other !== session);
  }

  clear(): void {
    this.#sessions = [];
  }

  /** The user's own session with this blob. Another user's blob is as unknown as one that never was. */
  find(userKey: string, blob: Uint8Array): CallerSavedSession | undefined {
    return this.#sessions.find((session) => session.userKey === userKey && sameBytes(session.blob, blob));
  }

  findByCount(userKey: string, contextCount: number): CallerSavedSession | undefined {
    return this.#sessions.find((session) => session.userKey === userKey && session.contextCount === contextCount);
  }

  all(): readonly CallerSavedSession[] {
    return this.#sessions;
  }

  ofUser(userKey: string): readonly CallerSavedSession[] {
    return this.#sessions.filter((session) => session.userKey === userKey);
  }

  /** Takes over a session that an earlier run of the broker kept, when the TPM still knows its context count. */
  restore(record: SavedSessionRecord, knownCounts: readonly number[]): void {
    const blob = base64ToBytes(record.callerBlob);
    const currentBlob = base64ToBytes(record.currentBlob);
    const facts = readContextBlob(blob);
    const current = readContextBlob(currentBlob);
    if (facts === undefined || current === undefined || !knownCounts.includes(current.contextCount)) return;
    this.add({
      id: `saved-${facts.contextCount}`,
      kind: facts.resourceType === TPM_RT.TRANS ? 'transportSession' : 'authSession',
      userKey: record.userKey,
      blob,
      contextCount: facts.contextCount,
      current: { blob: currentBlob, contextCount: current.contextCount },
      virtualHandle: record.handle,
      link: undefined,
      transportAttributes: 0,
    });
  }
}
