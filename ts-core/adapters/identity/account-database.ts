/**
 * Looks up users and groups in the operating system's account database (getent(1): files, LDAP, SSSD).
 *
 * User names are only for display and never decide anything. Groups that the configuration names are looked up once, at
 * start.
 */
import { spawnSync } from 'node:child_process';
import { TbsError } from '../../domain/tbs-error.js';

const LOOKUP_TIMEOUT_MS = 2000;
const REMEMBERED_NAMES = 4096;
/** An account that does not exist yet may be created later. */
const FORGET_MISSING_AFTER_MS = 60_000;

interface Remembered {
  readonly name: string | null;
  readonly atMs: number;
}

export class UnixUserNames {
  readonly #names = new Map<string, Remembered>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Returns the name of a user key, such as `alice` for `uid:1000`; null when there is no such user. */
  nameOf(userKey: string): string | null {
    const known = this.#names.get(userKey);
    if (known !== undefined && (known.name !== null || this.#nowMs() - known.atMs < FORGET_MISSING_AFTER_MS)) {
      return known.name;
    }
    const uid = /^uid:(\d{1,10})$/.exec(userKey)?.[1];
    const name = uid === undefined ? null : (lookUp('passwd', uid)?.[0] ?? null);
    if (this.#names.size >= REMEMBERED_NAMES) this.#names.clear();
    this.#names.set(userKey, { name, atMs: this.#nowMs() });
    return name;
  }

  /** Returns `uid:1000` for `alice`, `1000` or `uid:1000`; undefined for an unknown name. A number needs no account. */
  keyOf(user: string): string | undefined {
    const uid = /^(?:uid:)?(\d{1,10})$/.exec(user)?.[1];
    if (uid !== undefined) return `uid:${Number(uid)}`;
    const entry = lookUp('passwd', user);
    return entry?.[2] === undefined ? undefined : `uid:${entry[2]}`;
  }
}

/** Returns the gid of a group that the configuration names. Throws TBS_E_BAD_PARAMETER when there is no such group. */
export function groupIdOf(group: string | number, setting: string): number {
  if (typeof group === 'number') return group;
  const gid = Number(lookUp('group', group)?.[2] ?? Number.NaN);
  if (Number.isInteger(gid)) return gid;
  throw new TbsError('TBS_E_BAD_PARAMETER', {
    message: `There is no group ${JSON.stringify(group)}, which ${setting} names.`,
    action: `Create it (groupadd ${group}), or change ${setting} in tbsd.json.`,
    details: { setting, group },
  });
}

/** Returns the uid of a user that the configuration names. Throws TBS_E_BAD_PARAMETER when there is no such user. */
export function userIdOf(user: string | number, setting: string): number {
  if (typeof user === 'number') return user;
  const uid = Number(lookUp('passwd', user)?.[2] ?? Number.NaN);
  if (Number.isInteger(uid)) return uid;
  throw new TbsError('TBS_E_BAD_PARAMETER', {
    message: `There is no user ${JSON.stringify(user)}, whom ${setting} names.`,
    action: `Create the account (useradd ${user}), or change ${setting} in tbsd.json.`,
    details: { setting, user },
  });
}

/**
 * Returns the fields of an entry; undefined when there is none. The `--` keeps getent from reading `key` as an option.
 */
function lookUp(database: 'passwd' | 'group', key: string): string[] | undefined {
  const found = spawnSync('getent', ['--', database, key], { timeout: LOOKUP_TIMEOUT_MS, encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim().split(':') : undefined;
}
