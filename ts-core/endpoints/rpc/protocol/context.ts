import { z } from 'zod';
import type { CallerClass } from '../../../domain/caller.js';
import type { TpmVersion } from '../../../domain/tpm/tpm-version.js';
import { contextId, method, noParams, tpmVersion } from './method.js';

/** TBS_CONTEXT_PARAMS2: which TPM versions the caller speaks. */
export interface ContextOpened {
  readonly contextId: number;
  readonly tpmVersion: TpmVersion;
  readonly maxCommandBytes: number;
}

export interface ContextDescription {
  readonly contextId: number;
  readonly userKey: string;
  readonly userName: string | null;
  readonly callerClass: CallerClass;
  readonly processId: number | null;
  /** UTC ISO 8601. */
  readonly openedAt: string;
  readonly waitingCommands: number;
  readonly resources: number;
  /** Whether it was opened on the connection that asks. */
  readonly own: boolean;
}

export const contextOpen = method<ContextOpened>()(
  'context/open',
  z.strictObject({ versions: z.array(tpmVersion).max(2) }),
);

export const contextClose = method<Record<string, never>>()('context/close', z.strictObject({ contextId }));

/** Own contexts; an administrator sees everybody's. */
export const contextList = method<{ readonly contexts: readonly ContextDescription[] }>()('context/list', noParams);
