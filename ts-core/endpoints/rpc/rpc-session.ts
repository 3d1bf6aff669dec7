/** The state that the handlers of one connection share: the caller, its TPM connection, and a way to send events. */
import type { CallerConnection } from '../../application/commands/caller-connection.js';
import type { Caller } from '../../domain/caller.js';

export interface RpcSession {
  readonly caller: Caller;
  readonly tpm: CallerConnection;
  /** Contexts of submissions that named none, while they are in progress. */
  readonly transientContexts: Set<number>;
  /**
   * Sends a notification. If the peer does not read, it returns false, stores nothing and does not ask for `params`,
   * so an event for a subscriber who never reads costs nothing.
   */
  notify(method: string, params: () => unknown): boolean;
  /** Registers a callback for the end of the connection. */
  onEnd(callback: () => void): void;
}
