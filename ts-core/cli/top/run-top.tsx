/**
 * Draws `tbs top` on the terminal until the user quits. It is a separate program in the bundle, because nothing else
 * loads ink and React.
 */
import process from 'node:process';
import { render } from 'ink';
import type { BrokerWatch } from './broker-watch.js';
import { TopScreen } from './top-screen.js';

const ALTERNATE_SCREEN = '\u001b[?1049h';
const NORMAL_SCREEN = '\u001b[?1049l';
const MAX_FRAMES_PER_SECOND = 10;

export async function runTop(watch: BrokerWatch, intervalSeconds: number): Promise<void> {
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
