/**
 * A throw-away Active Directory domain controller: Debian's Samba, with LDAP only unless `kerberos` is given, on a
 * loopback address of its own, since its ports are fixed. Needs root.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const REALM = 'TPMLAB.EXAMPLE';
export const DOMAIN_DN = 'DC=tpmlab,DC=example';
const ADMINISTRATOR_PASSWORD = 'Adm1n-of-the-lab';

/** Lets every computer write its own msTPM-OwnerInformation, as the preparation for Windows 7 does. */
const SELF_MAY_WRITE_OWNER_INFORMATION =
  '(OA;CIIO;WP;aa4e1a6d-550d-4e05-8c35-4afcb917a9fe;bf967a86-0de6-11d0-a285-00aa003049e2;PS)';

export interface ControllerOptions {
  /** 2012_R2 has all attributes of Windows 8; 2008_R2 has only msTPM-OwnerInformation, on computers. */
  readonly schema: '2012_R2' | '2008_R2';
  /**
   * Runs a KDC too. `overTls`: LDAP accepts Kerberos inside TLS, as Microsoft's controllers do; `signedOnly`: it does
   * not, which is Samba's default.
   */
  readonly kerberos?: 'overTls' | 'signedOnly';
}

export function canRunDomainController(): boolean {
  return process.getuid?.() === 0;
}

export class DomainController {
  readonly address = `127.${randomInt(1, 200)}.${randomInt(1, 250)}.${randomInt(2, 250)}`;
  #process: ChildProcess | undefined;
  readonly #options: ControllerOptions;

  private constructor(
    readonly folder: string,
    options: ControllerOptions,
  ) {
    this.#options = options;
  }

  static async start(options: ControllerOptions): Promise<DomainController> {
    const controller = new DomainController(await mkdtemp(join(tmpdir(), 'tpmtbs-dc-')), options);
    try {
      await controller.#provision();
      await controller.#makeCertificate();
      await controller.#prepareDomain();
      await controller.#serve();
      return controller;
    } catch (error) {
      await controller.stop();
      throw error;
    }
  }

  get caFile(): string {
    return join(this.folder, 'private', 'tls', 'ca.pem');
  }

  /** Returns the distinguished name of a computer that `addComputer` created. */
  computerDn(name: string): string {
    return `CN=${name},CN=Computers,${DOMAIN_DN}`;
  }

  /** Adds a joined computer, whose account is `NAME$`. */
  async addComputer(name: string, password: string): Promise<void> {
    await this.#tool('computer', 'create', name);
    await this.setPassword(`${name}$`, password);
  }

  /** Writes the key of an account into a keytab, as joining the domain does on a machine. Returns the path. */
  async exportKeytab(principal: string): Promise<string> {
    const path = join(this.folder, `${principal.replaceAll(/\W/g, '_')}-${randomInt(1e9)}.keytab`);
    await run('samba-tool', [
      ...['domain', 'exportkeytab', path, `--principal=${principal}@${REALM}`, '-s', this.#configurationPath],
    ]);
    return path;
  }

  async setPassword(account: string, password: string): Promise<void> {
    await this.#tool('user', 'setpassword', account, `--newpassword=${password}`);
  }

  async deleteComputer(name: string): Promise<void> {
    await this.#tool('computer', 'delete', name);
  }

  /** Writes a configuration of MIT Kerberos (KRB5_CONFIG) with this KDC, or with another address. Returns the path. */
  async kerberosConfiguration(kdc = this.address): Promise<string> {
    const path = join(this.folder, `krb5-${kdc.replace(':', '-')}.conf`);
    const settings = ['[libdefaults]', 'dns_lookup_kdc = false', '[realms]', `${REALM} = {`, `kdc = ${kdc}`, '}', ''];
    await writeFile(path, settings.join('\n'));
    return path;
  }

  async addUser(name: string, password: string): Promise<void> {
    await this.#tool('user', 'create', name, password);
  }

  /** Reads all attributes from the server's database, and therefore the confidential ones as well. */
  async read(dn: string): Promise<ReadonlyMap<string, string>> {
    const { stdout } = await run('ldbsearch', [...this.#database(), '-b', dn, '-s', 'base']);
    const pairs = stdout.replaceAll('\n ', '').matchAll(/^([A-Za-z-]+)::? (.*)$/gm);
    return new Map([...pairs].map((match) => [match[1] as string, match[2] as string]));
  }

  /** Returns the distinguished names of the direct children. */
  async childrenOf(dn: string): Promise<readonly string[]> {
    const { stdout } = await run('ldbsearch', [...this.#database(), '-b', dn, '-s', 'one', 'dn']);
    return [...stdout.replaceAll('\n ', '').matchAll(/^dn: (.*)$/gm)].map((match) => match[1] as string);
  }

  async rename(dn: string, newDn: string): Promise<void> {
    await run('ldbrename', [...this.#database(), '--relax', dn, newDn]);
  }

  /** Changes the server's database without asking the server. */
  async change(ldif: string): Promise<void> {
    const path = join(this.folder, 'change.ldif');
    await writeFile(path, ldif);
    await run('ldbmodify', [...this.#database(), '--option=dsdb:schema update allowed=true', '--relax', path]);
  }

  /** Sends SIGSTOP: the kernel still accepts connections, and the server answers nothing. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGCONT');
      child.kill('SIGKILL');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  get #configurationPath(): string {
    return join(this.folder, 'etc', 'smb.conf');
  }

  #database(): string[] {
    return ['-H', join(this.folder, 'private', 'sam.ldb'), `--configfile=${this.#configurationPath}`];
  }

  async #tool(...args: string[]): Promise<void> {
    await run('samba-tool', [...args, '-s', this.#configurationPath, '-H', join(this.folder, 'private', 'sam.ldb')]);
  }

  async #provision(): Promise<void> {
    const first = join(this.folder, 'first.conf');
    await writeFile(first, `[global]\ninterfaces = ${this.address}/8\nbind interfaces only = yes\n`);
    await run('samba-tool', [
      ...['domain', 'provision', '-s', first, `--targetdir=${this.folder}`, `--realm=${REALM}`, '--domain=TPMLAB'],
      ...['--server-role=dc', '--dns-backend=NONE', `--adminpass=${ADMINISTRATOR_PASSWORD}`, '--host-name=dc1'],
      ...[`--host-ip=${this.address}`, `--base-schema=${this.#options.schema}`],
    ]);
    for (const folder of ['run/ncalrpc', 'cache', 'private/tls']) {
      await mkdir(join(this.folder, folder), { recursive: true });
    }
    await mkdir(join(this.folder, 'run', 'ntp_signd'), { mode: 0o750 });
    await writeFile(this.#configurationPath, this.#configuration());
  }

  #configuration(): string {
    const { folder, address } = this;
    const settings: Readonly<Record<string, string>> = {
      'netbios name': 'DC1',
      realm: REALM,
      workgroup: 'TPMLAB',
      'server role': 'active directory domain controller',
      'server services': this.#options.kerberos === undefined ? 'ldap' : 'ldap, kdc',
      'ldap server require strong auth': this.#options.kerberos === 'overTls' ? 'allow_sasl_over_tls' : 'yes',
      interfaces: `${address}/8`,
      'bind interfaces only': 'yes',
      'private dir': `${folder}/private`,
      'state directory': `${folder}/state`,
      'cache directory': `${folder}/cache`,
      'lock directory': folder,
      'pid directory': `${folder}/run`,
      'ncalrpc dir': `${folder}/run/ncalrpc`,
      'binddns dir': `${folder}/bind-dns`,
      'ntp signd socket directory': `${folder}/run/ntp_signd`,
      'log file': `${folder}/log.samba`,
      'tls keyfile': 'tls/key.pem',
      'tls certfile': 'tls/cert.pem',
      'tls cafile': 'tls/ca.pem',
    };
    return `[global]\n${Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join('')}`;
  }

  async #makeCertificate(): Promise<void> {
    const cwd = join(this.folder, 'private', 'tls');
    const openssl = (...args: string[]) => run('openssl', args, { cwd });
    const key = ['-newkey', 'rsa:2048', '-nodes'];
    await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=authority of the lab');
    await openssl('req', ...key, '-keyout', 'key.pem', '-out', 'request', '-subj', '/CN=dc1.tpmlab.example');
    await writeFile(join(cwd, 'names'), `subjectAltName=DNS:dc1.tpmlab.example,IP:${this.address}\n`);
    const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
    await openssl(
      'x509',
      '-req',
      '-in',
      'request',
      ...authority,
      '-out',
      'cert.pem',
      '-days',
      '2',
      '-extfile',
      'names',
    );
    await run('chmod', ['600', join(cwd, 'key.pem'), join(cwd, 'ca.key')]);
  }

  async #prepareDomain(): Promise<void> {
    // The service that keeps service principal names up to date does not run here.
    await this.#tool('spn', 'add', 'ldap/dc1.tpmlab.example', 'DC1$');
    if (this.#options.schema === '2012_R2') {
      await this.#tool('domain', 'functionalprep', '--domain-prep', '--function-level=2012_R2');
      // Samba 4.17 refuses to change an object that has a back link which its class does not permit.
      await this.change(
        [
          `dn: CN=ms-TPM-Information-Object,CN=Schema,CN=Configuration,${DOMAIN_DN}`,
          'changetype: modify',
          'add: mayContain',
          'mayContain: msTPM-TpmInformationForComputerBL',
          '',
        ].join('\n'),
      );
    } else {
      await this.#tool('dsacl', 'set', `--objectdn=${DOMAIN_DN}`, `--sddl=${SELF_MAY_WRITE_OWNER_INFORMATION}`);
    }
  }

  async #serve(): Promise<void> {
    const child = spawn('samba', ['-F', '--no-process-group', '-M', 'single', '-s', this.#configurationPath], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#process = child;
    for (let attempt = 0; attempt < 600; attempt++) {
      if (child.exitCode !== null) throw new Error(`samba ended with ${child.exitCode}; see ${this.folder}/log.samba`);
      if (await accepts(this.address, 636)) return;
      await wait(100);
    }
    throw new Error(`samba does not listen on ${this.address}:636`);
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(port, host, () => resolve(true));
    probe.on('error', () => resolve(false));
    probe.on('connect', () => probe.destroy());
  });
}
