/** Suspend and resume, for platforms that do not announce them. The logind adapter calls the same use cases. */
import { ADMINISTRATOR_ONLY } from '../../access.js';
import { method, noParams, nothing } from './method.js';

export const powerSuspend = method('power/suspend', {
  summary: 'Prepares for sleep: lets short commands finish and dispatches no more.',
  access: ADMINISTRATOR_ONLY,
  params: noParams,
  result: nothing,
});

export const powerResume = method('power/resume', {
  summary: 'Resumes after sleep: dispatches the queued commands.',
  access: ADMINISTRATOR_ONLY,
  params: noParams,
  result: nothing,
});
