/** Copies for other users: the repository may lie in a folder that only its owner may enter, such as root's home. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from './daemon.js';

const run = promisify(execFile);

/** A folder that every user can read. */
export class ReadableCopy implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async create(): Promise<ReadableCopy> {
    const folder = await mkdtemp(join(tmpdir(), 'tbs-readable-'));
    await chmod(folder, 0o755);
    return new ReadableCopy(folder);
  }

  /** Copies a file or folder of the repository to the same place below the copy's folder; returns its path there. */
  async addFromRepository(path: string): Promise<string> {
    return this.add(join(REPOSITORY, path), path);
  }

  /** Copies a file or folder from anywhere. */
  async add(source: string, name: string): Promise<string> {
    const target = join(this.folder, name);
    await mkdir(dirname(target), { recursive: true });
    await run('cp', ['-R', source, target]);
    // Whatever the umask was when the repository was cloned.
    await run('chmod', ['-R', 'a+rX', this.folder]);
    return target;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
