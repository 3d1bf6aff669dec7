/** Names of users and groups as Windows knows them (LookupAccountName, LookupAccountSid): for people, never for a decision. */
import { TbsError } from '../../domain/tbs-error.js';
import type { WindowsAddon } from '../windows-addon.js';

export type AccountsAddon = Pick<WindowsAddon, 'accountSid' | 'accountName'>;

const SID = /^(?:sid:)?(S-1-[0-9]{1,15}(?:-[0-9]{1,10}){1,15})$/i;

export class WindowsUserNames {
  readonly #addon: AccountsAddon;

  constructor(addon: AccountsAddon) {
    this.#addon = addon;
  }

  /** `DOMAIN\alice` for `sid:S-1-5-21-…`; null when there is no such user. */
  nameOf(userKey: string): string | null {
    const sid = SID.exec(userKey)?.[1];
    return sid === undefined ? null : (this.#addon.accountName(sid.toUpperCase()) ?? null);
  }

  /** `sid:S-1-…` for a name, `DOMAIN\name`, a SID or a key; undefined when there is no such user. A SID need not have a name. */
  keyOf(user: string): string | undefined {
    const sid = SID.exec(user)?.[1] ?? this.#addon.accountSid(user);
    return sid === undefined ? undefined : `sid:${sid.toUpperCase()}`;
  }
}

/** The SID of a group that the configuration names. Throws TBS_E_BAD_PARAMETER when there is no such group. */
export function groupSidOf(group: string | number, setting: string, addon: AccountsAddon): string {
  return sidOf('group', group, setting, addon);
}

/** The SID of a user whom the configuration names. Throws TBS_E_BAD_PARAMETER when there is no such user. */
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
