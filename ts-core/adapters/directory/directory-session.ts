/**
 * One authenticated connection to one server, for one operation: LDAPS or StartTLS with certificate verification, a
 * bind, and one deadline for everything.
 *
 * ldapts reconnects by itself when a connection is lost, and then works unauthenticated (with autoRebind and StartTLS,
 * even without TLS). A session lets each socket be created only once, so that a lost connection is an error.
 */
import { readFileSync } from 'node:fs';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type Attribute, type Change, Client, type Control, type Entry, type SearchOptions } from 'ldapts';
import { codeOf, directoryFailure, translateFailure } from './directory-failure.js';
import type { DirectoryOptions } from './directory-options.js';
import type { DirectoryServer } from './find-servers.js';
import { hostLookup } from './host-lookup.js';
import { bindWithKerberos } from './kerberos-bind.js';
import { type MachineAccount, machineAccount } from './machine-account.js';

export class DirectorySession {
  readonly #client: Client;
  readonly #sockets: Socket[] = [];
  readonly #deadline: Promise<never>;
  readonly #timer: NodeJS.Timeout;
  #expire: (error: Error) => void = () => undefined;
  readonly #server: DirectoryServer;
  readonly #options: DirectoryOptions;

  private constructor(server: DirectoryServer, options: DirectoryOptions) {
    this.#server = server;
    this.#options = options;
    const { host, port } = server;
    this.#deadline = new Promise((_resolve, reject) => {
      this.#expire = reject;
    });
    this.#deadline.catch(() => undefined);
    this.#timer = setTimeout(() => this.abort(new Error('the directory operation timed out')), options.timeoutMs);
    const name = isIP(host) === 6 ? `[${host}]` : host;
    this.#client = new Client({
      url: `${options.startTls ? 'ldap' : 'ldaps'}://${name}:${port}`,
      // With StartTLS, the presence of TLS options would make ldapts begin with TLS.
      ...(options.startTls ? {} : { tlsOptions: this.#tlsOptions() }),
      createConnection: this.#once(this.#connectTcp),
      createSecureConnection: this.#once(connectTls),
    });
  }

  /** @throws TBS_E_PROVISIONING_NOT_ALLOWED */
  static async open(server: DirectoryServer, options: DirectoryOptions): Promise<DirectorySession> {
    const session = new DirectorySession(server, options);
    try {
      await session.#connectAndBind();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  search(base: string, options: SearchOptions, controls: Control[] = []): Promise<Entry[]> {
    return this.#run(async () => (await this.#client.search(base, options, controls)).searchEntries);
  }

  add(dn: string, attributes: Attribute[]): Promise<void> {
    return this.#run(() => this.#client.add(dn, attributes));
  }

  modify(dn: string, changes: Change[]): Promise<void> {
    return this.#run(() => this.#client.modify(dn, changes));
  }

  /** Ends any operation in progress with the error. */
  abort(error: Error): void {
    this.#expire(error);
    this.#destroySockets();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#client.isBound) await Promise.race([this.#client.unbind(), this.#deadline]).catch(() => undefined);
    this.#destroySockets();
  }

  async #connectAndBind(): Promise<void> {
    const account = machineAccount(this.#options);
    if (this.#options.startTls) {
      await this.#run(() => this.#client.startTLS({ ...this.#tlsOptions(), host: this.#server.host }));
    }
    if (account.kind === 'keytab') await this.#bindWithKerberos(account);
    else await this.#run(() => this.#client.bind(account.user, account.password));
  }

  /** Asks the server for its name, because the configuration may contain its address or that of the domain. */
  async #bindWithKerberos({ principal, keytabFile }: MachineAccount & { readonly kind: 'keytab' }): Promise<void> {
    const [root] = await this.search('', { scope: 'base', attributes: ['dnsHostName'] });
    const socket = this.#sockets.at(-1);
    const server = String(root?.['dnsHostName'] ?? this.#server.host);
    const { kerberos } = this.#options;
    try {
      if (socket === undefined) throw new Error('the connection to the directory was lost');
      await bindWithKerberos({ kerberos, principal, keytabFile, server, socket, deadline: this.#deadline });
    } catch (error) {
      throw translateFailure(error, server);
    }
  }

  /** The explicit `rejectUnauthorized` overrides NODE_TLS_REJECT_UNAUTHORIZED in the environment. */
  #tlsOptions(): ConnectionOptions {
    const { host } = this.#server;
    const { caFile } = this.#options;
    return {
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(caFile === undefined ? {} : { ca: readAuthorities(caFile) }),
      ...this.#lookup(),
    };
  }

  /** ldapts passes only port and host. */
  readonly #connectTcp = ((port: number, host: string) =>
    connectTcp({ port, host, ...this.#lookup() })) as typeof connectTcp;

  #lookup(): { readonly lookup?: LookupFunction } {
    const lookup = hostLookup(this.#options.dnsServers, this.#options.timeoutMs);
    return lookup === undefined ? {} : { lookup };
  }

  async #run<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await Promise.race([work(), this.#deadline]);
    } catch (error) {
      throw translateFailure(error, this.#server.host);
    }
  }

  #once<Connect extends typeof connectTcp | typeof connectTls>(connect: Connect): Connect {
    let connected = false;
    const connectOnce = (...args: unknown[]): Socket => {
      if (connected) throw new Error('the connection to the directory was lost');
      connected = true;
      const socket: Socket = Reflect.apply(connect, undefined, args);
      this.#sockets.push(socket);
      return socket;
    };
    return connectOnce as Connect;
  }

  #destroySockets(): void {
    for (const socket of this.#sockets) {
      // ldapts removes its listeners from a failed socket; a later error would then end the process.
      socket.on('error', () => undefined);
      socket.destroy();
    }
  }
}

function readAuthorities(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw directoryFailure('tls', { message: `directory.caFile ${path} cannot be read (${codeOf(cause)}).`, cause });
  }
}
