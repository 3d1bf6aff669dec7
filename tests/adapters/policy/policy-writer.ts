/**
 * A child process for the durability test: sets numbered settings until it is killed, and prints each acknowledged
 * one.
 */
import { writeSync } from 'node:fs';
import { FilePolicyStore } from '../../../ts-core/adapters/policy/policy-store.js';
import { SystemClock } from '../../../ts-core/adapters/state/system-clock.js';

const [folder = '', stateFolder = ''] = process.argv.slice(2);
const nothing = () => undefined;
const store = new FilePolicyStore({
  folder,
  registryPol: [],
  groupPolicy: [],
  missingFileGraceMs: 60_000,
  refreshOverdueMs: 259_200_000,
  configured: { values: {}, location: 'tbsd.json' },
  stateFolder,
  brokerUid: process.getuid?.() ?? 0,
  pollMs: 1000,
  clock: new SystemClock(),
  log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
});
const { settings, sources } = store.current();
const first = sources.maxResources.kind === 'default' ? 1 : settings.maxResources + 1;
for (let number = first; ; number += 1) {
  await store.set({ maxResources: number, maxContexts: number });
  writeSync(1, `${number}\n`);
}
