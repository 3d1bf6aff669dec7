/**
 * The system's Kerberos (MIT, through the GSS-API). It runs one authentication at a time, because a KDC that does not
 * answer occupies a thread until the library stops waiting, even if the caller has already given up.
 */
import { OneAtATime } from '../../domain/one-at-a-time.js';

/** Its methods throw or reject with Errors that have the GSS-API's `major` and `minor` as numbers. */
export interface KerberosClient {
  step(input?: Uint8Array): Promise<{ readonly token: Buffer; readonly done: boolean }>;
  wrap(bytes: Uint8Array): Buffer;
  unwrap(bytes: Uint8Array): Buffer;
  close(): void;
}

export interface KerberosTarget {
  /** Principal of this machine, `PC1$@REALM`; its key is in the keytab. */
  readonly principal: string;
  readonly keytabFile: string;
  /** Principal of the service, `ldap/dc1.corp.example@REALM`. */
  readonly service: string;
  /** Channel bindings of RFC 5929; empty means none. */
  readonly channelBindings: Uint8Array;
}

/** Throws an Error with `code` ERR_NO_KERBEROS if the system has no MIT Kerberos. */
export type KerberosClientConstructor = new (
  principal: string,
  keytabFile: string,
  service: string,
  channelBindings: Uint8Array,
) => KerberosClient;

export class SystemKerberos {
  readonly #steps = new OneAtATime();
  readonly #Client: KerberosClientConstructor;

  constructor(Client: KerberosClientConstructor) {
    this.#Client = Client;
  }

  open({ principal, keytabFile, service, channelBindings }: KerberosTarget): KerberosClient {
    const client = new this.#Client(principal, keytabFile, service, channelBindings);
    let closed = false;
    return {
      step: (input) => {
        return this.#steps.run(async () => {
          if (closed) throw new Error('given up while an earlier authentication was in progress');
          return client.step(input);
        });
      },
      wrap: (bytes) => client.wrap(bytes),
      unwrap: (bytes) => client.unwrap(bytes),
      close: () => {
        closed = true;
        client.close();
      },
    };
  }
}
