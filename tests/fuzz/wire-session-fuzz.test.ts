import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fuzz } from './fuzz-run.js';
import { fuzzWireSession, WIRE_CORPUS } from './wire-session.fuzz.js';

describe('fuzzing', () => {
  it('finds no bytes that break a wire session', async function () {
    this.timeout(60_000);
    await fuzz({ corpusFolder: WIRE_CORPUS, target: fuzzWireSession, seed: 20_261_122, iterations: 5_000 });
    await fuzz({ corpusFolder: WIRE_CORPUS, target: fuzzWireSession, seed: Date.now(), iterations: 5_000 });
  });

  it('reports an input that breaks an invariant, with the data to repeat it', async () => {
    const target = (bytes: Buffer): void => assert.ok(bytes.length < 100);
    const failure = await fuzz({ corpusFolder: WIRE_CORPUS, target, seed: 7, iterations: 500 }).catch(String);
    const kept = /seed 7, iteration \d+, input kept in (.+)$/.exec(failure ?? '')?.[1];
    assert.ok(kept, failure ?? 'nothing was found');
    assert.ok(readFileSync(kept).length >= 100);
    rmSync(dirname(kept), { recursive: true });
  });
});
