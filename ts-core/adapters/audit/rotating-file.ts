/** A log file of bounded size with a bounded number of predecessors: `name`, `name.1` (the previous one), … */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface RotatingFileOptions {
  readonly path: string;
  readonly maxFileBytes: number;
  /** Includes the current file. */
  readonly maxFiles: number;
}

const NEWLINE = Buffer.from('\n');
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);

export class RotatingFile {
  readonly #options: RotatingFileOptions;
  #handle: FileHandle | undefined;
  #length = 0;
  /** The last line was cut off by a kill or a full disk; the next one must start on a new line. */
  #endsInsideLine = false;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
  }

  /** Appends whole lines, or throws and leaves the file as it was. */
  async append(wholeLines: Uint8Array): Promise<void> {
    let handle = await this.#current();
    const lines = this.#endsInsideLine ? Buffer.concat([NEWLINE, wholeLines]) : wholeLines;
    if (this.#length > 0 && this.#length + lines.length > this.#options.maxFileBytes) {
      await this.#rotate();
      handle = await this.#current();
    }
    try {
      let written = 0;
      while (written < lines.length) {
        written += (await handle.write(lines, written, lines.length - written)).bytesWritten;
      }
      this.#length += lines.length;
      this.#endsInsideLine = false;
    } catch (error) {
      // A partial line would also corrupt the next one.
      await handle.truncate(this.#length).catch(() => undefined);
      await this.#release();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#handle?.datasync().catch(() => undefined);
    await this.#release();
  }

  async #current(): Promise<FileHandle> {
    if (this.#handle !== undefined && (await this.#isStillInPlace(this.#handle))) return this.#handle;
    await this.#release();
    const { path } = this.#options;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const handle = await open(path, FLAGS, 0o600);
    try {
      const status = await handle.stat();
      if (!status.isFile()) throw new Error(`${path} is not a regular file`);
      if ((status.mode & 0o077) !== 0) await handle.chmod(0o600);
      this.#length = status.size;
      this.#endsInsideLine = status.size > 0 && (await lastByte(handle, status.size)) !== NEWLINE[0];
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#handle = handle;
    return handle;
  }

  /** Returns whether the path still names the open file: logrotate or rm may have moved or removed it. */
  async #isStillInPlace(handle: FileHandle): Promise<boolean> {
    const [held, named] = await Promise.all([handle.stat(), stat(this.#options.path).catch(() => undefined)]);
    return named !== undefined && named.ino === held.ino && named.dev === held.dev;
  }

  async #rotate(): Promise<void> {
    const { path, maxFiles } = this.#options;
    await this.#release();
    if (maxFiles === 1) {
      await rm(path, { force: true });
      return;
    }
    for (let number = maxFiles - 1; number > 0; number -= 1) {
      const from = number === 1 ? path : `${path}.${number - 1}`;
      await rename(from, `${path}.${number}`).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    }
  }

  async #release(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    this.#length = 0;
    await handle?.close().catch(() => undefined);
  }
}

async function lastByte(handle: FileHandle, length: number): Promise<number | undefined> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, length - 1);
  return bytesRead === 1 ? buffer[0] : undefined;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
