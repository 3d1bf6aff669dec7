/** Room for one more saved session in the TPM, which keeps a list of them, made by giving one up. */
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RESULT, TPM_RT } from '../../tpm12/codes.js';
import { flushSpecific } from '../../tpm12/commands.js';
import type { CallerSavedSession, HeldSession, ResourceTable } from './resource-table.js';
import type { SavedSessions } from './saved-sessions.js';

export class SavedSessionRoom {
  #newestContextCount = 0;

  constructor(
    private readonly table: ResourceTable,
    private readonly saved: SavedSessions,
    private readonly flush: (session: HeldSession) => Exchange<void>,
    private readonly changed: () => void,
  ) {}

  /** The highest number that the TPM has given a saved session. */
  get newestContextCount(): number {
    return this.#newestContextCount;
  }

  noteSaved(contextCount: number): void {
    this.#newestContextCount = Math.max(this.#newestContextCount, contextCount);
  }

  tpmWasReset(): void {
    this.#newestContextCount = 0;
  }

  /** After TPM_SaveContext was answered with `code`: says whether one was given up, so that it can be sent again. */
  *make(code: number): Exchange<boolean> {
    if (code === TPM_RESULT.CONTEXT_GAP) return yield* this.#giveUpOldest();
    return code === TPM_RESULT.NOCONTEXTSPACE ? yield* this.#giveUpOfWhoeverHoldsMost() : false;
  }

  /** The least recently used of the user who holds most, so that nobody loses a session to somebody who hoards them. */
  *#giveUpOfWhoeverHoldsMost(): Exchange<boolean> {
    const held = this.#heldOutside();
    const perUser = new Map<string, number>();
    for (const { userKey } of [...held, ...this.saved.all()]) perUser.set(userKey, (perUser.get(userKey) ?? 0) + 1);
    const most = Math.max(0, ...perUser.values());
    const fromUser = (session: { userKey: string }) => perUser.get(session.userKey) === most;
    const abandoned = this.saved.all().find(fromUser);
    if (abandoned !== undefined) return yield* this.#giveUpCallerSaved(abandoned);
    const victim = held.filter(fromUser).sort((left, right) => left.lastUsed - right.lastUsed)[0];
    return yield* this.#giveUpHeld(victim);
  }

  /** The TPM saves no more while the oldest is too far behind; context-gap.ts sees to it that this does not come. */
  *#giveUpOldest(): Exchange<boolean> {
    const held = this.#heldOutside().sort((left, right) => countOf(left) - countOf(right))[0];
    const callers = [...this.saved.all()].sort((left, right) => countOf(left) - countOf(right))[0];
    if (callers === undefined || (held !== undefined && countOf(held) < countOf(callers))) {
      return yield* this.#giveUpHeld(held);
    }
    return yield* this.#giveUpCallerSaved(callers);
  }

  #heldOutside(): HeldSession[] {
    return [...this.table.sessions()].filter((session) => session.saved !== undefined);
  }

  *#giveUpHeld(session: HeldSession | undefined): Exchange<boolean> {
    if (session === undefined) return false;
    yield* this.flush(session);
    return true;
  }

  *#giveUpCallerSaved(session: CallerSavedSession): Exchange<boolean> {
    this.saved.remove(session);
    this.changed();
    yield flushSpecific(session.current.contextCount, TPM_RT.CONTEXT);
    return true;
  }
}

function countOf(session: HeldSession | CallerSavedSession): number {
  return 'current' in session ? session.current.contextCount : (session.saved?.contextCount ?? 0);
}
