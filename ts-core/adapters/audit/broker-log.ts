/** The broker's log, written with pino, after everything that looks like a secret has been removed. */
import { mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { type DestinationStream, destination, pino, stdTimeFunctions } from 'pino';
import type { Log } from '../../application/ports/logs.js';
import { PriorityLines } from './journal.js';
import { INTERVAL_MS, RepeatedLines } from './repeated-lines.js';

export interface BrokerLogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** The log file, created with mode 0600; null means standard error. */
  readonly path: string | null;
  /** Begins each line with its priority, as the journal reads it from standard error. */
  readonly withPriorities?: boolean;
  /** Replaces `path` in tests. */
  readonly stream?: DestinationStream;
  /** A monotonic clock; for tests. */
  readonly nowMs?: () => number;
}

export interface BrokerLog extends Log {
  setLevel(level: BrokerLogOptions['level']): void;
  /** Writes out the buffer. Later lines are dropped, because logging after the end must not crash the broker. */
  close(): Promise<void>;
}

const UNTOLD = 'further lines like this were not written';
const MAX_BUFFERED_BYTES = 1_048_576;
const CLOSE_TIMEOUT_MS = 1000;
const MAX_DEPTH = 6;
const SECRET_NAME = /auth$|authvalue|authorization$|password|passphrase|secret|credential|token|blob|hmac|seed/i;

export function openBrokerLog(options: BrokerLogOptions): BrokerLog {
  const file = options.stream === undefined ? openDestination(options.path) : undefined;
  const stream = options.stream ?? (file as DestinationStream);
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: (described: unknown) => described },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => withoutSecrets(fields, 0) as Record<string, unknown>,
      },
    },
    options.withPriorities === true ? new PriorityLines(stream) : stream,
  );
  const repeated = new RepeatedLines();
  const nowMs = options.nowMs ?? (() => performance.now());
  let closed = false;
  const tellUntold = (untilMs: number): void => {
    for (const { message, count } of repeated.due(untilMs)) logger.warn({ message, count }, UNTOLD);
  };
  const timer = setInterval(() => tellUntold(nowMs()), INTERVAL_MS / 6);
  timer.unref();
  const write =
    (level: BrokerLogOptions['level']) =>
    (fields: object, message: string): void => {
      if (closed || !logger.isLevelEnabled(level)) return;
      tellUntold(nowMs());
      // Debug lines are written even if they repeat.
      if (level === 'debug' || repeated.mayWrite(message, nowMs())) logger[level](fields, message);
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    setLevel: (level) => {
      logger.level = level;
    },
    close: () => {
      closed = true;
      clearInterval(timer);
      tellUntold(Number.POSITIVE_INFINITY);
      return closeDestination(file);
    },
  };
}

/** Asynchronous, so that a log that nobody reads cannot block the dispatcher; lines beyond the buffer are dropped. */
function openDestination(path: string | null) {
  const stream = destination({
    // Opening the file here reports a failure immediately to whoever starts the broker.
    dest: path === null ? 2 : openFile(path),
    sync: false,
    maxLength: MAX_BUFFERED_BYTES,
  });
  // A full disk or a closed pipe may cost log lines but must not crash the broker.
  stream.on('error', () => undefined);
  return stream;
}

function openFile(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return openSync(path, 'a', 0o600);
}

function closeDestination(stream: ReturnType<typeof destination> | undefined): Promise<void> {
  if (stream === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    for (const event of ['close', 'error'] as const) stream.once(event, () => resolve());
    // A blocked disk or pipe must not keep the broker from stopping.
    setTimeout(resolve, CLOSE_TIMEOUT_MS).unref();
    stream.end();
  });
}

function withoutSecrets(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return describeError(value, depth);
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return value.slice(0, 100).map((entry) => withoutSecrets(entry, depth + 1));
  const clean: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(value)) {
    clean[name] = SECRET_NAME.test(name) && !isHarmless(entry) ? '[redacted]' : withoutSecrets(entry, depth + 1);
  }
  return clean;
}

/** Numbers and booleans under such a name (a level, a count) reveal no secret. */
function isHarmless(value: unknown): boolean {
  return value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number';
}

function describeError(error: Error, depth: number): unknown {
  const { name, message, stack, cause, ...rest } = error;
  const details = withoutSecrets(rest, depth + 1) as Record<string, unknown>;
  const shownCause = cause === undefined || depth >= MAX_DEPTH ? {} : { cause: withoutSecrets(cause, depth + 1) };
  return { type: error.name, message: error.message, stack: error.stack, ...details, ...shownCause };
}
