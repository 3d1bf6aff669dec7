/** A user who works while another one attacks: victim.ts in a separate process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Sockets } from './probes.js';
import type { Measured } from './victim.js';

const HERE = dirname(fileURLToPath(import.meta.url));

export class WorkingUser {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** `processIds`: those of the broker and its TPM. */
  constructor(uid: number, { wire, rpc }: Sockets, processIds: readonly number[]) {
    this.#child = spawnPart('victim.js', String(uid), wire, rpc, ...processIds.map(String));
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  get processId(): number {
    return this.#child.pid as number;
  }

  /** Returns what the user has measured since the last call. */
  async measured(): Promise<Measured> {
    this.#child.stdin?.write('\n');
    const { value } = await this.#lines.next();
    if (typeof value !== 'string') throw new Error('a working user has ended, since the broker did not serve it');
    return JSON.parse(value) as Measured;
  }

  end(): void {
    // Immediately, so that it does not connect to a broker that is stopping.
    this.#child.kill('SIGKILL');
  }
}

/** Starts an attack of a user with one or two probes; resolves once it has a connection. */
export async function startAttack(
  uid: number,
  probes: readonly string[],
  sockets: Partial<Sockets>,
): Promise<ChildProcess> {
  const [first = '', second = '-'] = probes;
  const attacker = spawnPart('attacker.js', String(uid), first, second, JSON.stringify(sockets));
  await Promise.race([once(attacker.stdout as NodeJS.ReadableStream, 'data'), once(attacker, 'exit')]);
  if (attacker.exitCode !== null) throw new Error(`the attack ended by itself, with ${attacker.exitCode}`);
  return attacker;
}

function spawnPart(file: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [join(HERE, file), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
}
