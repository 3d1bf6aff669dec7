/**
 * Files that arguments and options name. `-` is standard input or output; yargs takes a lone `-` for an option and passes
 * the empty string. Few commands use files, and node:fs/promises takes a while to load, so it is loaded when needed.
 */

export async function readInput(file: string): Promise<Buffer> {
  const { readFile } = await import('node:fs/promises');
  return readFile(isStandardStream(file) ? '/dev/stdin' : file);
}

export async function writeOutput(file: string, text: string): Promise<void> {
  if (isStandardStream(file)) {
    process.stdout.write(text);
    return;
  }
  const { writeFile } = await import('node:fs/promises');
  await writeFile(file, text);
}

function isStandardStream(file: string): boolean {
  return file === '-' || file === '';
}
