/** Settings of what the broker writes about itself: `audit` and `log`. */
import { join } from 'node:path';
import * as z from 'zod';
import type { BrokerFolders } from '../configuration-folders.js';
import { milliseconds, path } from './values.js';

export function auditSettings(folders: BrokerFolders) {
  return z.strictObject({
    path: path
      .default(join(folders.log, 'audit.jsonl'))
      .describe('The audit log, with one line of JSON for each decision.'),
    maxFileBytes: z
      .number()
      .int()
      .min(4096)
      .max(1_073_741_824)
      .default(10_485_760)
      .describe('Size at which the audit file is rotated, in bytes.'),
    maxFiles: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(5)
      .describe('Number of audit files, including the current one.'),
    coalesceMs: milliseconds(3_600_000)
      .default(60_000)
      .describe('Identical refusals of one user within this time are combined into one line, in milliseconds.'),
  });
}

export const logSettings = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('The least severe level that is logged.'),
  path: path.nullable().default(null).describe('Log file. Unset: standard error, which systemd writes to the journal.'),
});
