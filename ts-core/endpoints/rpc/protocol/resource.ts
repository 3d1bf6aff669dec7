import { z } from 'zod';
import type { VirtualResource } from '../../../domain/virtualization/virtualizer.js';
import { method, noParams } from './method.js';

export type ResourceDescription = VirtualResource & { readonly userName: string | null };

/** Own resources; an administrator sees what anybody holds. */
export const resourceList = method<{ readonly resources: readonly ResourceDescription[] }>()('resource/list', noParams);

/** Flushes one resource of whoever holds it (administrators), or one's own. */
export const resourceRemove = method<{ readonly removed: boolean }>()(
  'resource/remove',
  z.strictObject({ id: z.string().min(1).max(80) }),
);
