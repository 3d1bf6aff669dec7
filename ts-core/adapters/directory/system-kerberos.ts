/**
 * The system's Kerberos (MIT, by the GSS-API): one authentication at a time, since a KDC that does not answer keeps a
 * thread for as long as the library waits for it, whoever has given up meanwhile.
 */
import { OneAtATime } from '../../domain/one-at-a-time.js';

/** `major` and `minor` of the GSS-API are numbers of the Errors that its methods throw or reject with. */
export interface KerberosClient {
  step(input?: Uint8Array): Promise<{ readonly token: Buffer; readonly done: boolean }>;
  wrap(bytes: Uint8Array): Buffer;
  unwrap(bytes: Uint8Array): Buffer;
  close(): void;
}

export interface KerberosTarget {
  /** Principal of this machine, `PC1$@REALM`, and the keytab with its key. */
  readonly principal: string;
  readonly keytabFile: string;
  /** Principal of the service, `ldap/dc1.corp.example@REALM`. */
  readonly service: string;
  /** RFC 5929; empty: none. */
  readonly channelBindings: Uint8Array;
}

/** Throws `code` ERR_NO_KERBEROS where the system has no MIT Kerberos. */
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
          if (closed) throw new Error('given up while an earlier authentication was under way');
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
