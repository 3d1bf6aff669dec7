/**
 * Reconciles the tables with what the TPM lists: at start, after a resume, and after an exchange whose outcome is
 * unknown because the transport failed in the middle of it.
 */
import type { Exchange } from '../../tpm/exchange.js';
import { handleNumber, TRANSIENT_FIRST } from '../../tpm20/codes.js';
import { type ListedHandles, listAllHandles } from './broker-commands.js';
import type { TransientObjects } from './handles.js';
import type { Swapping } from './save-load-evict.js';
import type { Sessions } from './sessions.js';

export class Reconciliation {
  /** An exchange ended in the middle, so that only the TPM knows what is in it: it must be asked before the next one. */
  isDue = false;
  /** The response to a command that creates or loads something may have been lost. */
  creationLost = false;
  /** Handles in the TPM that are the kernel's or the firmware's, which are never flushed. */
  #unmanaged: ReadonlySet<number> = new Set();
  readonly #objects: TransientObjects;
  readonly #sessions: Sessions;
  readonly #swapping: Swapping;

  constructor(objects: TransientObjects, sessions: Sessions, swapping: Swapping) {
    this.#objects = objects;
    this.#sessions = sessions;
    this.#swapping = swapping;
  }

  /**
   * Removes from the tables what the TPM no longer has. Only one command is in flight at a time. So if a creation was
   * lost and exactly one new handle has appeared, that command created it, and it is flushed.
   */
  *run(): Exchange<void> {
    const listed = yield* listAllHandles();
    for (const object of this.#objects.residents()) {
      if (!listed.transient.has(object.physicalHandle)) this.#objects.lost(object);
    }
    yield* this.#compareSessions(listed);
    this.#cancelNeedlessFlushes(listed);
    const unmanaged = this.#unmanagedAmong(listed);
    const appeared = [...unmanaged].filter((handle) => !this.#unmanaged.has(handle));
    const orphan = this.creationLost && appeared.length === 1 ? appeared : [];
    this.#swapping.flushLater(orphan);
    yield* this.#swapping.flushPending();
    this.#unmanaged = new Set([...unmanaged].filter((handle) => !orphan.includes(handle)));
    this.isDue = false;
    this.creationLost = false;
  }

  *runIfDue(): Exchange<void> {
    if (this.isDue) yield* this.run();
  }

  *#compareSessions(listed: ListedHandles): Exchange<void> {
    for (const session of [...this.#sessions.all()]) {
      const number = handleNumber(session.handle);
      if (listed.loadedSessions.has(number)) {
        this.#sessions.nowResident(session);
        // The response to loading it was lost; to its caller, it is still saved.
        if (session.callerBlob) yield* this.#swapping.evictSession(session);
      } else if (!listed.savedSessions.has(number)) {
        this.#sessions.ended(session);
      } else if (session.resident) {
        // The response to saving it was lost, and with it the only blob that could load it again.
        yield* this.#swapping.flushSession(session);
      }
    }
  }

  #cancelNeedlessFlushes(listed: ListedHandles): void {
    for (const handle of this.#swapping.pendingFlushes()) {
      const number = handleNumber(handle);
      const isThere =
        handle >= TRANSIENT_FIRST
          ? listed.transient.has(handle)
          : listed.loadedSessions.has(number) || listed.savedSessions.has(number);
      if (!isThere) this.#swapping.cancelFlush(handle);
    }
  }

  unmanagedObjects(): readonly number[] {
    return [...this.#unmanaged].filter((handle) => handle >= TRANSIENT_FIRST);
  }

  /** Records which of the handles in the TPM the broker did not create. */
  noteUnmanaged(listed: ListedHandles): void {
    this.#unmanaged = this.#unmanagedAmong(listed);
  }

  #unmanagedAmong(listed: ListedHandles): ReadonlySet<number> {
    const pending = this.#swapping.pendingFlushes();
    const own = new Set([...this.#objects.residentHandles(), ...pending]);
    const unmanaged = new Set<number>();
    for (const handle of listed.transient) if (!own.has(handle)) unmanaged.add(handle);
    for (const handle of [...listed.loadedSessions.values(), ...listed.savedSessions.values()]) {
      const isOurs = this.#sessions.byHandle(handle) !== undefined || hasSession(pending, handle);
      if (!isOurs) unmanaged.add(handle);
    }
    return unmanaged;
  }

  /** Records that the TPM was reset: it holds nothing of other programs, and no lost response left anything in it. */
  tpmWasReset(): void {
    this.#unmanaged = new Set();
    this.creationLost = false;
  }
}

function hasSession(handles: ReadonlySet<number>, handle: number): boolean {
  for (const other of handles) {
    if (other < TRANSIENT_FIRST && handleNumber(other) === handleNumber(handle)) return true;
  }
  return false;
}
