/**
 * Fuzz target: a Registry.pol file of any bytes, from the decoder to the settings.
 *
 * Bounded runs are part of the tests; a long one: `npm run fuzz:pol -- --iterations 5000000 --seed 1`.
 */
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { decodeRegistryPol } from '../../ts-core/domain/policy/registry-pol.js';
import { settingsOfRegistry } from '../../ts-core/domain/policy/registry-settings.js';
import { RegistryValues } from '../../ts-core/domain/policy/registry-values.js';
import { REPOSITORY } from '../support/daemon.js';
import { encodeRegistryPol } from '../support/registry-pol-writer.js';
import { fuzz } from './fuzz-run.js';

/** Files that Samba's own tools wrote, and their sources, which are not Registry.pol files. */
export const POL_CORPUS = `${REPOSITORY}tests/fixtures/group-policy`;

/**
 * Checks that nothing throws, that reported damage lies within the file, and that the entries fit into the file and are
 * written back unchanged.
 */
export function fuzzRegistryPol(bytes: Buffer): void {
  const reading = decodeRegistryPol(bytes);
  if (reading.verdict === 'damaged') {
    assert.ok(reading.offset >= 0 && reading.offset <= bytes.length, `damage at ${reading.offset} of ${bytes.length}`);
    return;
  }
  const { entries } = reading;
  const dataBytes = entries.reduce((sum, { data }) => sum + data.length, 0);
  assert.ok(dataBytes <= bytes.length, `${dataBytes} bytes of data in a file of ${bytes.length}`);
  assert.deepEqual(decodeRegistryPol(encodeRegistryPol(entries)), reading);
  const values = new RegistryValues();
  values.apply(entries, { kind: 'registryPol', location: 'Registry.pol' });
  settingsOfRegistry(values);
}

if (process.argv[1]?.endsWith('registry-pol.fuzz.js')) {
  const { values } = parseArgs({
    options: { iterations: { type: 'string', default: '1000000' }, seed: { type: 'string', default: `${Date.now()}` } },
  });
  const iterations = Number(values.iterations);
  await fuzz({ corpusFolder: POL_CORPUS, target: fuzzRegistryPol, seed: Number(values.seed), iterations });
  console.log(`${iterations} inputs, seed ${values.seed}: every invariant held`);
}
