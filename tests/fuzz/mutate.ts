/** Mutations of byte strings, as fuzzers make them. */
import type { SeededRandom } from './seeded-random.js';

const INTERESTING_SIZES = [0, 1, 9, 10, 15, 16, 17, 4096, 16384, 16385, 65536, 0x7fffffff, 0x80000000, 0xffffffff];
const LONGEST_BYTES = 40_000;

type Mutation = (bytes: Buffer, random: SeededRandom, corpus: readonly Buffer[]) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  function flipBit(bytes, random) {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) {
      const at = random.below(copy.length);
      copy[at] = (copy[at] as number) ^ (1 << random.below(8));
    }
    return copy;
  },
  function setByte(bytes, random) {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[random.below(copy.length)] = random.below(256);
    return copy;
  },
  function setSize(bytes, random) {
    const copy = Buffer.from(bytes);
    if (copy.length < 4) return copy;
    const at = random.below(copy.length - 3);
    if (random.below(2) === 0) copy.writeUInt32LE(random.pick(INTERESTING_SIZES), at);
    else copy.writeUInt32BE(random.pick(INTERESTING_SIZES), at);
    return copy;
  },
  function cut(bytes, random) {
    return Buffer.from(bytes.subarray(0, random.below(bytes.length + 1)));
  },
  function removeRange(bytes, random) {
    const from = random.below(bytes.length + 1);
    const to = from + random.below(bytes.length - from + 1);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  function insertRandom(bytes, random) {
    const at = random.below(bytes.length + 1);
    const inserted = Buffer.from(Array.from({ length: random.below(24) }, () => random.below(256)));
    return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
  },
  function append(bytes, random, corpus) {
    return Buffer.concat([bytes, random.pick(corpus)]);
  },
  function repeat(bytes, random) {
    return Buffer.concat(Array.from({ length: 1 + random.below(20) }, () => bytes));
  },
];

/** Applies one to six mutations to an entry of the corpus. */
export function mutate(corpus: readonly Buffer[], random: SeededRandom): Buffer {
  let bytes = random.pick(corpus);
  for (let count = 1 + random.below(6); count > 0; count--) {
    bytes = random.pick(MUTATIONS)(bytes, random, corpus).subarray(0, LONGEST_BYTES);
  }
  return bytes;
}
