/** Tests a process with a bounded heap and one without, which hold little and discard much. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const MEBIBYTE = 1024 * 1024;
/** More than V8 ever lets the heap of the small program grow. */
const HELD_OBJECTS = 60_000;
const DROPPED_OBJECTS = 1_500_000;

/** Objects live long enough to reach the old generation, as queued commands and remembered events do. */
const PROGRAM = `
  const { getHeapSpaceStatistics } = await import('node:v8');
  const held = [];
  let sumBytes = 0;
  let samples = 0;
  for (let index = 0; index < ${DROPPED_OBJECTS}; index++) {
    held[index % ${HELD_OBJECTS}] = { index, parts: [index, index], name: 'n' + index };
    if (index % 10_000 !== 0) continue;
    const old = getHeapSpaceStatistics().find((space) => space.space_name === 'old_space');
    sumBytes += old.space_used_size;
    samples++;
  }
  console.log(sumBytes / samples);
`;

/** Returns the mean, since a peak depends on the progress of the collector's threads. */
async function meanBytes(prelude: string): Promise<number> {
  const args = ['--max-semi-space-size=4', '--input-type=module', '--eval', prelude + PROGRAM];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return Number(stdout);
}

describe('a bounded heap', function () {
  this.timeout(60_000);

  it('stays close to the live objects, while an unbounded one grows far beyond them', async () => {
    const module = new URL('../../ts-core/daemon/bounded-memory.js', import.meta.url).href;
    const bounded = await meanBytes(`(await import(${JSON.stringify(module)})).boundMemory();`);
    const unbounded = await meanBytes('');
    const figures = `${Math.round(bounded / MEBIBYTE)} MiB, unbounded ${Math.round(unbounded / MEBIBYTE)} MiB`;
    assert.ok(bounded < 0.8 * unbounded, figures);
  });
});
