/** Settings for resource limits, time limits and the scheduler: `limits`, `timeouts` and `scheduling`. */
import * as z from 'zod';
import { count, milliseconds } from './values.js';

export const limitSettings = z.strictObject({
  connections: count(65_536)
    .default(2048)
    .describe('Open connections to one endpoint, of all users together; one in 16 is reserved for administrators.'),
  connectionsPerUser: count(65_536).default(1100).describe('Open connections of one user who is not an administrator.'),
  messageBytes: count(16_777_216)
    .default(2_097_152)
    .describe('Length of a JSON-RPC message from an administrator, in bytes.'),
  userMessageBytes: count(16_777_216)
    .default(65_536)
    .describe('Length of a JSON-RPC message from anybody else, in bytes.'),
  bytesPerUser: count(1_073_741_824)
    .default(16_777_216)
    .describe(
      'Memory for one user, over all connections, in bytes: half for messages that arrive and wait, a quarter for calls in progress, and a quarter for unread replies. While the limit is reached, the broker reads nothing from the user.',
    ),
  queuedSubmissions: count(1_000_000)
    .default(16_384)
    .describe('Commands in the queue, of all users together; one in 16 is reserved for administrators.'),
  queuedSubmissionsPerUser: count(1_000_000).default(2048).describe('Commands in the queue, of one user.'),
  queuedSubmissionsPerContext: count(100_000).default(64).describe('Commands in the queue, of one context.'),
  unreadReplyBytes: count(67_108_864)
    .default(1_048_576)
    .describe(
      'Replies that a client has not read, per connection, in bytes. Above it, no further call is served; a connection that then reads nothing for timeouts.partialMessageMs is closed.',
    ),
  savedSessionsPerUser: count(64)
    .default(4)
    .describe('Saved authorization sessions of one user whose connection has ended; beyond it, the oldest is flushed.'),
  eventSubscribers: count(1024).default(64).describe('Connections of one user that follow events at the same time.'),
});

export const timeoutSettings = z.strictObject({
  connectMs: milliseconds(600_000).default(5_000).describe('Time limit for connecting to the TPM, in milliseconds.'),
  commandMs: milliseconds(3_600_000)
    .default(300_000)
    .describe(
      'Time limit for the TPM’s response to one command, in milliseconds; after it, the command fails with TBS_E_IOERROR.',
    ),
  partialMessageMs: milliseconds(600_000)
    .default(10_000)
    .describe(
      'Time limit from the first byte of a message to its last, in milliseconds; after it, the connection is closed.',
    ),
  drainMs: milliseconds(600_000)
    .default(10_000)
    .describe('How long a stop waits for commands in progress, in milliseconds.'),
});

export const schedulingSettings = z.strictObject({
  agingHorizonMs: milliseconds(3_600_000)
    .default(30_000)
    .describe(
      'A command that has waited this long is dispatched before all others, whatever their priority, in milliseconds.',
    ),
});
