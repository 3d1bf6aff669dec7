/**
 * The audit log: one JSON line per decision, in a rotated file that only the broker's user can read.
 *
 * `write` only puts a line into a bounded buffer, which is written to the file in the background. If writing fails, the
 * lines stay in the buffer and are written later. Lines that do not fit into the buffer meanwhile are lost and counted,
 * and the audit log reports the loss once it can be written again.
 */
import type { AuditEvent, AuditLog, Log } from '../../application/ports/logs.js';
import type { Clock } from '../../application/ports/operating-system.js';
import { RefusalCoalescer } from './refusal-coalescer.js';
import { RotatingFile } from './rotating-file.js';

export interface AuditFileOptions {
  readonly path: string;
  readonly maxFileBytes: number;
  readonly maxFiles: number;
  /** Identical refusals within this time are combined into one line. */
  readonly coalesceMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxBufferedLines?: number;
  /** Receives each event that becomes a line, so after refusals were combined. */
  readonly onEvent?: ((event: AuditEvent) => void) | undefined;
}

/** If a line would be longer, its details are omitted; the rest of the event stays. */
const MAX_LINE_BYTES = 16_384;
const DEFAULT_BUFFERED_LINES = 4096;
const BATCH_BYTES = 65_536;
const RETRY_MS = 1000;

export class AuditFile implements AuditLog {
  readonly #options: AuditFileOptions;
  readonly #file: RotatingFile;
  readonly #coalescer: RefusalCoalescer;
  readonly #maxBufferedLines: number;
  #buffer: string[] = [];
  #lost = 0;
  /** Lines lost since the last successful write. */
  #lostUnreported = 0;
  #writing: Promise<void> | undefined;
  #failing = false;
  #retry: { cancel(): void } | undefined;
  #coalesceTimer: { cancel(): void } | undefined;
  #closed = false;

  constructor(options: AuditFileOptions) {
    this.#options = options;
    this.#file = new RotatingFile(options);
    this.#coalescer = new RefusalCoalescer(options.coalesceMs);
    this.#maxBufferedLines = options.maxBufferedLines ?? DEFAULT_BUFFERED_LINES;
  }

  write(event: AuditEvent): void {
    if (this.#closed) {
      this.#lose(1);
      return;
    }
    this.#enqueue(this.#coalescer.add(event, this.#options.clock.monotonicMs()));
    this.#armCoalesceTimer();
  }

  lostLines(): number {
    return this.#lost;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#enqueue(this.#coalescer.flush());
    this.#closed = true;
    this.#coalesceTimer?.cancel();
    this.#retry?.cancel();
    await this.#writing;
    await this.#writeAll();
    this.#lose(this.#buffer.length);
    this.#buffer = [];
    await this.#file.close();
  }

  #enqueue(events: readonly AuditEvent[]): void {
    for (const event of events) {
      this.#options.onEvent?.(event);
      if (this.#buffer.length >= this.#maxBufferedLines) this.#lose(1);
      else this.#buffer.push(auditLine(event));
    }
    if (this.#buffer.length > 0 && !this.#failing) this.#startWriting();
  }

  #startWriting(): void {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#buffer.length > 0 && !this.#failing && !this.#closed) this.#startWriting();
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#buffer.length > 0) {
      const count = linesOfOneBatch(this.#buffer, Math.min(BATCH_BYTES, this.#options.maxFileBytes));
      try {
        await this.#file.append(Buffer.from(this.#buffer.slice(0, count).join('')));
      } catch (error) {
        this.#failed(error);
        return;
      }
      this.#buffer.splice(0, count);
      this.#succeeded();
    }
  }

  #failed(error: unknown): void {
    if (!this.#failing) {
      this.#options.log.error({ err: error, path: this.#options.path }, 'cannot write the audit log');
    }
    this.#failing = true;
    if (this.#closed) return;
    this.#retry = this.#options.clock.after(RETRY_MS, () => this.#startWriting());
  }

  #succeeded(): void {
    if (!this.#failing && this.#lostUnreported === 0) return;
    this.#failing = false;
    const lost = this.#lostUnreported;
    this.#lostUnreported = 0;
    this.#options.log.warn({ lostLines: lost, path: this.#options.path }, 'the audit log can be written again');
    if (lost > 0) this.#buffer.unshift(auditLine(this.#lossEvent(lost)));
  }

  #lossEvent(lostLines: number): AuditEvent {
    return {
      kind: 'warning',
      time: new Date(this.#options.clock.wallClockMs()).toISOString(),
      userKey: undefined,
      callerClass: undefined,
      processId: undefined,
      message: 'Audit lines are missing here, because the broker was unable to write the log.',
      details: { lostLines },
    };
  }

  #lose(lines: number): void {
    this.#lost += lines;
    this.#lostUnreported += lines;
  }

  #armCoalesceTimer(): void {
    const dueMs = this.#coalescer.nextDueMs();
    if (this.#coalesceTimer !== undefined || dueMs === undefined) return;
    const { clock } = this.#options;
    this.#coalesceTimer = clock.after(Math.max(1, dueMs - clock.monotonicMs()), () => {
      this.#coalesceTimer = undefined;
      this.#enqueue(this.#coalescer.due(clock.monotonicMs()));
      this.#armCoalesceTimer();
    });
  }
}

function linesOfOneBatch(lines: readonly string[], maxBytes: number): number {
  let bytes = 0;
  let count = 0;
  for (const line of lines) {
    bytes += Buffer.byteLength(line);
    if (count > 0 && bytes > maxBytes) break;
    count += 1;
  }
  return count;
}

/** Formats an event as one line of JSON of bounded length, whatever its details contain. */
function auditLine(event: AuditEvent): string {
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
