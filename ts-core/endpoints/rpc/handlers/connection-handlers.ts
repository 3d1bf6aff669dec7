import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/connection.js';

export function connectionHandlers(): Handlers<typeof contract> {
  return { connectionPing: () => ({}) };
}
