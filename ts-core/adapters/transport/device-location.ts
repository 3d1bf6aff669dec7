/**
 * Finds the TPM of a configured device node again. The kernel numbers TPMs as it finds them: if a driver is unbound and
 * bound again while a process still has the old node open, /dev/tpm0 becomes /dev/tpm1. What stays the same is the
 * hardware device that the TPM belongs to (/sys/class/tpm/tpmN/device).
 */
import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export const SYS_CLASS_TPM = '/sys/class/tpm';

export class DeviceLocation {
  /** The hardware device of the TPM that was opened first; undefined if the kernel names none. */
  #hardware: string | undefined;
  #current: string;
  readonly #configuredPath: string;
  readonly #sysClassTpm: string;

  constructor(configuredPath: string, sysClassTpm: string = SYS_CLASS_TPM) {
    this.#configuredPath = configuredPath;
    this.#sysClassTpm = sysClassTpm;
    this.#current = configuredPath;
  }

  /** The most recently used node. */
  get path(): string {
    return this.#current;
  }

  /** The kernel's name of the TPM, such as `tpm1`; undefined for a node that is not named like a TPM. */
  get tpmName(): string | undefined {
    return tpmNameOf(this.#current);
  }

  /** Returns the node to open now: that of the same hardware under any number, otherwise the configured one. */
  async find(): Promise<string> {
    this.#current = (await this.#nodeOfKnownHardware()) ?? this.#configuredPath;
    return this.#current;
  }

  /** Remembers the hardware of the node that was just opened. */
  async opened(): Promise<void> {
    const name = this.tpmName;
    if (this.#hardware === undefined && name !== undefined) this.#hardware = await this.#hardwareOf(name);
  }

  /** Returns the TPM nodes other than the configured one, for messages: `/dev/tpm1`. */
  async others(): Promise<readonly string[]> {
    const folder = dirname(this.#configuredPath);
    const names = await readdir(folder).catch(() => []);
    return names
      .filter((name) => /^tpm\d+$/.test(name))
      .map((name) => join(folder, name))
      .filter((path) => path !== this.#configuredPath);
  }

  async #nodeOfKnownHardware(): Promise<string | undefined> {
    if (this.#hardware === undefined) return undefined;
    const names = await readdir(this.#sysClassTpm).catch(() => []);
    for (const name of names) {
      if ((await this.#hardwareOf(name)) !== this.#hardware) continue;
      const prefix = basename(this.#configuredPath).startsWith('tpmrm') ? 'tpmrm' : 'tpm';
      return join(dirname(this.#configuredPath), name.replace(/^tpm/, prefix));
    }
    return undefined;
  }

  #hardwareOf(name: string): Promise<string | undefined> {
    return realpath(join(this.#sysClassTpm, name, 'device')).catch(() => undefined);
  }
}

/** Returns `tpm0` for /dev/tpm0 and for /dev/tpmrm0. */
function tpmNameOf(path: string): string | undefined {
  const number = /^tpm(?:rm)?(\d+)$/.exec(basename(path))?.[1];
  return number === undefined ? undefined : `tpm${number}`;
}
