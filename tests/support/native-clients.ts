/** The C libraries built and installed for tests, and programs run over them as any user. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestUser } from './as-user.js';
import { REPOSITORY } from './daemon.js';

const run = promisify(execFile);

export interface ProgramResult {
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export class NativeClients implements AsyncDisposable {
  private constructor(
    readonly prefix: string,
    /** Readable by every user. */
    readonly workFolder: string,
  ) {}

  /** Builds what is out of date, and installs as `make install` does, where every user can read it. */
  static async install(): Promise<NativeClients> {
    await run(process.execPath, [join(REPOSITORY, 'tools', 'native-clients.mjs')]);
    const folder = await mkdtemp(join(tmpdir(), 'tpmtbs-clients-'));
    await chmod(folder, 0o1777);
    const prefix = join(folder, 'prefix');
    await run('cmake', ['--install', join(REPOSITORY, 'native', 'build'), '--prefix', prefix]);
    return new NativeClients(prefix, folder);
  }

  get libraryFolder(): string {
    return join(this.prefix, 'lib');
  }

  /** Returns the path of a program in native/build, such as tests/windows_program. */
  built(name: string): string {
    return join(REPOSITORY, 'native', 'build', name);
  }

  environment(wireSocket: string): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      HOME: this.workFolder,
      LD_LIBRARY_PATH: this.libraryFolder,
      TPM2TOOLS_TCTI: 'tbs',
      TSS2_LOG: 'all+none',
      TPMTBS_WIRE_SOCKET: wireSocket,
    };
  }

  /** Runs a program with the work folder as its current one; never rejects because of how it ends. */
  async run(
    wireSocket: string,
    program: string,
    args: readonly string[],
    options: { readonly user?: TestUser; readonly env?: NodeJS.ProcessEnv; readonly timeoutMs?: number } = {},
  ): Promise<ProgramResult> {
    const { user } = options;
    try {
      const { stdout, stderr } = await run(program, [...args], {
        cwd: this.workFolder,
        env: { ...this.environment(wireSocket), ...options.env },
        timeout: options.timeoutMs ?? 15_000,
        ...(user && { uid: user.uid, gid: user.gid }),
      });
      return { status: 0, stdout, stderr };
    } catch (error) {
      const failure = error as { code?: number | string; signal?: string; stdout?: string; stderr?: string };
      return {
        status: failure.code ?? failure.signal ?? 'unknown',
        stdout: failure.stdout ?? '',
        stderr: failure.stderr ?? String(error),
      };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.workFolder, { recursive: true, force: true });
  }
}
