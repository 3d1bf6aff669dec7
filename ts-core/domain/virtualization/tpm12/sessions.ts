/**
 * Sessions other than those that contexts have loaded: sessions that callers saved, the TPM's DAA sessions and its SHA-1
 * thread. Tables without I/O; `save-load-evict.ts` saves sessions in the TPM.
 */
import { base64ToBytes } from '../../base64.js';
import { sameBytes } from '../../tpm/byte-fields.js';
import { TPM_ORD, TPM_RT } from '../../tpm12/codes.js';
import type { SessionKind } from '../../tpm12/command-shape.js';
import { readContextBlob } from '../../tpm12/structures.js';
import type { SavedSessionRecord } from '../virtualizer.js';
import type { SessionLink } from './handles.js';

/** A session that a caller saved itself; any context of the same user can load it, once. */
export interface CallerSavedSession {
  readonly id: string;
  readonly kind: SessionKind;
  readonly userKey: string;
  /** The blob that the caller holds, and the context count by which the caller knows the session. */
  readonly blob: Uint8Array;
  readonly contextCount: number;
  /** The blob and count that the TPM accepts: the same, until the session is saved again (context-gap.ts). */
  current: { readonly blob: Uint8Array; readonly contextCount: number };
  readonly virtualHandle: number;
  readonly link: SessionLink | undefined;
  readonly transportAttributes: number;
  /** Order of saving. */
  readonly sequence: number;
}

/**
 * Sessions that callers saved with TPM_SaveContext or TPM_SaveAuthContext. They belong to the user who saved them, and
 * outlive the context and the broker.
 */
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

  /** Returns the user's own session with this blob. Another user's blob is treated like one that never existed. */
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

  /** Takes over a session from an earlier run of the broker, if the TPM still knows its context count. */
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

/**
 * Direct anonymous attestation: the TPM's one or two DAA sessions, kept apart by context. The response's HMAC covers
 * their handle (TPM Main Part 3, 26.1, stage 0), so callers see the TPM's own value, and DAA sessions are never
 * evicted.
 */
export interface DaaSession {
  readonly id: string;
  readonly contextId: number;
  readonly userKey: string;
  readonly handle: number;
}

export class DaaSessions {
  #sessions: readonly DaaSession[] = [];

  all(): readonly DaaSession[] {
    return this.#sessions;
  }

  ofContext(contextId: number): readonly DaaSession[] {
    return this.#sessions.filter((session) => session.contextId === contextId);
  }

  find(contextId: number, handle: number): DaaSession | undefined {
    return this.ofContext(contextId).find((session) => session.handle === handle);
  }

  add(session: DaaSession): void {
    this.#sessions = [...this.#sessions, session];
  }

  remove(session: DaaSession): void {
    this.#sessions = this.#sessions.filter((other) => other !== session);
  }

  keepOnly(handles: readonly number[]): void {
    this.#sessions = this.#sessions.filter(({ handle }) => handles.includes(handle));
  }
}

const CONTINUES_SHA1: ReadonlySet<number> = new Set([
  TPM_ORD.SHA1Update,
  TPM_ORD.SHA1Complete,
  TPM_ORD.SHA1CompleteExtend,
]);

/** The one SHA-1 thread of a TPM 1.2. It belongs to the context that started it; other contexts cannot use it. */
export class Sha1Thread {
  #contextId: number | undefined;

  /** Returns false for a command that would continue a thread that another context started. */
  maySend(contextId: number, ordinal: number): boolean {
    return !CONTINUES_SHA1.has(ordinal) || this.#contextId === contextId;
  }

  /** Records which context owns the thread after the TPM has answered. */
  answered(contextId: number, ordinal: number, success: boolean): void {
    if (ordinal === TPM_ORD.SHA1Start && success) this.#contextId = contextId;
    else if (CONTINUES_SHA1.has(ordinal) && !(ordinal === TPM_ORD.SHA1Update && success)) this.#contextId = undefined;
  }

  contextClosed(contextId: number): void {
    if (this.#contextId === contextId) this.#contextId = undefined;
  }

  forget(): void {
    this.#contextId = undefined;
  }
}
