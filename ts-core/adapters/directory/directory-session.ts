/**
 * One authenticated connection to one server, for one operation: LDAPS or StartTLS with the certificate checked, a bind,
 * and a deadline over everything.
 *
 * ldapts connects again by itself when a connection is lost, and then works unauthenticated (with autoRebind, and
 * StartTLS, without TLS as well). A session allows each socket to be made once, so that a lost connection is an error.
 */
import { readFileSync } from 'node:fs';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type Attribute, type Change, Client, type Control, type Entry, type SearchOptions } from 'ldapts';
import { readCredentials } from './credentials-file.js';
import { codeOf, directoryFailure, translateFailure } from './directory-failure.js';
import type { DirectoryOptions } from './directory-options.js';
import type { DirectoryServer } from './find-servers.js';

export class DirectorySession {
  readonly #client: Client;
  readonly #sockets: Socket[] = [];
  readonly #deadline: Promise<never>;
  readonly #timer: NodeJS.Timeout;
  #expire: (error: Error) => void = () => undefined;

  private constructor(
    private readonly server: DirectoryServer,
    private readonly options: DirectoryOptions,
  ) {
    const { host, port } = server;
    this.#deadline = new Promise((_resolve, reject) => {
      this.#expire = reject;
    });
    this.#deadline.catch(() => undefined);
    this.#timer = setTimeout(() => this.abort(new Error('the directory operation timed out')), options.timeoutMs);
    const name = isIP(host) === 6 ? `[${host}]` : host;
    this.#client = new Client({
      url: `${options.startTls ? 'ldap' : 'ldaps'}://${name}:${port}`,
      // With StartTLS ldapts would take TLS options for the wish to begin with TLS.
      ...(options.startTls ? {} : { tlsOptions: this.#tlsOptions() }),
      createConnection: this.#once(connectTcp),
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

  /** Ends whatever is under way with the error. */
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
    const { user, password } = readCredentials(this.options.credentialsFile, this.options.brokerUid);
    await this.#run(async () => {
      if (this.options.startTls) await this.#client.startTLS({ ...this.#tlsOptions(), host: this.server.host });
      await this.#client.bind(user, password);
    });
  }

  /** The explicit `rejectUnauthorized` is stronger than NODE_TLS_REJECT_UNAUTHORIZED in the environment. */
  #tlsOptions(): ConnectionOptions {
    const { host } = this.server;
    const { caFile } = this.options;
    return {
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(caFile === undefined ? {} : { ca: readAuthorities(caFile) }),
    };
  }

  async #run<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await Promise.race([work(), this.#deadline]);
    } catch (error) {
      throw translateFailure(error, this.server.host);
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
      // ldapts takes its listeners away from a socket that failed; a later error would end the process.
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
