/** Shows the broker's health as the status of the service (`systemctl status`), and follows it. */
import type { Events } from '../application/events/events.js';
import type { AuditKind, Log } from '../application/ports/logs.js';
import type { Clock } from '../application/ports/operating-system.js';
import type { Health } from '../application/status/health.js';
import type { Caller } from '../domain/caller.js';
import type { ServiceNotification } from './service-notification.js';

export interface ServiceStatusParts {
  readonly health: () => Promise<Health>;
  /** The TPM in words: `TPM 2.0, device /dev/tpm0`. */
  readonly tpm: string;
  readonly events: Pick<Events, 'follow'>;
  readonly clock: Clock;
  readonly notification: Pick<ServiceNotification, 'status'>;
  readonly log: Log;
}

/** Events after which the health may have changed. */
const DECISIVE: ReadonlySet<AuditKind> = new Set([
  'tpmLost',
  'tpmReturned',
  'tpmReset',
  'policyChanged',
  'ownerAuthorization',
  'warning',
]);
/** Determining the health queries the TPM and reads /proc, so it is done once for a burst of events. */
const DELAY_MS = 1000;
const OBSERVER: Caller = { userKey: 'service', callerClass: 'administrator' };

export class ServiceStatus {
  readonly #parts: ServiceStatusParts;
  readonly #stopFollowing: () => void;
  #timer: { cancel(): void } | undefined;
  #isClosed = false;

  constructor(parts: ServiceStatusParts) {
    this.#parts = parts;
    this.#stopFollowing = parts.events.follow(OBSERVER, ({ kind }) => {
      if (DECISIVE.has(kind)) this.#updateSoon();
    });
    this.#updateSoon();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopFollowing();
    this.#timer?.cancel();
  }

  #updateSoon(): void {
    this.#timer ??= this.#parts.clock.after(DELAY_MS, () => {
      this.#timer = undefined;
      void this.#update();
    });
  }

  /** The health cannot be determined if, for instance, the system has no file descriptors left. */
  async #update(): Promise<void> {
    const { health, notification, tpm, log } = this.#parts;
    try {
      const found = await health();
      if (!this.#isClosed) notification.status(statusLine(found, tpm));
    } catch (error) {
      if (!this.#isClosed) log.warn({ error }, 'cannot find out the health that the service manager would show');
    }
  }
}

export function statusLine({ state, warnings }: Health, tpm: string): string {
  const [first, ...others] = warnings;
  if (first === undefined) return `Works: ${tpm}.`;
  const more = others.length === 0 ? '' : ` (${others.length} more: tbs status)`;
  return `${state === 'down' ? 'Down' : 'Degraded'}: ${first.message}${more}`;
}
