/** Lists contexts (Get-TbsContext) and closes those of other connections (Remove-TbsContext). */
import { type Caller, isAdministrator, isOwn, mayRead } from '../../domain/caller.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { Virtualizer } from '../../domain/virtualization/virtualizer.js';
import type { CommandService } from '../commands/command-service.js';
import type { Events } from '../events/events.js';
import type { Contexts, TbsContext } from './contexts.js';

export interface ContextState {
  readonly waitingCommands: number;
  readonly resources: number;
}

export class ManageContexts {
  readonly #contexts: Contexts;
  readonly #commands: CommandService;
  readonly #virtualizer: Virtualizer;
  readonly #events: Events;

  constructor(contexts: Contexts, commands: CommandService, virtualizer: Virtualizer, events: Events) {
    this.#contexts = contexts;
    this.#commands = commands;
    this.#virtualizer = virtualizer;
    this.#events = events;
  }

  /** Returns the caller's own contexts; for administrators and observers, everybody's. */
  list(caller: Caller): readonly TbsContext[] {
    return [...this.#contexts.all()].filter((context) => mayRead(caller, context.caller));
  }

  /** Returns what the context has now; zeros if it has been closed. */
  stateOf(context: TbsContext): ContextState {
    const { transient, loadedSessions } = this.#virtualizer.counts(context.id);
    return { waitingCommands: context.outstanding, resources: transient + loadedSessions };
  }

  /** Closes a context that another connection opened: one of the same user or, for an administrator, of any user. */
  closeForeign(caller: Caller, contextId: number): void {
    const context = this.changeable(caller, contextId);
    this.#commands.close(context);
    // Users who close their own contexts do not administer anything, and could fill the audit log.
    if (context.caller.userKey === caller.userKey) return;
    this.#events.raise('administration', 'A context of another user was closed.', {
      caller,
      details: { contextId, user: context.caller.userKey },
    });
  }

  /** Throws TBS_E_INVALID_CONTEXT alike for a context that does not exist and for one that the caller may not change. */
  changeable(caller: Caller, contextId: number): TbsContext {
    const context = this.#contexts.get(contextId);
    if (context !== undefined && (isAdministrator(caller) || isOwn(caller, context.caller))) return context;
    throw new TbsError('TBS_E_INVALID_CONTEXT', { details: { contextId } });
  }
}
