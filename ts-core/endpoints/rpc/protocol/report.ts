/** The state of the machine as a page, for people and for archives. */
import * as z from 'zod';
import { OBSERVERS_ONLY } from '../../access.js';
import { method, noParams } from './method.js';

export const reportGet = method('report/get', {
  summary:
    'Returns the state of the TPM, its lockouts, refusals, policy, command lists, owner authorization and measured boot as a self-contained HTML page.',
  access: OBSERVERS_ONLY,
  params: noParams,
  result: z.strictObject({ html: z.string().describe('The page.') }),
});
