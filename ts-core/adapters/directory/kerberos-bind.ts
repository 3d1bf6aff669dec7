/**
 * Binds with the machine's Kerberos key: SASL GSSAPI (RFC 4752) without a security layer, since TLS already protects
 * the connection, and bound to that connection's certificate.
 */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { BerReader, ResultCodeError } from 'ldapts';
import { TbsError } from '../../domain/tbs-error.js';
import { directoryFailure } from './directory-failure.js';
import { kerberosFailure, noAnswerOfKdc, noKerberos } from './kerberos-failure.js';
import type { KerberosPrincipal } from './keytab-file.js';
import { SaslBind } from './sasl-bind.js';
import type { KerberosClient, SystemKerberos } from './system-kerberos.js';

const NO_SECURITY_LAYER = 1;
/** More than any Kerberos exchange needs: a request and the server's response. */
const MAX_STEPS = 4;

export interface KerberosBindOptions {
  readonly kerberos: SystemKerberos | undefined;
  readonly principal: KerberosPrincipal;
  readonly keytabFile: string;
  /** The server's host name according to the server itself. */
  readonly server: string;
  /** The authenticated TLS connection. */
  readonly socket: Socket;
  /** Rejects when the operation has timed out. */
  readonly deadline: Promise<never>;
}

/** @throws TBS_E_PROVISIONING_NOT_ALLOWED; also ResultCodeErrors and connection errors, which the caller translates. */
export async function bindWithKerberos(options: KerberosBindOptions): Promise<void> {
  const { kerberos, principal, keytabFile, server, socket, deadline } = options;
  if (kerberos === undefined) throw noKerberos();
  const refused = (error: unknown) => kerberosFailure(error, principal.name, server);
  const client = guarded(refused, () =>
    kerberos.open({
      principal: principal.name,
      keytabFile,
      service: `ldap/${server}@${principal.realm}`,
      channelBindings: socket instanceof TLSSocket ? serverEndPoint(socket.getPeerCertificate().raw) : Buffer.alloc(0),
    }),
  );
  try {
    const bind = new SaslBind(socket, 'GSSAPI', deadline);
    const late = deadline.catch(() => Promise.reject(noAnswerOfKdc(principal.name, server)));
    const step = (input?: Uint8Array) =>
      Promise.race([client.step(input).catch((error: unknown) => Promise.reject(refused(error))), late]);
    const offer = await authenticate(step, bind, refused);
    const layers = guarded(refused, () => client.unwrap(offer));
    if (layers.length !== 4 || ((layers[0] ?? 0) & NO_SECURITY_LAYER) === 0) throw wantsLayer(server);
    const choice = guarded(refused, () => client.wrap(new Uint8Array([NO_SECURITY_LAYER, 0, 0, 0])));
    await bind.send(choice);
  } catch (error) {
    if (error instanceof ResultCodeError && (error.code === 8 || error.code === 53)) throw wantsLayer(server, error);
    throw error;
  } finally {
    client.close();
  }
}

/** Authenticates both sides to each other, and returns the server's offer of security layers. */
async function authenticate(
  step: KerberosClient['step'],
  bind: SaslBind,
  refused: (error: unknown) => TbsError,
): Promise<Buffer> {
  let { token, done } = await step();
  for (let count = 0; count < MAX_STEPS; count++) {
    const answer = await bind.send(token);
    if (done) return answer.credentials;
    ({ token, done } = await step(answer.credentials));
  }
  throw refused(new Error('the exchange does not end'));
}

function guarded<Result>(refused: (error: unknown) => TbsError, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw error instanceof TbsError ? error : refused(error);
  }
}

function wantsLayer(server: string, cause?: unknown): TbsError {
  return directoryFailure('tls', {
    message: `The directory does not accept Kerberos inside TLS (server ${server}).`,
    action:
      'On a Samba controller set `ldap server require strong auth = allow_sasl_over_tls`, or use `directory.credentialsFile` in tbsd.json.',
    server,
    cause,
  });
}

/** Hash functions by the OID of the certificate's signature; SHA-256 replaces MD5 and SHA-1 (RFC 5929, section 4.1). */
const HASHES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'sha256',
  '1.2.840.113549.1.1.5': 'sha256',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha256',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

/**
 * Returns tls-server-end-point of a DER certificate, which binds the authentication to the TLS connection that carries
 * it, so that nobody can relay it; empty if its signature has no single hash (RSA-PSS, EdDSA).
 */
export function serverEndPoint(certificate: Buffer): Buffer {
  const hash = HASHES[signatureAlgorithm(certificate)];
  if (hash === undefined) return Buffer.alloc(0);
  return Buffer.concat([Buffer.from('tls-server-end-point:'), createHash(hash).update(certificate).digest()]);
}

/** Certificate ::= SEQUENCE { tbsCertificate SEQUENCE, signatureAlgorithm SEQUENCE { algorithm OID, … }, … } */
function signatureAlgorithm(certificate: Buffer): string {
  const reader = new BerReader(certificate);
  reader.readSequence();
  reader.readSequence();
  reader.offset += reader.length;
  reader.readSequence();
  return reader.readOID() ?? '';
}
