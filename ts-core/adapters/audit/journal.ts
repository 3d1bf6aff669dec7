/**
 * systemd's journal: log lines with their priority (sd-daemon(3)), and events as entries with fields of their own
 * (systemd's Native Journal Protocol), so that `journalctl TBS_EVENT=lockoutBegan` finds them.
 */
import { fstatSync } from 'node:fs';
import type { DestinationStream } from 'pino';
import type { AuditEvent, AuditKind } from '../../application/ports/logs.js';

const JOURNAL_SOCKET = '/run/systemd/journal/socket';
/** Keeps an entry far below what a datagram may hold. */
const MAX_FIELD_CHARACTERS = 4096;

/** The levels of syslog(3) that the broker uses. */
const PRIORITY = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 } as const;

const EVENT_PRIORITIES: Readonly<Record<AuditKind, number>> = {
  tpmLost: PRIORITY.error,
  lockoutBegan: PRIORITY.warning,
  tpmReset: PRIORITY.warning,
  warning: PRIORITY.warning,
  authorizationFailed: PRIORITY.notice,
  commandRefused: PRIORITY.notice,
  lockoutEnded: PRIORITY.notice,
  tpmReturned: PRIORITY.notice,
  policyChanged: PRIORITY.notice,
  listChanged: PRIORITY.notice,
  administration: PRIORITY.notice,
  ownerAuthorization: PRIORITY.notice,
};

/** Returns whether output to the descriptor goes to the journal (systemd.exec(5), JOURNAL_STREAM). */
export function leadsToJournal(env: Readonly<Record<string, string | undefined>>, descriptor: number): boolean {
  const stream = env['JOURNAL_STREAM'] ?? '';
  if (stream === '') return false;
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/** Begins a line of the log with its priority, `<4>` for a warning. */
export function withPriority(level: 'debug' | 'info' | 'warn' | 'error', line: string): string {
  return `<${level === 'warn' ? PRIORITY.warning : PRIORITY[level]}>${line}`;
}

/** Asks pino to set `lastLevel` before each line. */
const PINO_METADATA: unique symbol = Symbol.for('pino.metadata');

/** Receives pino's lines and passes them on with their priorities. */
export class PriorityLines implements DestinationStream {
  readonly [PINO_METADATA] = true;
  lastLevel = 30;
  readonly #destination: DestinationStream;

  constructor(destination: DestinationStream) {
    this.#destination = destination;
  }

  write(line: string): void {
    this.#destination.write(withPriority(levelOf(this.lastLevel), line));
  }
}

/** pino's levels: debug 20, info 30, warn 40, error 50. */
function levelOf(pinoLevel: number): 'debug' | 'info' | 'warn' | 'error' {
  if (pinoLevel >= 50) return 'error';
  if (pinoLevel >= 40) return 'warn';
  return pinoLevel >= 30 ? 'info' : 'debug';
}

/**
 * Returns a function that writes an event into the journal. It never waits and never throws: the audit log is the
 * record, and an entry that the journal does not accept is dropped.
 */
export function journalEvents(sendDatagram: (path: string, bytes: Uint8Array) => void): (event: AuditEvent) => void {
  return (event) => {
    try {
      sendDatagram(JOURNAL_SOCKET, new TextEncoder().encode(journalEntry(event)));
    } catch {
      // The journal is restarting, or too busy.
    }
  };
}

function journalEntry({ kind, message, userKey, callerClass, processId, details, repeated }: AuditEvent): string {
  const fields: Readonly<Record<string, string | number | undefined>> = {
    MESSAGE: message,
    PRIORITY: EVENT_PRIORITIES[kind],
    SYSLOG_IDENTIFIER: 'tbsd',
    TBS_EVENT: kind,
    TBS_USER: userKey,
    TBS_CLASS: callerClass,
    TBS_PID: processId,
    TBS_REPEATED: repeated?.count,
    TBS_DETAILS: Object.keys(details).length === 0 ? undefined : jsonOf(details),
  };
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${oneLine(String(value))}\n`)
    .join('');
}

/** Replaces line breaks, which would start another field. */
function oneLine(text: string): string {
  return text.slice(0, MAX_FIELD_CHARACTERS).replaceAll(/[\r\n]+/g, ' ');
}

/** Returns the value as JSON; undefined if it has no JSON form or would be truncated. */
function jsonOf(details: object): string | undefined {
  try {
    const text = JSON.stringify(details);
    return text.length <= MAX_FIELD_CHARACTERS ? text : undefined;
  } catch {
    return undefined;
  }
}
