import { windowsAddon } from '../adapters/windows-addon.js';

/**
 * Returns the user id of this process. Windows has none: there it is 0 with an administrator's (elevated) or the
 * system's token and 1 otherwise, which distinguishes the system's broker from a user's own.
 */
export function ownUid(): number {
  if (process.platform !== 'win32') return process.getuid?.() ?? 0;
  return windowsAddon().ownToken([]).isAdministrator ? 0 : 1;
}
