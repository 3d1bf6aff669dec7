/**
 * Security descriptors for the broker's pipe, files and registry keys on Windows (SDDL, [MS-DTYP] section 2.5.1).
 *
 * Standard users may read from the pipe and write to it, but not create further instances of it
 * (FILE_CREATE_PIPE_INSTANCE, 0x4): whoever may do that could answer in the broker's place. The label also admits
 * programs of low integrity, which are callers too. S-1-15-2-1 are all app packages.
 */

const PIPE_CLIENT_RIGHTS = '0x12019b';
const SYSTEM_AND_ADMINISTRATORS = (rights: string): string => `(A;;${rights};;;SY)(A;;${rights};;;BA)`;

/**
 * The pipe of the system's broker: everybody on this machine may connect. Clients trust it by its owner, so a broker
 * with an administrator's token names the administrators.
 */
export function systemPipeAccess(ownSid: string, isAdministrator: boolean): string {
  const everybody = `(A;;${PIPE_CLIENT_RIGHTS};;;WD)(A;;${PIPE_CLIENT_RIGHTS};;;S-1-15-2-1)`;
  const owner = isAdministrator ? 'O:BA' : '';
  return `${owner}D:P${everybody}${SYSTEM_AND_ADMINISTRATORS('FA')}(A;;FA;;;${ownSid})S:(ML;;NW;;;LW)`;
}

/** Returns who may use the pipe of a user's own broker: that user, and administrators. */
export function userPipeAccess(ownSid: string): string {
  return `D:P(A;;FA;;;${ownSid})${SYSTEM_AND_ADMINISTRATORS('FA')}`;
}

/** Returns who may use the state's folder and its contents: only the broker's user and administrators. */
export function stateFolderAccess(ownSid: string): string {
  return `D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;${ownSid})`;
}

/** Returns who may use the state's key in the registry. */
export function stateKeyAccess(ownSid: string): string {
  return `D:P(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KA;;;${ownSid})`;
}

const SYSTEM_SID = 'S-1-5-18';
const ADMINISTRATORS_SID = 'S-1-5-32-544';

/**
 * Returns whether what belongs to this SID may govern the broker, or stand for it: administrators, the system, and
 * oneself.
 */
export function isTrustedOwnerSid(ownerSid: string, ownSid: string): boolean {
  return ownerSid === ADMINISTRATORS_SID || ownerSid === SYSTEM_SID || ownerSid === ownSid;
}
