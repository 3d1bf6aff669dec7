// Shows the progress of long work: one line per step, with its duration; on a terminal, the current line is redrawn.
import process from 'node:process';

const colour = process.stderr.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

/** Runs `work(onProgress)` as one step of the set-up, and shows how long it took. */
export async function step(title, work) {
  const startedAt = performance.now();
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  let detail = '';
  let timer;
  if (process.stderr.isTTY) {
    const draw = () =>
      process.stderr.write(
        `\r\u001b[2K${paint(36, '…')} ${title} ${paint(90, `${seconds()} ${detail}`.slice(0, 100))}`,
      );
    draw();
    timer = setInterval(draw, 200);
  } else {
    process.stderr.write(`- ${title}\n`);
  }
  const clear = () => {
    clearInterval(timer);
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
  };
  try {
    const result = await work((message) => {
      detail = message;
      if (!process.stderr.isTTY) process.stderr.write(`    ${message}\n`);
    });
    clear();
    process.stderr.write(`${paint(32, '✓')} ${title} ${paint(90, seconds())}\n`);
    return result;
  } catch (error) {
    clear();
    process.stderr.write(`${paint(31, '✗')} ${title} ${paint(90, seconds())}\n`);
    throw error;
  }
}
