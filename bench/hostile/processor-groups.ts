/**
 * Divides the processors as systemd does where the package is installed and the users have logged in. The broker's unit
 * sets CPUWeight=, and the unit of each user's services delegates the controller (user@.service). So while all of them
 * want processors, services together and users together get the same weight, and each user the same as another:
 * systemd.resource-control(5).
 */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HIERARCHY = '/sys/fs/cgroup';
const NAME = 'tpmtbs-bench-hostile';

export class ProcessorGroups {
  readonly #services: string;
  readonly #users: string;
  readonly #foldersOfUsers = new Set<string>();

  private constructor(parent: string) {
    this.#services = join(parent, `${NAME}-services`);
    this.#users = join(parent, `${NAME}-users`);
    for (const folder of [this.#services, this.#users]) mkdirSync(folder, { recursive: true });
    delegateProcessorsTo(this.#users);
  }

  /** Throws if the kernel has no CPU controller, or this process must not create groups. */
  static create(): ProcessorGroups {
    delegateProcessorsTo(HIERARCHY);
    return new ProcessorGroups(isVersion2() ? HIERARCHY : join(HIERARCHY, 'cpu'));
  }

  /** Moves processes to the services. Processes that they start later are there too. */
  placeService(...processIds: readonly number[]): void {
    for (const processId of processIds) place(this.#services, processId);
  }

  placeUser(uid: number, processId: number): void {
    const folder = join(this.#users, String(uid));
    mkdirSync(folder, { recursive: true });
    this.#foldersOfUsers.add(folder);
    place(folder, processId);
  }

  /** Call this when the processes have ended. */
  remove(): void {
    for (const folder of [...this.#foldersOfUsers, this.#users, this.#services]) rmdirSync(folder);
  }
}

function isVersion2(): boolean {
  return existsSync(join(HIERARCHY, 'cgroup.subtree_control'));
}

/** Version 1 of the kernel's interface always divides them among subfolders. */
function delegateProcessorsTo(folder: string): void {
  if (isVersion2()) writeFileSync(join(folder, 'cgroup.subtree_control'), '+cpu');
}

function place(folder: string, processId: number): void {
  writeFileSync(join(folder, 'cgroup.procs'), String(processId));
}
