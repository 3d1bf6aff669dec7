/** Debian's tpm2-tools over this repository's TCTI, as any user, with a separate folder for each script. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestUser } from './as-user.js';
import { REPOSITORY, type TestDaemon } from './daemon.js';

const run = promisify(execFile);
const TCTI_LIBRARY = 'libtss2-tcti-tbs.so.0';

/** Builds the TCTI unless it exists; returns its path. */
async function tctiLibrary(): Promise<string> {
  const source = join(REPOSITORY, 'native');
  const library = join(source, 'build', TCTI_LIBRARY);
  if (existsSync(library)) return library;
  await run('cmake', ['-S', source, '-B', join(source, 'build')]);
  await run('cmake', ['--build', join(source, 'build')]);
  return library;
}

export class Tpm2Tools {
  readonly #daemon: TestDaemon;
  readonly #libraryFolder: string;

  private constructor(daemon: TestDaemon, libraryFolder: string) {
    this.#daemon = daemon;
    this.#libraryFolder = libraryFolder;
  }

  /** Copies the library into the daemon's folder, since other users cannot read the repository everywhere. */
  static async prepare(daemon: TestDaemon): Promise<Tpm2Tools> {
    const folder = join(daemon.folder, 'lib');
    await mkdir(folder, { mode: 0o755 });
    await copyFile(await tctiLibrary(), join(folder, TCTI_LIBRARY));
    await chmod(join(folder, TCTI_LIBRARY), 0o755);
    return new Tpm2Tools(daemon, folder);
  }

  /** Creates a folder for the files of one scenario. */
  async workFolder(user?: TestUser): Promise<string> {
    const folder = await mkdtemp(join(this.#daemon.folder, 'work-'));
    if (user) await chown(folder, user.uid, user.gid);
    return folder;
  }

  /**
   * Runs a bash script; every tool is a separate process with its own context. Rejects with the output if one fails.
   */
  async script(folder: string, text: string, user?: TestUser): Promise<string> {
    const env = {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: folder,
      LD_LIBRARY_PATH: this.#libraryFolder,
      TPM2TOOLS_TCTI: 'tbs',
      TPMTBS_WIRE_SOCKET: this.#daemon.wireSocket,
    };
    const identity = user ? { uid: user.uid, gid: user.gid } : {};
    const { stdout } = await run('bash', ['--norc', '-euo', 'pipefail', '-c', text], { cwd: folder, env, ...identity });
    return stdout.trim();
  }
}
