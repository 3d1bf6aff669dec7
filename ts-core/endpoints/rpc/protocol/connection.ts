/** The connection itself. */
import { EVERYBODY_ALL } from '../../access.js';
import { method, noParams, nothing } from './method.js';

export const connectionPing = method('connection/ping', {
  summary:
    'Answered immediately, whatever else is in progress. Shows a client that waits for another reply that the broker is alive.',
  access: EVERYBODY_ALL,
  params: noParams,
  result: nothing,
});
