/**
 * Looks up names and SIDs of Windows users and groups (LookupAccountName, LookupAccountSid). Users' names are only for
 * display and never decide anything.
 */
import { TbsError } from '../../domain/tbs-error.js';
import type { WindowsAddon } from '../windows-addon.js';

export type AccountsAddon = Pick<WindowsAddon, 'accountSid' | 'accountName'>;

const SID = /^(?:sid:)?(S-1-[0-9]{1,15}(?:-[0-9]{1,10}){1,15})$/i;

export class WindowsUserNames {
  readonly #addon: AccountsAddon;

  constructor(addon: AccountsAddon) {
    this.#addon = addon;
  }

  /** Returns names by user key, such as `DOMAIN\alice` by `sid:S-1-5-21-…`. */
  async namesOf(userKeys: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    const names = new Map<string, string>();
    for (const userKey of new Set(userKeys)) {
      const sid = SID.exec(userKey)?.[1];
      const name = sid === undefined ? undefined : this.#addon.accountName(sid.toUpperCase());
      if (name !== undefined) names.set(userKey, name);
    }
    return names;
  }

  /**
   * Returns `sid:S-1-…` for `name`, `DOMAIN\name`, a SID or a key; undefined for an unknown name. A SID needs no
   * account.
   */
  keyOf(user: string): string | undefined {
    const sid = SID.exec(user)?.[1] ?? this.#addon.accountSid(user);
    return sid === undefined ? undefined : `sid:${sid.toUpperCase()}`;
  }
}

/** Returns the SID of a group that the configuration names. Throws TBS_E_BAD_PARAMETER when there is no such group. */
export function groupSidOf(group: string | number, setting: string, addon: AccountsAddon): string {
  return sidOf('group', group, setting, addon);
}

/** Returns the SID of a user that the configuration names. Throws TBS_E_BAD_PARAMETER when there is no such user. */
export function userSidOf(user: string | number, setting: string, addon: AccountsAddon): string {
  return sidOf('user', user, setting, addon);
}

function sidOf(kind: 'group' | 'user', account: string | number, setting: string, addon: AccountsAddon): string {
  const sid = typeof account === 'string' ? (SID.exec(account)?.[1] ?? addon.accountSid(account)) : undefined;
  if (sid !== undefined) return sid.toUpperCase();
  throw new TbsError('TBS_E_BAD_PARAMETER', {
    message: `There is no ${kind} ${JSON.stringify(account)}, which ${setting} names.`,
    action: `Name a ${kind} or its SID in ${setting} of tbsd.json.`,
    details: { setting, [kind]: account },
  });
}
