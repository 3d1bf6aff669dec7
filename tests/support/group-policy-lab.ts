/**
 * A whole Active Directory in two network namespaces: Samba as domain controller (LDAP, KDC, DNS, SMB with sysvol), and a
 * joined member that refreshes Group Policy with samba-gpupdate. Needs root.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { REPOSITORY } from './daemon.js';
import { encodeRegistryPol, type PolEntryInput } from './registry-pol-writer.js';

const run = promisify(execFile);

const REALM = 'TPMLAB.EXAMPLE';
const DOMAIN = 'tpmlab.example';
export const DOMAIN_DN = 'DC=tpmlab,DC=example';
const CONTROLLER = `dc1.${DOMAIN}`;
const ACCOUNT = 'TPMLAB/Administrator%Adm1n-of-the-lab';
/** Debian's own: another python3 on PATH does not have Samba's modules. */
const PYTHON = '/usr/bin/python3';
const EXTENSION = join(REPOSITORY, 'packaging', 'samba', 'gp_tbs_ext.py');

export function canRunGroupPolicyLab(): boolean {
  return process.getuid?.() === 0;
}

export class GroupPolicyLab {
  /** Namespaces of this process alone; the addresses exist only inside them. */
  readonly #controllerSpace = `tbsdc${process.pid}`;
  readonly #memberSpace = `tbspc${process.pid}`;
  readonly #processes: ChildProcess[] = [];

  private constructor(readonly folder: string) {}

  static async start(): Promise<GroupPolicyLab> {
    const folder = await mkdtemp(join(tmpdir(), 'tpmtbs-lab-'));
    // smbd reads sysvol as the caller.
    await chmod(folder, 0o755);
    const lab = new GroupPolicyLab(folder);
    try {
      await lab.#makeNetwork();
      await lab.#provision();
      await lab.#serve();
      await lab.#join();
      return lab;
    } catch (error) {
      await lab.stop();
      throw error;
    }
  }

  /** Where the extension delivers: the broker's `policy.groupPolicy`. */
  get delivery(): string {
    return join(this.folder, 'delivered');
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
    const copy = join(this.folder, 'gp_tbs_ext.py');
    await copyFile(EXTENSION, copy);
    await this.#runExtension(copy, 'register');
    return copy;
  }

  /** One refresh on the member. Gives what samba-gpupdate printed. */
  async refresh(...options: string[]): Promise<string> {
    const { stdout, stderr } = await this.#member(
      PYTHON,
      '/usr/sbin/samba-gpupdate',
      ...this.#memberOptions,
      ...options,
    );
    return stdout + stderr;
  }

  /**
   * Runs a refresh that is killed before the `step`-th line of the extension that writes the delivery. Gives false if
   * the refresh has fewer lines, and has therefore ended.
   */
  async refreshKilledAt(step: number): Promise<boolean> {
    try {
      await this.#member(PYTHON, ...this.#interruptedRefresh('SIGKILL', `${step}`));
      return false;
    } catch (error) {
      if ((error as { readonly signal?: unknown }).signal === 'SIGKILL') return true;
      throw error;
    }
  }

  /** Runs a refresh during which `meanwhile` happens: when it knows which GPOs apply, and has not read them yet. */
  async refreshDuring(meanwhile: () => Promise<void>): Promise<void> {
    const command = ['netns', 'exec', this.#memberSpace, PYTHON, ...this.#interruptedRefresh('SIGSTOP', '_collect')];
    const refresh = spawn('ip', command, { stdio: 'ignore', env: this.#environment });
    const ended = new Promise((resolve) => refresh.once('exit', resolve));
    try {
      await whenStopped(refresh.pid as number);
      await meanwhile();
    } finally {
      refresh.kill('SIGCONT');
      await ended;
    }
  }

  /** Gives the GUID, in braces. */
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
    const path = join(this.folder, 'Registry.pol');
    await writeFile(path, bytes);
    await this.#editDirectory(guid, path);
  }

  /** An attribute of the GPO in the directory: `flags`, `gPCWQLFilter`. */
  setGpoAttribute(guid: string, name: string, value: string): Promise<void> {
    return this.#editDirectory(guid, 'attribute', name, value);
  }

  async link(container: string, guid: string): Promise<void> {
    await this.#samba('gpo', 'setlink', container, guid);
  }

  /** samba-tool can create links but not change them. */
  async changeLink(container: string, guid: string, ...options: readonly ('--enforce' | '--disable')[]): Promise<void> {
    await this.unlink(container, guid);
    await this.#samba('gpo', 'setlink', container, guid, ...options);
  }

  /** The weakest link of the container becomes its strongest. */
  reverseLinks(container: string): Promise<void> {
    return this.#editDirectory(container, 'reverse-links');
  }

  async unlink(container: string, guid: string): Promise<void> {
    await this.#samba('gpo', 'dellink', container, guid);
  }

  async deleteGpo(guid: string): Promise<void> {
    await this.#samba('gpo', 'del', guid);
  }

  /** Puts administrative templates into the domain's central store. Gives the names of what lies there then. */
  async loadTemplates(folder: string): Promise<readonly string[]> {
    await this.#samba('gpo', 'admxload', `--admx-dir=${folder}`);
    const store = join(this.folder, 'dc', 'state', 'sysvol', DOMAIN, 'Policies', 'PolicyDefinitions');
    return (await readdir(store, { recursive: true })).map(String);
  }

  async setInheritance(container: string, inheritance: 'block' | 'inherit'): Promise<void> {
    await this.#samba('gpo', 'setinheritance', container, inheritance);
  }

  /** Takes the right to apply the GPO from everybody, as security filtering does for computers outside of a group. */
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

  /** The controller stops answering, or answers again. */
  setControllerReachable(reachable: boolean): Promise<unknown> {
    return run('ip', ['-n', this.#controllerSpace, 'link', 'set', 'lan', reachable ? 'up' : 'down']);
  }

  killController(): Promise<void> {
    return this.#endAllIn(this.#controllerSpace);
  }

  restartController(): Promise<void> {
    return this.#serve();
  }

  async stop(): Promise<void> {
    for (const child of this.#processes) await end(child);
    for (const space of [this.#controllerSpace, this.#memberSpace]) {
      await this.#endAllIn(space);
      await run('ip', ['netns', 'del', space]).catch(() => undefined);
      await rm(`/etc/netns/${space}`, { recursive: true, force: true });
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  /** samba forks; whatever runs in the namespace is its. */
  async #endAllIn(space: string): Promise<void> {
    const { stdout } = await run('ip', ['netns', 'pids', space]).catch(() => ({ stdout: '' }));
    for (const pid of stdout.split('\n').filter((line) => line !== '')) endNow(Number(pid));
  }

  #interruptedRefresh(signal: NodeJS.Signals, place: string): string[] {
    const script = join(REPOSITORY, 'tests', 'support', 'interrupted-refresh.py');
    return [script, signal, place, '/usr/sbin/samba-gpupdate', ...this.#memberOptions];
  }

  get #memberConfiguration(): string {
    return join(this.folder, 'pc', 'etc', 'smb.conf');
  }

  get #memberOptions(): string[] {
    return ['-s', this.#memberConfiguration];
  }

  get #environment(): NodeJS.ProcessEnv {
    return { ...process.env, KRB5_CONFIG: join(this.folder, 'pc', 'etc', 'krb5.conf') };
  }

  #member(...command: string[]) {
    const args = ['netns', 'exec', this.#memberSpace, ...command];
    return run('ip', args, { env: this.#environment, timeout: 120_000 });
  }

  async #runExtension(file: string, action: string): Promise<string> {
    return (await run(PYTHON, [file, action, '-s', this.#memberConfiguration])).stdout;
  }

  #samba(...args: string[]) {
    const options = ['-H', `ldap://${CONTROLLER}`, ...this.#memberOptions, '-U', ACCOUNT];
    return this.#member('samba-tool', ...args, ...options);
  }

  /** `target`: a GPO's GUID, or the distinguished name of a container. */
  async #editDirectory(target: string, ...what: string[]): Promise<void> {
    const script = join(REPOSITORY, 'tests', 'support', 'write-gpo.py');
    await this.#member(PYTHON, script, this.#memberConfiguration, CONTROLLER, DOMAIN, ACCOUNT, target, ...what);
  }

  async #makeNetwork(): Promise<void> {
    const spaces = [
      { name: this.#controllerSpace, address: '10.99.5.1', host: 'dc1' },
      { name: this.#memberSpace, address: '10.99.5.2', host: 'pc1' },
    ];
    for (const { name, address, host } of spaces) {
      await run('ip', ['netns', 'add', name]);
      await mkdir(`/etc/netns/${name}`, { recursive: true });
      await writeFile(`/etc/netns/${name}/resolv.conf`, `search ${DOMAIN}\nnameserver 10.99.5.1\n`);
      await writeFile(`/etc/netns/${name}/hosts`, `127.0.0.1 localhost\n${address} ${host}.${DOMAIN} ${host}\n`);
      await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    }
    const [controller, member] = [this.#controllerSpace, this.#memberSpace];
    const peer = ['peer', 'name', 'lan', 'netns', member];
    await run('ip', ['link', 'add', 'lan', 'netns', controller, 'type', 'veth', ...peer]);
    for (const { name, address } of spaces) {
      await run('ip', ['-n', name, 'addr', 'add', `${address}/24`, 'dev', 'lan']);
      await run('ip', ['-n', name, 'link', 'set', 'lan', 'up']);
    }
  }

  async #provision(): Promise<void> {
    const dc = join(this.folder, 'dc');
    await run('samba-tool', [
      ...['domain', 'provision', `--targetdir=${dc}`, `--realm=${REALM}`, '--domain=TPMLAB', '--server-role=dc'],
      ...['--dns-backend=SAMBA_INTERNAL', '--adminpass=Adm1n-of-the-lab', '--host-name=dc1', '--host-ip=10.99.5.1'],
      ...['--base-schema=2012_R2', '--option=interfaces=10.99.5.1/24 127.0.0.1/8'],
      '--option=bind interfaces only=yes',
    ]);
    for (const folder of ['run/ncalrpc', 'cache']) await mkdir(join(dc, folder), { recursive: true });
    await mkdir(join(dc, 'run', 'ntp_signd'), { recursive: true, mode: 0o750 });
    await writeFile(join(dc, 'etc', 'smb.conf'), this.#controllerConfiguration(dc));
  }

  #controllerConfiguration(dc: string): string {
    const sysvol = join(dc, 'state', 'sysvol');
    return [
      section('global', {
        'netbios name': 'DC1',
        realm: REALM,
        workgroup: 'TPMLAB',
        'server role': 'active directory domain controller',
        'server services': 's3fs, rpc, ldap, cldap, kdc, dns',
        interfaces: '10.99.5.1/24 127.0.0.1/8',
        'bind interfaces only': 'yes',
        'private dir': `${dc}/private`,
        'state directory': `${dc}/state`,
        'cache directory': `${dc}/cache`,
        'lock directory': dc,
        'pid directory': `${dc}/run`,
        'ncalrpc dir': `${dc}/run/ncalrpc`,
        'binddns dir': `${dc}/bind-dns`,
        'ntp signd socket directory': `${dc}/run/ntp_signd`,
        'log file': `${dc}/log.samba`,
        'dns update command': '/bin/true',
        'load printers': 'no',
        'disable spoolss': 'yes',
      }),
      section('sysvol', { path: sysvol, 'read only': 'no' }),
      section('netlogon', { path: join(sysvol, DOMAIN, 'scripts'), 'read only': 'no' }),
    ].join('');
  }

  /** winbindd maps SIDs for smbd; /run/samba is the controller's own, so that it meets no other one. */
  async #serve(): Promise<void> {
    const configuration = join(this.folder, 'dc', 'etc', 'smb.conf');
    const script = [
      'mkdir -p /run/samba && mount -t tmpfs tmpfs /run/samba || exit 1',
      'winbindd --foreground --no-process-group --option="server role check:inhibit=yes" -s "$1" </dev/null &',
      'exec samba -F --no-process-group -s "$1"',
    ].join('\n');
    const command = ['netns', 'exec', this.#controllerSpace, 'bash', '-c', script, 'serve', configuration];
    this.#processes.push(spawn('ip', command, { stdio: 'ignore' }));
    for (const port of [389, 445, 88, 53, 135]) await this.#whenListening(port);
    // Without the service principal name of LDAP no member can bind with Kerberos.
    await run('samba_spnupdate', ['-s', configuration]);
  }

  async #whenListening(port: number): Promise<void> {
    const probe = ['netns', 'exec', this.#controllerSpace, 'bash', '-c', `exec 3<>/dev/tcp/10.99.5.1/${port}`];
    for (let attempt = 0; attempt < 300; attempt++) {
      const answered = await run('ip', probe).then(
        () => true,
        () => false,
      );
      if (answered) return;
      await wait(100);
    }
    const log = await readFile(join(this.folder, 'dc', 'log.samba'), 'utf8').catch(() => '');
    throw new Error(`the domain controller does not listen on port ${port}:\n${log.slice(-2000)}`);
  }

  async #join(): Promise<void> {
    const pc = join(this.folder, 'pc');
    for (const folder of ['private', 'state', 'cache', 'lock', 'run', 'etc']) {
      await mkdir(join(pc, folder), { recursive: true });
    }
    const settings = {
      'netbios name': 'PC1',
      realm: REALM,
      workgroup: 'TPMLAB',
      security: 'ADS',
      'kerberos method': 'secrets and keytab',
      'dedicated keytab file': `FILE:${pc}/krb5.keytab`,
      'private dir': `${pc}/private`,
      'state directory': `${pc}/state`,
      'cache directory': `${pc}/cache`,
      'lock directory': `${pc}/lock`,
      'pid directory': `${pc}/run`,
      'log file': `${pc}/log.samba`,
      'apply group policies': 'yes',
      'tpmtbs:policy folder': this.delivery,
    };
    await writeFile(this.#memberConfiguration, section('global', settings));
    const kerberos = `default_realm = ${REALM}\ndns_lookup_kdc = true\ndns_lookup_realm = false\nrdns = false\n`;
    await writeFile(join(pc, 'etc', 'krb5.conf'), `[libdefaults]\n${kerberos}`);
    await this.#member('net', 'ads', 'join', ...this.#memberOptions, '-U', ACCOUNT.slice(7), '--no-dns-updates');
  }
}

function section(name: string, settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
  return `[${name}]\n${lines.join('')}`;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await Promise.race([ended, wait(5_000)]);
}

async function whenStopped(pid: number): Promise<void> {
  for (let attempt = 0; attempt < 1200; attempt++) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    if (/^State:\tT/m.test(status)) return;
    await wait(50);
  }
  throw new Error('the refresh did not reach the place where it is interrupted');
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
