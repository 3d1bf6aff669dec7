/** What supervisor and worker write to each other on the worker's descriptor 3: one JSON object a line. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import * as z from 'zod';

/** Not the worker's standard output, which carries what the scripts write. */
export const PROTOCOL_DESCRIPTOR = 3;

export const runMessage = z.strictObject({
  /** The script in base64. */
  script: z.base64(),
  path: z.string(),
  /** The event as JSON. */
  event: z.string(),
  limitMs: z.number().int().min(1),
});
export type RunMessage = z.output<typeof runMessage>;

export const workerMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({
    type: z.literal('ended'),
    result: z.enum(['succeeded', 'failed', 'timedOut']),
    output: z.string().max(65_536),
    error: z.string().max(8192).nullable(),
  }),
]);
export type WorkerMessage = z.output<typeof workerMessage>;

/** Calls `listener` with every message. A line that is not a message ends the stream with an error. */
export function readMessages<Message>(
  stream: Readable,
  schema: z.ZodType<Message>,
  listener: (message: Message) => void,
): void {
  createInterface({ input: stream }).on('line', (line) => {
    try {
      listener(schema.parse(JSON.parse(line)));
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

export function messageLine(message: RunMessage | WorkerMessage): string {
  return `${JSON.stringify(message)}\n`;
}
