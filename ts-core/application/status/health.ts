/**
 * Reports what an administrator needs first: whether the broker works, since when it does or does not, and what to do.
 */
import type { LostTpm } from './tpm-presence.js';
import type { Warning } from './warnings.js';

/** `degraded`: commands are executed, but a problem needs an administrator. `down`: the TPM cannot be reached. */
export type HealthState = 'works' | 'degraded' | 'down';

export interface DatedWarning extends Warning {
  /** When the broker first noticed the problem. */
  readonly sinceMs: number;
}

export interface Health {
  readonly state: HealthState;
  readonly sinceMs: number;
  /** The reasons, with the one for `down` first. Empty while the broker works. */
  readonly warnings: readonly DatedWarning[];
}

/** Records since when each warning has existed. */
export class HealthRecord {
  readonly #firstNoticed = new Map<string, number>();
  /** When the last warning disappeared. */
  #soundSinceMs: number;

  constructor(startedAtMs: number) {
    this.#soundSinceMs = startedAtMs;
  }

  note(found: readonly Warning[], lost: LostTpm | undefined, nowMs: number): Health {
    const present = new Set(found.map(({ id }) => id));
    const hadWarnings = this.#firstNoticed.size > 0;
    for (const id of [...this.#firstNoticed.keys()]) if (!present.has(id)) this.#firstNoticed.delete(id);
    for (const id of present) if (!this.#firstNoticed.has(id)) this.#firstNoticed.set(id, nowMs);
    if (lost !== undefined) {
      this.#soundSinceMs = nowMs;
      return { state: 'down', sinceMs: lost.sinceMs, warnings: [lostWarning(lost), ...this.#dated(found)] };
    }
    if (found.length === 0) {
      if (hadWarnings) this.#soundSinceMs = nowMs;
      return { state: 'works', sinceMs: this.#soundSinceMs, warnings: [] };
    }
    const warnings = this.#dated(found);
    return { state: 'degraded', sinceMs: Math.min(...warnings.map(({ sinceMs }) => sinceMs)), warnings };
  }

  #dated(found: readonly Warning[]): readonly DatedWarning[] {
    return found.map((warning) => ({ ...warning, sinceMs: this.#firstNoticed.get(warning.id) ?? 0 }));
  }
}

function lostWarning({ message, action, sinceMs }: LostTpm): DatedWarning {
  return { id: 'tpmLost', message, action, sinceMs };
}
