/** Binds an authentication to the TLS connection that carries it, so that nobody can relay it (RFC 5929). */
import { createHash } from 'node:crypto';
import { BerReader } from 'ldapts';

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

/** Returns tls-server-end-point of a DER certificate; empty if its signature has no single hash (RSA-PSS, EdDSA). */
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
