/**
 * Draws `tbs top` on the terminal until the user quits. It is a separate program in the bundle, because nothing else
 * loads ink and React.
 */
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { render } from 'ink';
import type { BrokerWatch } from './broker-watch.js';
import { TopScreen } from './top-screen.js';

const ALTERNATE_SCREEN = '\u001b[?1049h';
const NORMAL_SCREEN = '\u001b[?1049l';
const MAX_FRAMES_PER_SECOND = 10;
/**
 * A frame every few seconds is so little work that optimizing its code, collecting its garbage with several threads,
 * and compacting the heap between frames would take longer than the frames themselves.
 */
const V8_FLAGS = ['--no-opt', '--no-parallel-scavenge', '--no-memory-reducer'];

export async function runTop(watch: BrokerWatch, intervalSeconds: number): Promise<void> {
  for (const flag of V8_FLAGS) setFlagsFromString(flag);
  const leave = (): void => void process.stdout.write(NORMAL_SCREEN);
  process.stdout.write(ALTERNATE_SCREEN);
  process.once('exit', leave);
  try {
    const hasColours = (process.env['NO_COLOR'] ?? '') === '' && process.stdout.hasColors();
    const screen = <TopScreen {...{ watch, intervalSeconds, hasColours }} />;
    const { waitUntilExit } = render(screen, { maxFps: MAX_FRAMES_PER_SECOND });
    await waitUntilExit();
  } finally {
    process.off('exit', leave);
    leave();
  }
}
