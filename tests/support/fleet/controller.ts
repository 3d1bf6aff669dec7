/** Ansible on the controller of a test fleet. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '../daemon.js';
import type { Run } from '../run-program.js';
import type { Fleet } from './fleet.js';

const COLLECTIONS = join(REPOSITORY, 'packaging', 'ansible');

/** The counts of a machine in PLAY RECAP. */
export interface Recap {
  readonly ok: number;
  readonly changed: number;
  readonly unreachable: number;
  readonly failed: number;
}

export interface PlayResult extends Run {
  readonly recap: Readonly<Record<string, Recap>>;
}

export class AnsibleController {
  readonly #fleet: Fleet;
  readonly #home: string;

  private constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.#home = join(fleet.folder, 'ansible');
  }

  static async on(fleet: Fleet): Promise<AnsibleController> {
    const controller = new AnsibleController(fleet);
    await mkdir(controller.#home, { mode: 0o700 });
    const hosts = fleet.machines.map(({ name, address }) => `${name} ansible_host=${address}`);
    await writeFile(controller.#file('ansible.cfg'), '');
    await writeFile(controller.#file('hosts'), `${hosts.join('\n')}\n`);
    return controller;
  }

  /** Runs a playbook, given as YAML or JSON. */
  async play(playbook: string | object, args: readonly string[] = []): Promise<PlayResult> {
    const file = this.#file('playbook.yml');
    await writeFile(file, typeof playbook === 'string' ? playbook : JSON.stringify(playbook));
    const result = await this.#run('ansible-playbook', ['-i', this.#file('hosts'), ...args, file]);
    return { ...result, recap: readRecap(result.stdout) };
  }

  doc(args: readonly string[]): Promise<Run> {
    return this.#run('ansible-doc', args);
  }

  #run(program: string, args: readonly string[]): Promise<Run> {
    const ssh = {
      IdentityFile: this.#fleet.privateKey,
      UserKnownHostsFile: this.#fleet.knownHosts,
      ControlMaster: 'auto',
      ControlPersist: '60s',
    };
    const sshArgs = Object.entries(ssh).map(([name, value]) => `-o ${name}=${value}`);
    const env = {
      HOME: this.#home,
      // Only this test's configuration applies, whatever the host has in its own.
      ANSIBLE_CONFIG: this.#file('ansible.cfg'),
      ANSIBLE_COLLECTIONS_PATH: COLLECTIONS,
      ANSIBLE_REMOTE_USER: 'root',
      ANSIBLE_PIPELINING: 'true',
      ANSIBLE_TIMEOUT: '60',
      ANSIBLE_NOCOLOR: 'true',
      ANSIBLE_RETRY_FILES_ENABLED: 'false',
      ANSIBLE_SSH_ARGS: sshArgs.join(' '),
      ANSIBLE_SSH_CONTROL_PATH_DIR: join(this.#home, 'cp'),
      ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3',
    };
    return this.#fleet.run(program, args, { env });
  }

  #file(name: string): string {
    return join(this.#home, name);
  }
}

function readRecap(output: string): Readonly<Record<string, Recap>> {
  const text = output.slice(output.indexOf('PLAY RECAP'));
  const lines = text.matchAll(/^(\S+)\s*: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)/gm);
  return Object.fromEntries(
    Array.from(lines, ([, host, ok, changed, unreachable, failed]) => [
      host as string,
      { ok: Number(ok), changed: Number(changed), unreachable: Number(unreachable), failed: Number(failed) },
    ]),
  );
}
