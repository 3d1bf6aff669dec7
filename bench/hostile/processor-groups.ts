/**
 * Divides the processors as systemd does where the package is installed and the users have logged in. The broker has a
 * slice with a weight of its own (packaging/systemd/tpmtbs.slice), all users together have systemd's default, and the
 * unit of each user's services delegates the controller (user@.service), so that each user has the same weight as
 * another: systemd.resource-control(5). The software TPM has a group as well, with the broker's weight: it stands in for a
 * TPM that has a processor of its own. In the broker's group, on a processor that an attacker keeps busy, it would only get
 * what the broker, which is on the other processor, leaves of their weight.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../tests/support/daemon.js';

const HIERARCHY = '/sys/fs/cgroup';
const NAME = 'tpmtbs-bench-hostile';

export class ProcessorGroups {
  readonly #services: string;
  readonly #tpm: string;
  readonly #users: string;
  readonly #foldersOfUsers = new Set<string>();

  private constructor(parent: string) {
    this.#services = join(parent, `${NAME}-services`);
    this.#tpm = join(parent, `${NAME}-tpm`);
    this.#users = join(parent, `${NAME}-users`);
    for (const folder of [this.#services, this.#tpm, this.#users]) mkdirSync(folder, { recursive: true });
    delegateProcessorsTo(this.#users);
    for (const folder of [this.#services, this.#tpm]) setWeight(folder, shippedWeight());
  }

  /** Throws if the kernel has no CPU controller, or this process must not create groups. */
  static create(): ProcessorGroups {
    delegateProcessorsTo(HIERARCHY);
    return new ProcessorGroups(isVersion2() ? HIERARCHY : join(HIERARCHY, 'cpu'));
  }

  /** Moves a broker to the services, and the processes that are its TPM to theirs. */
  placeBroker(processId: number, tpmProcessIds: readonly number[]): void {
    place(this.#services, processId);
    for (const tpm of tpmProcessIds) place(this.#tpm, tpm);
  }

  placeUser(uid: number, processId: number): void {
    const folder = join(this.#users, String(uid));
    mkdirSync(folder, { recursive: true });
    this.#foldersOfUsers.add(folder);
    place(folder, processId);
  }

  /** Call this when the processes have ended. */
  remove(): void {
    for (const folder of [...this.#foldersOfUsers, this.#users, this.#tpm, this.#services]) rmdirSync(folder);
  }
}

function isVersion2(): boolean {
  return existsSync(join(HIERARCHY, 'cgroup.subtree_control'));
}

/** Version 1 of the kernel's interface always divides them among subfolders. */
function delegateProcessorsTo(folder: string): void {
  if (isVersion2()) writeFileSync(join(folder, 'cgroup.subtree_control'), '+cpu');
}

function shippedWeight(): number {
  const slice = readFileSync(join(REPOSITORY, 'packaging', 'systemd', 'tpmtbs.slice'), 'utf8');
  return Number(/^CPUWeight=(\d+)$/m.exec(slice)?.[1]);
}

/** systemd's default weight is 100; version 1 of the kernel's interface calls that 1024 shares. */
function setWeight(folder: string, weight: number): void {
  if (isVersion2()) writeFileSync(join(folder, 'cpu.weight'), String(weight));
  else writeFileSync(join(folder, 'cpu.shares'), String(Math.round((weight * 1024) / 100)));
}

function place(folder: string, processId: number): void {
  writeFileSync(join(folder, 'cgroup.procs'), String(processId));
}
