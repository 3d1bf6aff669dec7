/**
 * Maps subordinate ids (subuid(5)), which users may assign to the users of their containers, to the user who owns them.
 *
 * The owner of a range can act as every id in it. If each id counted as a separate user, one person would have the
 * limits and the lockout attempts of 65536 users.
 */
import { readFileSync, statSync } from 'node:fs';

const SUBUID_FILE = '/etc/subuid';
/** Checks the file at most this often; otherwise a flood of connections would check it once for each connection. */
export const LOOK_AGAIN_AFTER_MS = 100;

interface Range {
  readonly owner: string;
  readonly first: number;
  readonly count: number;
}

export interface SubordinateIdsOptions {
  /** Returns `uid:1000` for a name or a number. */
  readonly keyOf: (user: string) => string | undefined;
  readonly path?: string;
  readonly monotonicMs?: () => number;
}

export class SubordinateIds {
  readonly #path: string;
  readonly #keyOf: (user: string) => string | undefined;
  readonly #monotonicMs: () => number;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #version = '';
  #ranges: readonly Range[] = [];
  /** Looking up an owner's name may be slow, so it is done once for each version of the file. */
  readonly #owners = new Map<string, number | undefined>();

  constructor({ keyOf, path = SUBUID_FILE, monotonicMs = () => performance.now() }: SubordinateIdsOptions) {
    this.#monotonicMs = monotonicMs;
    this.#keyOf = keyOf;
    this.#path = path;
  }

  /** Returns the uid that owns a subordinate id; undefined for any other id, and when the owner has no account. */
  ownerOf(uid: number): number | undefined {
    this.#readWhenChanged();
    const range = this.#ranges.find(({ first, count }) => uid >= first && uid < first + count);
    if (range === undefined) return undefined;
    if (!this.#owners.has(range.owner)) this.#owners.set(range.owner, uidOf(this.#keyOf(range.owner)));
    return this.#owners.get(range.owner);
  }

  #readWhenChanged(): void {
    const nowMs = this.#monotonicMs();
    if (nowMs - this.#lookedAtMs < LOOK_AGAIN_AFTER_MS) return;
    this.#lookedAtMs = nowMs;
    const version = versionOf(this.#path);
    if (version === this.#version) return;
    this.#version = version;
    this.#ranges = rangesIn(version === '' ? '' : readText(this.#path));
    this.#owners.clear();
  }
}

/** Returns a string that changes when the file changes; empty when the file does not exist. */
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

/** Parses lines of `owner:first:count`. Skips all other lines, and ranges that contain root's id. */
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
