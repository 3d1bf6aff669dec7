/**
 * Looks up users and groups in the operating system's account database (getent(1): files, LDAP, SSSD).
 *
 * User names are only for display and never decide anything. Groups that the configuration names are looked up once, at
 * start.
 */
import { execFile, spawnSync } from 'node:child_process';
import { TbsError } from '../../domain/tbs-error.js';

const LOOKUP_TIMEOUT_MS = 2000;
const REMEMBERED_NAMES = 4096;
/** An account that does not exist yet may be created later. */
const FORGET_MISSING_AFTER_MS = 60_000;
/** Each lookup is a process. */
const LOOKUPS_AT_ONCE = 2;

interface Remembered {
  readonly name: string | undefined;
  readonly atMs: number;
}

/** Returns the fields of an account; undefined when there is none or the database does not answer in time. */
export type AccountLookup = (uid: string) => Promise<readonly string[] | undefined>;

export class UnixUserNames {
  readonly #names = new Map<string, Remembered>();
  readonly #lookups = new Map<string, Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  readonly #nowMs: () => number;
  readonly #lookUpAccount: AccountLookup;

  constructor(nowMs: () => number, lookUpAccount: AccountLookup = lookUpByGetent) {
    this.#nowMs = nowMs;
    this.#lookUpAccount = lookUpAccount;
  }

  /** Returns names by user key, such as `alice` by `uid:1000`. Looks up each user only once at a time. */
  async namesOf(userKeys: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    const keys = new Set(userKeys);
    const unknown = [...keys].filter((userKey) => !this.#isKnown(userKey));
    if (unknown.length > 0) await Promise.all(unknown.map((userKey) => this.#learn(userKey)));
    const names = new Map<string, string>();
    for (const userKey of keys) {
      const name = this.#names.get(userKey)?.name;
      if (name !== undefined) names.set(userKey, name);
    }
    return names;
  }

  /** Returns `uid:1000` for `alice`, `1000` or `uid:1000`; undefined for an unknown name. A number needs no account. */
  keyOf(user: string): string | undefined {
    const uid = /^(?:uid:)?(\d{1,10})$/.exec(user)?.[1];
    if (uid !== undefined) return `uid:${Number(uid)}`;
    const entry = lookUp('passwd', user);
    return entry?.[2] === undefined ? undefined : `uid:${entry[2]}`;
  }

  #isKnown(userKey: string): boolean {
    const known = this.#names.get(userKey);
    return known !== undefined && (known.name !== undefined || this.#nowMs() - known.atMs < FORGET_MISSING_AFTER_MS);
  }

  #learn(userKey: string): Promise<void> {
    let lookup = this.#lookups.get(userKey);
    if (lookup === undefined) {
      lookup = this.#lookUp(userKey).finally(() => this.#lookups.delete(userKey));
      this.#lookups.set(userKey, lookup);
    }
    return lookup;
  }

  async #lookUp(userKey: string): Promise<void> {
    const uid = /^uid:(\d{1,10})$/.exec(userKey)?.[1];
    const name = uid === undefined ? undefined : (await this.#inTurn(() => this.#lookUpAccount(uid)))?.[0];
    if (this.#names.size >= REMEMBERED_NAMES) this.#names.clear();
    this.#names.set(userKey, { name, atMs: this.#nowMs() });
  }

  async #inTurn<Result>(lookUp: () => Promise<Result>): Promise<Result> {
    if (this.#running >= LOOKUPS_AT_ONCE) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    this.#running++;
    try {
      return await lookUp();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
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

function lookUpByGetent(uid: string): Promise<readonly string[] | undefined> {
  return new Promise((resolve) => {
    execFile('getent', ['--', 'passwd', uid], { timeout: LOOKUP_TIMEOUT_MS }, (error, found) =>
      resolve(error === null ? found.trim().split(':') : undefined),
    );
  });
}

/**
 * Returns the fields of an entry; undefined when there is none. Blocks the broker: only for names that an administrator
 * gives. The `--` keeps getent from reading `key` as an option.
 */
function lookUp(database: 'passwd' | 'group', key: string): string[] | undefined {
  const found = spawnSync('getent', ['--', database, key], { timeout: LOOKUP_TIMEOUT_MS, encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim().split(':') : undefined;
}
