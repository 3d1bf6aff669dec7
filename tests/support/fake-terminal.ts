/** Standard output as a terminal of a given width, without colours, for what prints differently on one. */
export async function printedOnTerminal(columns: number, print: () => unknown): Promise<readonly string[]> {
  const { stdout } = process;
  const { isTTY, columns: before, write } = stdout;
  const { NO_COLOR } = process.env;
  const written: string[] = [];
  Object.assign(stdout, { isTTY: true, columns });
  process.env['NO_COLOR'] = '1';
  stdout.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  try {
    await print();
  } finally {
    Object.assign(stdout, { isTTY, columns: before, write });
    if (NO_COLOR === undefined) delete process.env['NO_COLOR'];
    else process.env['NO_COLOR'] = NO_COLOR;
  }
  return written.join('').split('\n');
}
