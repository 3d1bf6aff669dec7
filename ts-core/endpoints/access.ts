/** Who may make a call, by the caller's role. A call's contract names one of these rows; the endpoint enforces it. */
import { type Caller, type CallerRole, roleOf } from '../domain/caller.js';
import { TbsError } from '../domain/tbs-error.js';

/** `all`: on anybody's data; `own`: only on the caller's own data; `none`: TBS_E_ACCESS_DENIED. */
export type Access = 'all' | 'own' | 'none';

export type AccessByRole = Readonly<Record<CallerRole, Access>>;

export const EVERYBODY_ALL: AccessByRole = row('all', 'all', 'all', 'all');
/** Reading: observers and administrators see everybody's data, others their own. */
export const READ_OWN: AccessByRole = row('all', 'all', 'own', 'own');
/** Reading data that is stored per user, whichever of the user's programs it belongs to. */
export const READ_OWN_NOT_SANDBOXED: AccessByRole = row('all', 'all', 'own', 'none');
/** Changing: administrators change everybody's data, all others their own. */
export const CHANGE_OWN: AccessByRole = row('all', 'own', 'own', 'own');
/** Even administrators use only contexts that they opened themselves. */
export const OWN_CONTEXT_ONLY: AccessByRole = row('own', 'own', 'own', 'own');
export const ADMINISTRATOR_ONLY: AccessByRole = row('all', 'none', 'none', 'none');
/** Reading information about the machine's administration. */
export const OBSERVERS_ONLY: AccessByRole = row('all', 'all', 'none', 'none');
export const NOT_SANDBOXED: AccessByRole = row('all', 'all', 'all', 'none');

function row(administrator: Access, observer: Access, standardUser: Access, sandboxedApp: Access): AccessByRole {
  return { administrator, observer, standardUser, sandboxedApp };
}

export interface Call {
  readonly name: string;
  readonly access: AccessByRole;
}

/** Throws TBS_E_ACCESS_DENIED if the caller's role may not make the call. */
export function requireAccess({ name, access }: Call, caller: Caller): void {
  const role = roleOf(caller);
  if (access[role] !== 'none') return;
  throw new TbsError('TBS_E_ACCESS_DENIED', {
    message: `${ROLE_NAMES[role]} may not call ${name}.`,
    ...(role === 'standardUser' && access.observer !== 'none' ? { action: HOW_TO_OBSERVE } : {}),
    details: { method: name, callerClass: caller.callerClass },
  });
}

const HOW_TO_OBSERVE =
  'Ask an administrator, who can call it, or who can make you an observer (observerUsers and observersGroup in tbsd.json).';

const ROLE_NAMES: Readonly<Record<CallerRole, string>> = {
  administrator: 'An administrator',
  observer: 'An observer',
  standardUser: 'A standard user',
  sandboxedApp: 'A sandboxed app',
};
