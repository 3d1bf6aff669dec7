import { method, noParams } from './method.js';

/** Administrators only; logind calls the same use cases. */
export const powerSuspend = method<Record<string, never>>()('power/suspend', noParams);
export const powerResume = method<Record<string, never>>()('power/resume', noParams);
