/**
 * Which context owns the TPM's DAA sessions and its SHA-1 thread; a TPM 2.0 has neither. Tables without I/O.
 *
 * A TPM has one or two DAA sessions (direct anonymous attestation). The response's HMAC covers their handle (TPM Main
 * Part 3, 26.1, stage 0), so callers see the TPM's own value, and DAA sessions are never evicted.
 */
import { TPM_ORD } from '../../tpm12/codes.js';
import type { VirtualContext } from './handles.js';

/** A session of direct anonymous attestation. */
export interface DaaSession {
  readonly id: string;
  readonly contextId: number;
  readonly userKey: string;
  readonly handle: number;
}

export class DaaSessions {
  #sessions: readonly DaaSession[] = [];
  #nextId = 1;

  all(): readonly DaaSession[] {
    return this.#sessions;
  }

  ofContext(contextId: number): readonly DaaSession[] {
    return this.#sessions.filter((session) => session.contextId === contextId);
  }

  find(contextId: number, handle: number): DaaSession | undefined {
    return this.ofContext(contextId).find((session) => session.handle === handle);
  }

  /** Adds a session that the TPM has just started for a context. */
  adopt(context: VirtualContext, handle: number): DaaSession {
    const session = { id: `daa-${this.#nextId++}`, contextId: context.id, userKey: context.caller.userKey, handle };
    this.#sessions = [...this.#sessions, session];
    return session;
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
