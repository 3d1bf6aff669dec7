/**
 * The users whom subordinate ids belong to (subuid(5)): the ids that a user may give to the users of his containers.
 *
 * Who owns a range of them can be every id in it. Were each a user of its own, one person had the limits and the
 * lockout's tries of 65536.
 */
import { readFileSync, statSync } from 'node:fs';

const SUBUID_FILE = '/etc/subuid';

interface Range {
  readonly owner: string;
  readonly first: number;
  readonly count: number;
}

export interface SubordinateIdsOptions {
  /** `uid:1000` for a name or a number. */
  readonly keyOf: (user: string) => string | undefined;
  readonly path?: string;
}

export class SubordinateIds {
  readonly #path: string;
  readonly #keyOf: (user: string) => string | undefined;
  #version = '';
  #ranges: readonly Range[] = [];
  /** An owner's name is looked up once for each state of the file: that may take long. */
  readonly #owners = new Map<string, number | undefined>();

  constructor({ keyOf, path = SUBUID_FILE }: SubordinateIdsOptions) {
    this.#keyOf = keyOf;
    this.#path = path;
  }

  /** The user id that a subordinate one belongs to; undefined for every other id, and when the owner has no account. */
  ownerOf(uid: number): number | undefined {
    this.#readWhenChanged();
    const range = this.#ranges.find(({ first, count }) => uid >= first && uid < first + count);
    if (range === undefined) return undefined;
    if (!this.#owners.has(range.owner)) this.#owners.set(range.owner, uidOf(this.#keyOf(range.owner)));
    return this.#owners.get(range.owner);
  }

  #readWhenChanged(): void {
    const version = versionOf(this.#path);
    if (version === this.#version) return;
    this.#version = version;
    this.#ranges = rangesIn(version === '' ? '' : readText(this.#path));
    this.#owners.clear();
  }
}

/** Empty for a file that is not there. */
function versionOf(path: string): string {
  const status = statSync(path, { bigint: true, throwIfNoEntry: false });
  return status === undefined ? '' : `${status.ino} ${status.size} ${status.mtimeNs}`;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Lines of owner, first id and count, by colons. Others, and ranges that have root's id, are left out. */
function rangesIn(text: string): readonly Range[] {
  return text.split('\n').flatMap((line) => {
    const [, owner = '', first, count] = /^([^:\s#]+):(\d{1,10}):(\d{1,10})\s*$/.exec(line) ?? [];
    const range = { owner, first: Number(first), count: Number(count) };
    return range.first > 0 && range.count > 0 ? [range] : [];
  });
}

function uidOf(key: string | undefined): number | undefined {
  return key === undefined ? undefined : Number(key.slice('uid:'.length));
}
