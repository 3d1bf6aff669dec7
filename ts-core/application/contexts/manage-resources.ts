/** Lists the resources that callers hold in the TPM (Get-TbsResource) and flushes them (Remove-TbsResource). */
import { type Caller, isAdministrator, isOwn, mayRead, type Owner } from '../../domain/caller.js';
import type { ResourceHolder, Virtualizer, VirtualResource } from '../../domain/virtualization/virtualizer.js';
import type { Dispatcher } from '../commands/dispatcher.js';
import type { Events } from '../events/events.js';
import type { Contexts } from './contexts.js';

export class ManageResources {
  readonly #contexts: Contexts;
  readonly #virtualizer: Virtualizer;
  readonly #dispatcher: Dispatcher;
  readonly #events: Events;

  constructor(contexts: Contexts, virtualizer: Virtualizer, dispatcher: Dispatcher, events: Events) {
    this.#contexts = contexts;
    this.#virtualizer = virtualizer;
    this.#dispatcher = dispatcher;
    this.#events = events;
  }

  list(caller: Caller): readonly VirtualResource[] {
    return this.#virtualizer.resources((holder) => mayRead(caller, this.#ownerOf(holder)));
  }

  /**
   * Returns false if there is no such resource, or if it belongs to another user and the caller is not an
   * administrator.
   */
  async remove(caller: Caller, id: string): Promise<boolean> {
    const mayRemove = (holder: ResourceHolder) => isAdministrator(caller) || isOwn(caller, this.#ownerOf(holder));
    const resource = this.#virtualizer.resources(mayRemove).find((each) => each.id === id);
    if (resource === undefined) return false;
    const removed = await this.#dispatcher.runExchange(() => this.#virtualizer.removeResource(id), {
      yieldsToCommands: true,
    });
    if (removed && resource.userKey !== caller.userKey) {
      this.#events.raise('administration', 'A resource of another user was flushed.', {
        caller,
        details: { id, kind: resource.kind, user: resource.userKey },
      });
    }
    return removed;
  }

  #ownerOf({ userKey, contextId }: ResourceHolder): Owner {
    const holder = contextId === null ? undefined : this.#contexts.get(contextId)?.caller;
    return { userKey, callerClass: holder?.callerClass };
  }
}
