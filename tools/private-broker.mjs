// Runs a broker whose sockets, state, policy and logs are in a folder of its own.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const READY_TIMEOUT_MS = 120_000;

export class PrivateBroker {
  #child;
  #ended;

  constructor(folder) {
    this.folder = folder;
    this.rpcSocket = path.join(folder, 'run', 'rpc.sock');
    this.wireSocket = path.join(folder, 'run', 'wire.sock');
  }

  /** Starts tbsd, by default the one of this tree, with `settings` in its configuration, and returns when it answers. */
  async start(settings, [file, ...args] = [process.execPath, path.join(root, 'bin', 'tbsd.js')]) {
    const inFolder = (...names) => path.join(this.folder, ...names);
    // Other users can reach the sockets but see nothing else.
    chmodSync(this.folder, 0o711);
    for (const [name, mode] of [
      ['run', 0o755],
      ['state', 0o700],
      ['policy.d', 0o755],
    ])
      mkdirSync(inFolder(name), { mode, recursive: true });
    const configuration = {
      stateFolder: inFolder('state'),
      sockets: { rpc: this.rpcSocket, wire: this.wireSocket },
      policy: { folder: inFolder('policy.d') },
      audit: { path: inFolder('state', 'audit.jsonl') },
      log: { path: inFolder('state', 'tbsd.log') },
      ...settings,
    };
    writeFileSync(inFolder('tbsd.json'), JSON.stringify(configuration, null, 2), { mode: 0o600 });
    this.#child = spawn(file, [...args, '--config', inFolder('tbsd.json')], {
      stdio: ['ignore', 'inherit', 'pipe'],
      // Ctrl+C on the terminal must reach only the program that started the broker and stops it afterwards.
      detached: true,
    });
    this.#ended = new Promise((resolve) => this.#child.once('exit', resolve));
    let problems = '';
    this.#child.stderr.on('data', (data) => (problems += data));
    for (const deadline = Date.now() + READY_TIMEOUT_MS; !(await this.#answers()); await wait(50)) {
      if (this.isRunning && Date.now() < deadline) continue;
      await this.stop();
      throw new Error(`the broker ended or did not answer within ${READY_TIMEOUT_MS / 1000} s:\n${problems}`);
    }
  }

  get isRunning() {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  async stop() {
    if (!this.isRunning) return;
    this.#child.kill('SIGTERM');
    await this.#ended;
  }

  #answers() {
    return new Promise((resolve) => {
      const probe = connect(this.rpcSocket, () => resolve(true)).on('error', () => resolve(false));
      probe.on('connect', () => probe.destroy());
    });
  }
}
