import { handler, type RpcHandler } from '../handler.js';
import { connectionPing } from '../protocol/connection.js';

export function connectionHandlers(): readonly RpcHandler[] {
  return [handler(connectionPing, () => ({}))];
}
