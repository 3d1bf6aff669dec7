/** Settings of what the broker writes about itself: `audit` and `log`. */
import { join } from 'node:path';
import * as z from 'zod';
import type { BrokerFolders } from '../configuration-folders.js';
import { milliseconds, path } from './values.js';

export function auditSettings(folders: BrokerFolders) {
  return z.strictObject({
    path: path.default(join(folders.log, 'audit.jsonl')).describe('The audit log: one JSON line a decision.'),
    maxFileBytes: z
      .number()
      .int()
      .min(4096)
      .max(1_073_741_824)
      .default(10_485_760)
      .describe('Length at which the audit file is rotated, bytes.'),
    maxFiles: z.number().int().min(1).max(1000).default(5).describe('Audit files kept, the current one included.'),
    coalesceMs: milliseconds(3_600_000)
      .default(60_000)
      .describe('Identical refusals of one user within this time become one line, milliseconds.'),
  });
}

export const logSettings = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least severe message that is logged.'),
  path: path.nullable().default(null).describe('Log file. Unset: standard error, which systemd keeps in the journal.'),
});
