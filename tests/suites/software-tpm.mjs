// A software TPM 2.0 at one address, which can be replaced by a new one between two tests.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const READY_TIMEOUT_MS = 10_000;

export class SoftwareTpm {
  #child;

  /** @param {string} folder for the sockets and the TPM's state */
  constructor(folder) {
    this.folder = folder;
    this.dataPath = path.join(folder, 'tpm.sock');
    // Where Debian's swtpm TCTI looks for the control channel.
    this.controlPath = `${this.dataPath}.ctrl`;
  }

  /** A TPM that has never been used takes the place of the one that there was. */
  async replace() {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
    const state = path.join(this.folder, 'state');
    await mkdir(state, { recursive: true, mode: 0o700 });
    const channel = (socket) => `type=unixio,path=${socket},mode=0600`;
    this.#child = spawn(
      'swtpm',
      ['socket', '--tpm2', '--tpmstate', `dir=${state}`, '--flags', 'not-need-init']
        .concat(['--server', channel(this.dataPath)])
        .concat(['--ctrl', channel(this.controlPath)]),
      { stdio: 'ignore' },
    );
    let failure;
    this.#child.once('error', (error) => (failure = error));
    for (const deadline = Date.now() + READY_TIMEOUT_MS; !existsSync(this.controlPath); await wait(10)) {
      if (failure !== undefined) throw new Error('swtpm did not start; install the package swtpm', { cause: failure });
      if (this.#child.exitCode !== null || Date.now() > deadline) throw new Error('swtpm did not come up');
    }
  }

  /** SIGKILL: the next one must not find anything of this one. */
  async stop() {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}
