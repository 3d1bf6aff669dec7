/**
 * Runs a fuzz target over a corpus and its mutations; stores a failing input in a file, and can repeat it from its
 * seed.
 */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mutate } from './mutate.js';
import { SeededRandom } from './seeded-random.js';

export interface FuzzRun {
  readonly corpusFolder: string;
  /** Throws when an invariant does not hold. */
  readonly target: (bytes: Buffer, random: SeededRandom) => void | Promise<void>;
  readonly seed: number;
  readonly iterations: number;
}

/**
 * First runs the corpus unchanged, then mutations. Throws with the seed, the iteration and the file of the input that
 * failed.
 */
export async function fuzz({ corpusFolder, target, seed, iterations }: FuzzRun): Promise<void> {
  const corpus = readdirSync(corpusFolder)
    .sort()
    .map((name) => readFileSync(join(corpusFolder, name)));
  for (let iteration = 0; iteration < corpus.length + iterations; iteration++) {
    const random = new SeededRandom((seed + iteration) >>> 0);
    const input = corpus[iteration] ?? mutate(corpus, random);
    try {
      await target(input, random);
    } catch (cause) {
      const file = join(mkdtempSync(join(tmpdir(), 'fuzz-')), 'input.bin');
      writeFileSync(file, input);
      throw new Error(`seed ${seed}, iteration ${iteration}, input kept in ${file}`, { cause });
    }
  }
}
