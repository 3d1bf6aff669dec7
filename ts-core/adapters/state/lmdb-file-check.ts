/**
 * Checks an LMDB data file before it is mapped, because reading a page beyond the end of a truncated file would end the
 * process with SIGBUS, without any message.
 *
 * Layout: LMDB's data format version 2 as lmdb-js writes it. Both meta pages begin with a 24-byte page header, followed
 * by magic (4), version (4), map address (8), map size (8), two databases of 48 bytes (page size first, root page
 * last), last page (8), transaction (8).
 */
import { closeSync, openSync, readSync } from 'node:fs';

const MAGIC = 0xbeefc0de;
const META_AT = 24;
const DATABASES_AT = META_AT + 24;
const DATABASE_BYTES = 48;
const ROOT_AT = 40;
const TRANSACTION_AT = DATABASES_AT + 2 * DATABASE_BYTES + 8;
const META_BYTES = TRANSACTION_AT + 8;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const MIN_PAGE_BYTES = 512;
const MAX_PAGE_BYTES = 65_536;

/** Returns what is wrong with the file; undefined when it is missing, empty, or intact according to its meta pages. */
export function whyDatabaseFileIsDamaged(path: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const pages = Buffer.alloc(MAX_PAGE_BYTES + META_BYTES);
    const length = readSync(descriptor, pages, 0, pages.length, 0);
    return length === 0
      ? undefined
      : whyPagesAreDamaged(pages.subarray(0, length), (page, pageBytes) => {
          const probe = Buffer.alloc(1);
          return readSync(descriptor, probe, 0, 1, (page + 1n) * BigInt(pageBytes) - 1n) === 1;
        });
  } finally {
    closeSync(descriptor);
  }
}

function whyPagesAreDamaged(pages: Buffer, hasPage: (page: bigint, pageBytes: number) => boolean): string | undefined {
  if (pages.length < META_BYTES || pages.readUInt32LE(META_AT) !== MAGIC) return 'it does not begin as a database does';
  const pageBytes = pages.readUInt32LE(DATABASES_AT);
  if (pageBytes < MIN_PAGE_BYTES || pageBytes > MAX_PAGE_BYTES) return 'its page size is impossible';
  if (pages.length < pageBytes + META_BYTES) return 'its end is missing';
  const second = pages.subarray(pageBytes);
  if (second.readUInt32LE(META_AT) !== MAGIC) return 'its second meta page is not one';
  const newest = second.readBigUInt64LE(TRANSACTION_AT) > pages.readBigUInt64LE(TRANSACTION_AT) ? second : pages;
  for (const database of [0, 1]) {
    const root = newest.readBigUInt64LE(DATABASES_AT + database * DATABASE_BYTES + ROOT_AT);
    if (root === NO_PAGE) continue;
    if (root > 0xffff_ffffn || !hasPage(root, pageBytes)) return 'its end is missing';
  }
  return undefined;
}
