/** The broker's events, with a list of all that were raised. */
import { Events } from '../../ts-core/application/events/events.js';
import type { AuditEvent } from '../../ts-core/application/ports/logs.js';
import { FakeClock } from './fake-clock.js';

export function recordedEvents(clock = new FakeClock()): { readonly events: Events; readonly told: AuditEvent[] } {
  const told: AuditEvent[] = [];
  const audit = { write: (event: AuditEvent) => void told.push(event), lostLines: () => 0, close: async () => {} };
  return { events: new Events(audit, clock), told };
}
