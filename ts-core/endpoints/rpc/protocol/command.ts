import { z } from 'zod';
import { contextId, method } from './method.js';

export interface CommandSubmitted {
  /** The TPM's whole response, base64. A TPM error is a successful submission with the code in the response. */
  readonly response: string;
  readonly responseCode: number;
  readonly responseName: string;
  readonly appliedPriority: number;
  readonly waitMs: number;
  readonly durationMs: number;
}

export const commandSubmit = method<CommandSubmitted>()(
  'command/submit',
  z.strictObject({
    /** Without one, the command runs in a context of its own, which ends with the answer. */
    contextId: contextId.optional(),
    /** The whole command, base64. */
    command: z.base64().max(24_576),
    locality: z.number().int().min(0).max(4).default(0),
    /** TBS_COMMAND_PRIORITY. */
    priority: z.number().int().min(1).max(0x80000000).default(200),
    deadlineMs: z.number().int().min(1).max(86_400_000).optional(),
  }),
);

/** Tbsip_Cancel_Commands: everything outstanding in the context; without one, what this connection submitted without one. */
export const commandCancel = method<Record<string, never>>()(
  'command/cancel',
  z.strictObject({ contextId: contextId.optional() }),
);
