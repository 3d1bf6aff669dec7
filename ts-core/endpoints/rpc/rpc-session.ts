/** What the handlers of one connection share: who calls, its TPM connection, and a way to send events. */
import type { CallerConnection } from '../../application/commands/caller-connection.js';
import type { Caller } from '../../domain/caller.js';

export interface RpcSession {
  readonly caller: Caller;
  readonly tpm: CallerConnection;
  /** Contexts of submissions that named none, while these are under way. */
  readonly transientContexts: Set<number>;
  /** Sends a notification, unless the peer does not read: then false, and nothing is kept for it. */
  notify(method: string, params: unknown): boolean;
  /** Runs when the connection ends. */
  onEnd(callback: () => void): void;
}
