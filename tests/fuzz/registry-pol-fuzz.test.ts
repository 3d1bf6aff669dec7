import { fuzz } from './fuzz-run.js';
import { fuzzRegistryPol, POL_CORPUS } from './registry-pol.fuzz.js';

describe('fuzzing', () => {
  it('finds no Registry.pol that breaks the policy reader', async function () {
    this.timeout(60_000);
    await fuzz({ corpusFolder: POL_CORPUS, target: fuzzRegistryPol, seed: 20_261_129, iterations: 5_000 });
    await fuzz({ corpusFolder: POL_CORPUS, target: fuzzRegistryPol, seed: Date.now(), iterations: 5_000 });
  });
});
