// One broker in a folder of its own, in front of a software TPM; it lives through a whole suite.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const READY_TIMEOUT_MS = 30_000;

export class BrokerUnderTest {
  #child;

  constructor(folder) {
    this.folder = folder;
    this.rpcSocket = path.join(folder, 'run', 'rpc.sock');
    this.wireSocket = path.join(folder, 'run', 'wire.sock');
  }

  /** @param {import('./software-tpm.mjs').SoftwareTpm} tpm */
  async start(tpm) {
    const inFolder = (...names) => path.join(this.folder, ...names);
    // Other users get through to the sockets, and see nothing else.
    chmodSync(this.folder, 0o711);
    mkdirSync(inFolder('run'), { mode: 0o755 });
    mkdirSync(inFolder('state'), { mode: 0o700 });
    mkdirSync(inFolder('policy.d'), { mode: 0o755 });
    const configuration = {
      stateFolder: inFolder('state'),
      sockets: { rpc: this.rpcSocket, wire: this.wireSocket },
      transport: { kind: 'swtpm', swtpm: { data: `unix:${tpm.dataPath}`, control: `unix:${tpm.controlPath}` } },
      policy: { folder: inFolder('policy.d') },
      audit: { path: inFolder('state', 'audit.jsonl') },
      log: { path: inFolder('state', 'tbsd.log') },
      power: { logind: false },
    };
    writeFileSync(inFolder('tbsd.json'), JSON.stringify(configuration), { mode: 0o600 });
    this.#child = spawn(process.execPath, [path.join(root, 'bin', 'tbsd.js'), '--config', inFolder('tbsd.json')], {
      stdio: ['ignore', 'ignore', openSync(inFolder('stderr.log'), 'w')],
    });
    for (const deadline = Date.now() + READY_TIMEOUT_MS; !(await this.#answers()); await wait(50)) {
      if (this.alive && Date.now() < deadline) continue;
      throw new Error(`the broker did not start: ${readFileSync(inFolder('stderr.log'), 'utf8').trim()}`);
    }
  }

  get alive() {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** What an administrator does for programs that need commands which nobody may send by default. */
  grantToAdministrators(commands) {
    const args = ['grant', ...commands, '--class', 'administrator', '--socket', this.rpcSocket];
    const { status, stderr } = spawnSync(process.execPath, [path.join(root, 'bin', 'tbs.js'), ...args], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`tbs ${args.join(' ')} failed: ${stderr}`);
  }

  async stop() {
    const child = this.#child;
    if (!this.alive) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }

  #answers() {
    return new Promise((resolve) => {
      const probe = connect(this.rpcSocket, () => resolve(true)).on('error', () => resolve(false));
      probe.on('connect', () => probe.destroy());
    });
  }
}
