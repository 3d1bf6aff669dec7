/**
 * The machines of an Active Directory in two network namespaces: Samba as domain controller (LDAP, KDC, DNS, SMB with
 * sysvol), and a joined member. Needs root.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const REALM = 'TPMLAB.EXAMPLE';
export const DOMAIN = 'tpmlab.example';
export const DOMAIN_DN = 'DC=tpmlab,DC=example';
export const CONTROLLER = `dc1.${DOMAIN}`;
export const ACCOUNT = 'TPMLAB/Administrator%Adm1n-of-the-lab';

/** winbindd maps SIDs for smbd and names for samba-gpupdate. Its /run/samba is separate from any other one. */
const OWN_RUN_FOLDER = 'mkdir -p /run/samba && mount -t tmpfs tmpfs /run/samba || exit 1';

/**
 * nsswitch.conf as libnss-winbind leaves it: the member asks winbind for the domain's users. The package is only unpacked,
 * since installing it changes the machine's own nsswitch.conf: while winbind is not running, getpwuid_r then fails for every
 * user without an account, and PowerShell does not start for them.
 */
const NAMES = 'passwd: files winbind\ngroup: files winbind\nhosts: files dns\n';

/** Debian's names for the architectures of Node.js. */
const MULTIARCH: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

export class DomainMachines {
  /** The namespaces belong to this process; the addresses exist only inside them. */
  readonly #controllerSpace = `tbsdc${process.pid}`;
  readonly memberSpace = `tbspc${process.pid}`;
  readonly #processes: ChildProcess[] = [];

  private constructor(readonly folder: string) {}

  static async start(): Promise<DomainMachines> {
    const folder = await mkdtemp(join(tmpdir(), 'tpmtbs-lab-'));
    // smbd reads sysvol with the caller's rights.
    await chmod(folder, 0o755);
    const machines = new DomainMachines(folder);
    try {
      await machines.#unpackNameService();
      await machines.#makeNetwork();
      await machines.#provision();
      await machines.#serve();
      await machines.#join();
      return machines;
    } catch (error) {
      await machines.stop();
      throw error;
    }
  }

  /** The folder into which the extension delivers: the broker's `policy.groupPolicy`. */
  get delivery(): string {
    return join(this.folder, 'delivered');
  }

  get sysvol(): string {
    return join(this.folder, 'dc', 'state', 'sysvol');
  }

  get memberConfiguration(): string {
    return join(this.folder, 'pc', 'etc', 'smb.conf');
  }

  get environment(): NodeJS.ProcessEnv {
    const libraries = join(this.#nameService, 'lib', `${MULTIARCH[process.arch] ?? process.arch}-linux-gnu`);
    return {
      ...process.env,
      KRB5_CONFIG: join(this.folder, 'pc', 'etc', 'krb5.conf'),
      LD_LIBRARY_PATH: libraries,
    };
  }

  get #nameService(): string {
    return join(this.folder, 'libnss-winbind');
  }

  /** Runs a command on the member. */
  member(...command: string[]) {
    const args = ['netns', 'exec', this.memberSpace, ...command];
    return run('ip', args, { env: this.environment, timeout: 120_000 });
  }

  /** Makes the controller stop answering, or answer again. */
  setControllerReachable(reachable: boolean): Promise<unknown> {
    return run('ip', ['-n', this.#controllerSpace, 'link', 'set', 'lan', reachable ? 'up' : 'down']);
  }

  killController(): Promise<void> {
    return this.#endAllIn(this.#controllerSpace);
  }

  restartController(): Promise<void> {
    return this.#serve();
  }

  /** Starts winbindd on the member, which then refreshes Group Policy by itself. */
  async startWinbind(): Promise<AsyncDisposable> {
    const script = [OWN_RUN_FOLDER, 'exec winbindd --foreground --no-process-group -s "$1" </dev/null'].join('\n');
    const command = ['netns', 'exec', this.memberSpace, 'bash', '-c', script, 'serve', this.memberConfiguration];
    spawn('ip', command, { stdio: 'ignore', env: this.environment });
    return { [Symbol.asyncDispose]: () => this.#endAllIn(this.memberSpace) };
  }

  async stop(): Promise<void> {
    for (const child of this.#processes) await end(child);
    for (const space of [this.#controllerSpace, this.memberSpace]) {
      await this.#endAllIn(space);
      await run('ip', ['netns', 'del', space]).catch(() => undefined);
      await rm(`/etc/netns/${space}`, { recursive: true, force: true });
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  /** Ends all processes of the namespace: samba forks, and only samba runs there. */
  async #endAllIn(space: string): Promise<void> {
    const { stdout } = await run('ip', ['netns', 'pids', space]).catch(() => ({ stdout: '' }));
    for (const pid of stdout.split('\n').filter((line) => line !== '')) endNow(Number(pid));
  }

  async #unpackNameService(): Promise<void> {
    const archives = join(this.folder, 'archives');
    await mkdir(archives);
    // apt would download as its own user, who may not write here.
    await run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', 'libnss-winbind'], { cwd: archives });
    const [archive] = await readdir(archives);
    if (archive === undefined) throw new Error('apt-get downloaded no libnss-winbind');
    await run('dpkg-deb', ['-x', join(archives, archive), this.#nameService]);
  }

  async #makeNetwork(): Promise<void> {
    const spaces = [
      { name: this.#controllerSpace, address: '10.99.5.1', host: 'dc1' },
      { name: this.memberSpace, address: '10.99.5.2', host: 'pc1' },
    ];
    for (const { name, address, host } of spaces) {
      await run('ip', ['netns', 'add', name]);
      await mkdir(`/etc/netns/${name}`, { recursive: true });
      await writeFile(`/etc/netns/${name}/resolv.conf`, `search ${DOMAIN}\nnameserver 10.99.5.1\n`);
      await writeFile(`/etc/netns/${name}/hosts`, `127.0.0.1 localhost\n${address} ${host}.${DOMAIN} ${host}\n`);
      await writeFile(`/etc/netns/${name}/nsswitch.conf`, NAMES);
      await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    }
    const [controller, member] = [this.#controllerSpace, this.memberSpace];
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
    const { sysvol } = this;
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

  async #serve(): Promise<void> {
    const configuration = join(this.folder, 'dc', 'etc', 'smb.conf');
    const script = [
      OWN_RUN_FOLDER,
      'winbindd --foreground --no-process-group --option="server role check:inhibit=yes" -s "$1" </dev/null &',
      'exec samba -F --no-process-group -s "$1"',
    ].join('\n');
    const command = ['netns', 'exec', this.#controllerSpace, 'bash', '-c', script, 'serve', configuration];
    this.#processes.push(spawn('ip', command, { stdio: 'ignore' }));
    for (const port of [389, 445, 88, 53, 135]) await this.#whenListening(port);
    // Without the service principal name of LDAP, no member can bind with Kerberos.
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
    await writeFile(this.memberConfiguration, section('global', settings));
    const kerberos = `default_realm = ${REALM}\ndns_lookup_kdc = true\ndns_lookup_realm = false\nrdns = false\n`;
    await writeFile(join(pc, 'etc', 'krb5.conf'), `[libdefaults]\n${kerberos}`);
    await this.member('net', 'ads', 'join', '-s', this.memberConfiguration, '-U', ACCOUNT.slice(7), '--no-dns-updates');
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

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process has ended by itself.
  }
}
