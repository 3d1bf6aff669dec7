import { method, noParams } from './method.js';

/** Answered at once, whatever else is under way: tells a client that waits for another reply that the broker lives. */
export const connectionPing = method<Record<string, never>>()('connection/ping', noParams);
