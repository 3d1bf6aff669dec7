/** The connection itself. */
import { EVERYBODY_ALL } from '../../access.js';
import { method, noParams, nothing } from './method.js';

export const connectionPing = method('connection/ping', {
  summary:
    'Is answered immediately, whatever else is under way: shows a client that waits for another reply that the broker lives.',
  access: EVERYBODY_ALL,
  params: noParams,
  result: nothing,
});
