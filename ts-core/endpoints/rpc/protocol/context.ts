/** Contexts: one caller's view of the TPM (TBS_HCONTEXT), with its handles and its queue. */
import * as z from 'zod';
import { CHANGE_OWN, OWN_CONTEXT_ONLY, READ_OWN } from '../../access.js';
import { type Described, method, noParams, nothing, objectType } from './method.js';
import { callerClass, contextId, count, tpmVersion, userKey, utcTime } from './values.js';

export const OpenedContext = objectType('OpenedContext', 'A context that was opened on this connection.', {
  contextId: contextId.describe('Identifies the context in later calls; it ends with the connection.'),
  tpmVersion: tpmVersion.describe('The TPM version that the context uses.'),
  maxCommandBytes: count.describe('The largest command that the TPM accepts, in bytes.'),
});
export type OpenedContext = Described<typeof OpenedContext>;

export const Context = objectType('Context', 'An open context.', {
  contextId: contextId.describe('Identifies the context.'),
  userKey: userKey.describe('The user who opened it.'),
  userName: z.string().nullable().describe('The account name; null if the system has none for the user.'),
  callerClass: callerClass.describe('The class of the caller who opened it.'),
  processId: z.number().int().nullable().describe('The process that connected; null if the system does not report it.'),
  openedAt: utcTime.describe('When it was opened.'),
  waitingCommands: count.describe('The number of its queued commands.'),
  resources: count.describe('Objects and sessions that it holds.'),
  own: z.boolean().describe('Whether it was opened on this connection.'),
});
export type Context = Described<typeof Context>;

export const contextOpen = method('context/open', {
  summary: 'Opens a context (Tbsi_Context_Create).',
  access: OWN_CONTEXT_ONLY,
  params: z.strictObject({
    versions: z.array(tpmVersion).max(2).describe('The TPM versions that the caller supports (TBS_CONTEXT_PARAMS2).'),
  }),
  result: OpenedContext,
});

export const contextClose = method('context/close', {
  summary: 'Closes a context, cancels its commands and flushes its resources (Tbsip_Context_Close).',
  access: CHANGE_OWN,
  params: z.strictObject({ contextId: contextId.describe('The context to close.') }),
  result: nothing,
});

export const contextList = method('context/list', {
  summary: 'Lists the caller’s open contexts; for administrators and observers, everybody’s.',
  access: READ_OWN,
  params: noParams,
  result: z.strictObject({ contexts: z.array(Context).describe('The open contexts.') }),
});
