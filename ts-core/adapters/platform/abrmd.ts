/**
 * Finds out whether tpm2-abrmd, the other resource manager, is running or can be started. D-Bus starts it for any
 * caller (/usr/share/dbus-1/system-services), enabled or not, unless its systemd unit is masked.
 */
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { AbrmdState, OtherResourceManager } from '../../application/ports/operating-system.js';

const BUS_NAME_FILE = 'com.intel.tss2.Tabrmd.service';
const UNIT = 'tpm2-abrmd.service';
const PROCESS_NAME = 'tpm2-abrmd';
/** `standard_system_servicedirs` of dbus-daemon(1), strongest first. */
const BUS_SERVICE_FOLDERS = [
  'etc/dbus-1/system-services',
  'run/dbus-1/system-services',
  'usr/local/share/dbus-1/system-services',
  'usr/share/dbus-1/system-services',
  'lib/dbus-1/system-services',
];
/** Unit folders of systemd.unit(5), strongest first. A link to /dev/null or an empty file masks a unit. */
const UNIT_FOLDERS = ['etc/systemd/system', 'run/systemd/system'];

export class SystemAbrmd implements OtherResourceManager {
  /** The folder that contains the system's folders. */
  readonly #root: string;

  constructor(root: string = '/') {
    this.#root = root;
  }

  async look(): Promise<AbrmdState> {
    const [processId, activatable] = await Promise.all([this.#processId(), this.#isActivatable()]);
    return { processId, activatable };
  }

  async #isActivatable(): Promise<boolean> {
    const service = await this.#busService();
    if (service === undefined) return false;
    const unit = /^SystemdService=(.+)$/m.exec(service)?.[1]?.trim();
    if (unit === undefined) return !/^Exec=\/(?:usr\/)?bin\/false\s*$/m.test(service);
    return !(await this.#isMasked(unit));
  }

  async #busService(): Promise<string | undefined> {
    for (const folder of BUS_SERVICE_FOLDERS) {
      const text = await readFile(join(this.#root, folder, BUS_NAME_FILE), 'utf8').catch(() => undefined);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  async #isMasked(unit: string): Promise<boolean> {
    const names = unit === UNIT ? [unit] : [unit, UNIT];
    for (const path of UNIT_FOLDERS.flatMap((folder) => names.map((name) => join(this.#root, folder, name)))) {
      const status = await lstat(path).catch(() => undefined);
      if (status === undefined) continue;
      if (status.isSymbolicLink() ? (await readlink(path)) === '/dev/null' : status.size === 0) return true;
    }
    return false;
  }

  async #processId(): Promise<number | undefined> {
    const folder = join(this.#root, 'proc');
    const processes = (await readdir(folder).catch(() => [])).filter((name) => /^\d+$/.test(name));
    for (const name of processes) {
      const command = await readFile(join(folder, name, 'comm'), 'utf8').catch(() => '');
      if (command.trim() === PROCESS_NAME) return Number(name);
    }
    return undefined;
  }
}
