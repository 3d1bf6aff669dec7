/** Who may make a call, by the caller's class. A call's contract names one of these rows; the endpoint enforces it. */
import type { Caller, CallerClass } from '../domain/caller.js';
import { TbsError } from '../domain/tbs-error.js';

/** `all`: on anybody's data; `own`: on the caller's own data only; `none`: TBS_E_ACCESS_DENIED. */
export type Access = 'all' | 'own' | 'none';

export type AccessByClass = Readonly<Record<CallerClass, Access>>;

export const EVERYBODY_ALL: AccessByClass = { administrator: 'all', standardUser: 'all', sandboxedApp: 'all' };
/** Others see and change their own data, administrators everybody's. */
export const EVERYBODY_OWN: AccessByClass = { administrator: 'all', standardUser: 'own', sandboxedApp: 'own' };
/** Administrators too use only the contexts that they opened themselves. */
export const OWN_CONTEXT_ONLY: AccessByClass = { administrator: 'own', standardUser: 'own', sandboxedApp: 'own' };
export const ADMINISTRATOR_ONLY: AccessByClass = { administrator: 'all', standardUser: 'none', sandboxedApp: 'none' };
export const NOT_SANDBOXED: AccessByClass = { administrator: 'all', standardUser: 'all', sandboxedApp: 'none' };

export interface Call {
  readonly name: string;
  readonly access: AccessByClass;
}

/** Throws TBS_E_ACCESS_DENIED for a call that the caller's class may not make. */
export function requireAccess({ name, access }: Call, { callerClass }: Caller): void {
  if (access[callerClass] !== 'none') return;
  throw new TbsError('TBS_E_ACCESS_DENIED', {
    message: `A ${CLASS_NAMES[callerClass]} may not call ${name}.`,
    details: { method: name, callerClass },
  });
}

const CLASS_NAMES: Readonly<Record<CallerClass, string>> = {
  administrator: 'administrator',
  standardUser: 'standard user',
  sandboxedApp: 'sandboxed app',
};
