/** The Group Policy of a domain for tests: GPOs, their links, and a member that refreshes with samba-gpupdate. */
import { spawn } from 'node:child_process';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { REPOSITORY } from './daemon.js';
import { ACCOUNT, CONTROLLER, DOMAIN, DOMAIN_DN, DomainMachines } from './domain-machines.js';
import { encodeRegistryPol, type PolEntryInput } from './registry-pol-writer.js';

export { DOMAIN_DN } from './domain-machines.js';

/** Debian's Python: another python3 on PATH does not have Samba's modules. */
const PYTHON = '/usr/bin/python3';
const EXTENSION = join(REPOSITORY, 'packaging', 'samba', 'gp_tbs_ext.py');

export function canRunGroupPolicyLab(): boolean {
  return process.getuid?.() === 0;
}

export class GroupPolicyLab {
  private constructor(readonly machines: DomainMachines) {}

  static async start(): Promise<GroupPolicyLab> {
    return new GroupPolicyLab(await DomainMachines.start());
  }

  /** The folder into which the extension delivers: the broker's `policy.groupPolicy`. */
  get delivery(): string {
    return this.machines.delivery;
  }

  stop(): Promise<void> {
    return this.machines.stop();
  }

  /** Registers the extension as the documentation describes. Returns its output. */
  registerExtension(): Promise<string> {
    return this.#runExtension(EXTENSION, 'register');
  }

  unregisterExtension(): Promise<string> {
    return this.#runExtension(EXTENSION, 'unregister');
  }

  /** Registers a copy of the extension, which a test may delete. */
  async registerCopy(): Promise<string> {
    const copy = join(this.machines.folder, 'gp_tbs_ext.py');
    await copyFile(EXTENSION, copy);
    await this.#runExtension(copy, 'register');
    return copy;
  }

  /** Runs one refresh on the member. Returns the output of samba-gpupdate. */
  async refresh(...options: string[]): Promise<string> {
    const { stdout, stderr } = await this.machines.member(
      PYTHON,
      '/usr/sbin/samba-gpupdate',
      ...this.#memberOptions,
      ...options,
    );
    return stdout + stderr;
  }

  /**
   * Runs a refresh and kills it before the `step`-th line of the extension that writes the delivery. Returns false if
   * the refresh has fewer such lines and has therefore ended.
   */
  async refreshKilledAt(step: number): Promise<boolean> {
    try {
      await this.machines.member(PYTHON, ...this.#interruptedRefresh('SIGKILL', `${step}`));
      return false;
    } catch (error) {
      if ((error as { readonly signal?: unknown }).signal === 'SIGKILL') return true;
      throw error;
    }
  }

  /** Runs a refresh, and `meanwhile` in the middle of it: when it knows which GPOs apply, and has not read them yet. */
  async refreshDuring(meanwhile: () => Promise<void>): Promise<void> {
    const command = [
      'netns',
      'exec',
      this.machines.memberSpace,
      PYTHON,
      ...this.#interruptedRefresh('SIGSTOP', '_collect'),
    ];
    const refresh = spawn('ip', command, { stdio: 'ignore', env: this.machines.environment });
    const ended = new Promise((resolve) => refresh.once('exit', resolve));
    try {
      await whenStopped(refresh.pid as number);
      await meanwhile();
    } finally {
      refresh.kill('SIGCONT');
      await ended;
    }
  }

  /** Creates a GPO. Returns its GUID, in braces. */
  async createGpo(name: string, entries: readonly PolEntryInput[] = []): Promise<string> {
    const { stdout } = await this.#samba('gpo', 'create', name);
    const guid = /\{[0-9A-F-]{36}\}/i.exec(stdout)?.[0];
    if (guid === undefined) throw new Error(`samba-tool named no GPO: ${stdout}`);
    if (entries.length > 0) await this.writeGpo(guid, entries);
    return guid;
  }

  writeGpo(guid: string, entries: readonly PolEntryInput[]): Promise<void> {
    return this.writeGpoBytes(guid, encodeRegistryPol(entries));
  }

  async writeGpoBytes(guid: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.machines.folder, 'Registry.pol');
    await writeFile(path, bytes);
    await this.#editDirectory(guid, path);
  }

  /** Blocks these commands in the GPO, or none, with the script that docs/group-policy.md names. */
  async blockInGpo(guid: string, ...codes: string[]): Promise<void> {
    const script = join(REPOSITORY, 'examples', 'block-in-gpo.py');
    await this.machines.member(PYTHON, script, guid, ...codes, ...this.#memberOptions, '-U', ACCOUNT);
  }

  /** Sets an attribute of the GPO in the directory: `flags`, `gPCWQLFilter`. */
  setGpoAttribute(guid: string, name: string, value: string): Promise<void> {
    return this.#editDirectory(guid, 'attribute', name, value);
  }

  async link(container: string, guid: string): Promise<void> {
    await this.#samba('gpo', 'setlink', container, guid);
  }

  /** Deletes the link and creates it again: samba-tool can create links but not change them. */
  async changeLink(container: string, guid: string, ...options: readonly ('--enforce' | '--disable')[]): Promise<void> {
    await this.unlink(container, guid);
    await this.#samba('gpo', 'setlink', container, guid, ...options);
  }

  /** Reverses the order of the links, so that the weakest link of the container becomes its strongest. */
  reverseLinks(container: string): Promise<void> {
    return this.#editDirectory(container, 'reverse-links');
  }

  async unlink(container: string, guid: string): Promise<void> {
    await this.#samba('gpo', 'dellink', container, guid);
  }

  async deleteGpo(guid: string): Promise<void> {
    await this.#samba('gpo', 'del', guid);
  }

  /** Puts administrative templates into the domain's central store. Returns the names of all files there. */
  async loadTemplates(folder: string): Promise<readonly string[]> {
    await this.#samba('gpo', 'admxload', `--admx-dir=${folder}`);
    const store = join(this.machines.sysvol, DOMAIN, 'Policies', 'PolicyDefinitions');
    return (await readdir(store, { recursive: true })).map(String);
  }

  async setInheritance(container: string, inheritance: 'block' | 'inherit'): Promise<void> {
    await this.#samba('gpo', 'setinheritance', container, inheritance);
  }

  /** Takes the right to apply the GPO from everybody, as security filtering does for computers outside a group. */
  async denyGpo(guid: string): Promise<void> {
    const dn = `CN=${guid},CN=Policies,CN=System,${DOMAIN_DN}`;
    const applyGroupPolicy = 'edacfd8f-ffb3-11d1-b41d-00a0c968f939';
    const sddl = `(OD;CI;CR;${applyGroupPolicy};;AU)`;
    await this.#samba('dsacl', 'set', `--objectdn=${dn}`, `--sddl=${sddl}`);
  }

  async createUnit(name: string): Promise<string> {
    await this.#samba('ou', 'create', `OU=${name},${DOMAIN_DN}`);
    return `OU=${name},${DOMAIN_DN}`;
  }

  async moveMemberTo(unit: string): Promise<void> {
    await this.#samba('computer', 'move', 'PC1', unit);
  }

  #interruptedRefresh(signal: NodeJS.Signals, place: string): string[] {
    const script = join(REPOSITORY, 'tests', 'support', 'interrupted-refresh.py');
    return [script, signal, place, '/usr/sbin/samba-gpupdate', ...this.#memberOptions];
  }

  get #memberOptions(): string[] {
    return ['-s', this.machines.memberConfiguration];
  }

  async #runExtension(file: string, action: string): Promise<string> {
    return (await this.machines.member(PYTHON, file, action, ...this.#memberOptions)).stdout;
  }

  #samba(...args: string[]) {
    const options = ['-H', `ldap://${CONTROLLER}`, ...this.#memberOptions, '-U', ACCOUNT];
    return this.machines.member('samba-tool', ...args, ...options);
  }

  /** `target`: a GPO's GUID, or the distinguished name of a container. */
  async #editDirectory(target: string, ...what: string[]): Promise<void> {
    const script = join(REPOSITORY, 'tests', 'support', 'write-gpo.py');
    await this.machines.member(
      PYTHON,
      script,
      this.machines.memberConfiguration,
      CONTROLLER,
      DOMAIN,
      ACCOUNT,
      target,
      ...what,
    );
  }
}

async function whenStopped(pid: number): Promise<void> {
  for (let attempt = 0; attempt < 1200; attempt++) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    if (/^State:\tT/m.test(status)) return;
    await wait(50);
  }
  throw new Error('the refresh did not stop at the place where it should');
}
