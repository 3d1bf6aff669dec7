/**
 * A child process for the durability tests: writes numbered records as fast as it can until it is killed, and prints
 * each acknowledged one.
 */
import { writeSync } from 'node:fs';
import { nativeAddon } from '../../../ts-core/adapters/identity/native-addon.js';
import { LmdbStateStore } from '../../../ts-core/adapters/state/lmdb-state-store.js';

const folder = process.argv[2] ?? '';
const store = LmdbStateStore.open({ folder, tryLock: (fd) => nativeAddon().tryLockExclusive(fd) });
const first = Number(store.get('feature:number') ?? 0) + 1;
for (let number = first; ; number += 1) {
  await Promise.all([
    store.put('feature:number', number),
    store.put(`feature:slot-${number % 16}`, { number, padding: 'x'.repeat((number * 397) % 9000) }),
  ]);
  writeSync(1, `${number}\n`);
}
