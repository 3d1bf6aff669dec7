/** Settings of what callers may use and of how long things may take: `limits`, `timeouts` and `scheduling`. */
import * as z from 'zod';
import { count, milliseconds } from './values.js';

export const limitSettings = z.strictObject({
  connections: count(65_536)
    .default(2048)
    .describe('Connections at once of an endpoint, of all users together; one in 16 is kept for administrators.'),
  connectionsPerUser: count(65_536).default(1100).describe('Connections at once of one user who is no administrator.'),
  messageBytes: count(16_777_216)
    .default(2_097_152)
    .describe('Length of one JSON-RPC message of an administrator, bytes.'),
  userMessageBytes: count(16_777_216)
    .default(65_536)
    .describe('Length of one JSON-RPC message of a caller who is no administrator, bytes.'),
  bytesPerUser: count(1_073_741_824)
    .default(16_777_216)
    .describe(
      'What the broker keeps for one user, over all his connections, bytes: half for messages that arrive and wait, half for calls under way and replies that are not read. Beyond it nothing is read from him.',
    ),
  queuedSubmissions: count(1_000_000)
    .default(16_384)
    .describe('Commands that wait, of all users together; one in 16 is kept for administrators.'),
  queuedSubmissionsPerUser: count(1_000_000).default(2048).describe('Commands that wait, of one user.'),
  queuedSubmissionsPerContext: count(100_000).default(64).describe('Commands that wait, of one context.'),
  unreadReplyBytes: count(67_108_864)
    .default(1_048_576)
    .describe(
      'Replies that a connection has not read yet, bytes. Above it none of its calls are served; one that reads nothing for timeouts.partialMessageMs is then closed.',
    ),
  savedSessionsPerUser: count(64)
    .default(4)
    .describe('Authorization sessions that one user may leave saved outside of any context; the oldest goes first.'),
  eventSubscribers: count(1024).default(64).describe('Connections of one user that follow events at once.'),
});

export const timeoutSettings = z.strictObject({
  connectMs: milliseconds(600_000).default(5_000).describe('Connecting to the TPM, milliseconds.'),
  commandMs: milliseconds(3_600_000)
    .default(300_000)
    .describe('Longest wait for the answer of the TPM to one command, milliseconds; then TBS_E_IOERROR.'),
  partialMessageMs: milliseconds(600_000)
    .default(10_000)
    .describe('From the first byte of a message to its last, milliseconds; then the connection is closed.'),
  drainMs: milliseconds(600_000)
    .default(10_000)
    .describe('How long a stop waits for commands that are under way, milliseconds.'),
});

export const schedulingSettings = z.strictObject({
  agingHorizonMs: milliseconds(3_600_000)
    .default(30_000)
    .describe('After waiting this long a command goes ahead of every priority, milliseconds.'),
});
