/** Formats an audit event as one line of JSON of bounded length, whatever its details contain. */
import type { AuditEvent } from '../../application/ports/logs.js';

/** If a line would be longer, its details are omitted; the rest of the event stays. */
export const MAX_LINE_BYTES = 16_384;

export function auditLine(event: AuditEvent): string {
  const line = stringify(event) ?? stringify({ ...event, details: { omitted: 'not representable as JSON' } });
  if (line !== undefined && Buffer.byteLength(line) <= MAX_LINE_BYTES) return `${line}\n`;
  const message = event.message.slice(0, 1024);
  return `${stringify({ ...event, message, details: { omitted: `longer than ${MAX_LINE_BYTES} bytes` } })}\n`;
}

function stringify(event: AuditEvent): string | undefined {
  try {
    return JSON.stringify(event);
  } catch {
    return undefined;
  }
}
