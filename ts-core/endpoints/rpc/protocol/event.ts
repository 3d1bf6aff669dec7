import { z } from 'zod';
import type { AuditEvent } from '../../../application/ports.js';
import { method } from './method.js';

/** Starts `event/raised` notifications on this connection; standard users get events about themselves only. */
export const eventSubscribe = method<{ readonly recent: readonly AuditEvent[] }>()(
  'event/subscribe',
  z
    .strictObject({
      /** How many past events to give in the answer. */
      recent: z.number().int().min(0).max(1000).default(0),
      /** False: only the past ones. */
      follow: z.boolean().default(true),
    })
    .optional(),
);

/** Notification, server to client: parameters are one AuditEvent; `lost` counts events dropped before it for a slow reader. */
export const EVENT_RAISED = 'event/raised';
export type EventRaised = AuditEvent & { readonly lost?: number };
