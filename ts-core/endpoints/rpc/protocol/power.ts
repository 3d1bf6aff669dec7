/** Suspend and resume, for platforms that do not announce them; logind calls the same use cases. */
import { ADMINISTRATOR_ONLY } from '../../access.js';
import { method, noParams, nothing } from './method.js';

export const powerSuspend = method('power/suspend', {
  summary: 'Prepares for sleep: lets short commands finish and sends no more.',
  access: ADMINISTRATOR_ONLY,
  params: noParams,
  result: nothing,
});

export const powerResume = method('power/resume', {
  summary: 'Goes on after sleep: the waiting commands are sent.',
  access: ADMINISTRATOR_ONLY,
  params: noParams,
  result: nothing,
});
