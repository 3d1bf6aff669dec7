/** The audit log and the diagnostic log. */
import type { CallerClass } from '../../domain/caller.js';
import type { EventKind } from '../../domain/event-kind.js';

export interface AuditLog {
  /** Never throws and never waits: a full disk loses (and counts) audit lines, but never delays commands. */
  write(event: AuditEvent): void;
  /** Returns the number of lines that could not be written since the start. */
  lostLines(): number;
  close(): Promise<void>;
}

/** One decision: who, what, why. Contains no command contents and no secrets. */
export interface AuditEvent {
  readonly kind: AuditKind;
  /** UTC ISO 8601. */
  readonly time: string;
  readonly userKey: string | undefined;
  readonly callerClass: CallerClass | undefined;
  readonly processId: number | undefined;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Only in a coalesced event: how many identical events it stands for, and the times of the first and the last. */
  readonly repeated?: { readonly count: number; readonly first: string; readonly last: string };
}

export type AuditKind = EventKind;

/** Structured diagnostic log (pino) for operators of the broker. Contains no secrets and no command contents. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
