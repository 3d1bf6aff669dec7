/** A log that records its lines for assertions and prints nothing. */
import type { Log } from '../../ts-core/application/ports/logs.js';

export interface QuietLog extends Log {
  readonly lines: readonly { readonly level: string; readonly fields: object; readonly message: string }[];
}

export function quietLog(): QuietLog {
  const lines: { level: string; fields: object; message: string }[] = [];
  const keep = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
}
