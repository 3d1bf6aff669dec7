/** A certificate authority for the machines of a test fleet. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../run-program.js';

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export interface IssuedCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
}

export class Authority {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(folder: string): Promise<Authority> {
    await mkdir(folder, { mode: 0o700 });
    const authority = new Authority(folder);
    const [key, certificate] = [authority.#file('ca.key'), authority.#file('ca.pem')];
    await openssl('req', '-x509', ...NEW_KEY, '-keyout', key, '-out', certificate, '-subj', '/CN=fleet');
    return authority;
  }

  /** Writes a key and a certificate for a name and its address into a folder. */
  async issue(name: string, address: string, folder: string): Promise<IssuedCertificate> {
    const keyFile = join(folder, 'tls.key');
    const certificateFile = join(folder, 'tls.pem');
    const [request, extensions] = [this.#file(`${name}.csr`), this.#file(`${name}.ext`)];
    await writeFile(extensions, `subjectAltName=DNS:${name},IP:${address}\n`);
    await openssl('req', ...NEW_KEY, '-keyout', keyFile, '-out', request, '-subj', `/CN=${name}`);
    const signer = ['-CA', this.#file('ca.pem'), '-CAkey', this.#file('ca.key'), '-CAcreateserial', '-days', '2'];
    await openssl('x509', '-req', '-in', request, ...signer, '-extfile', extensions, '-out', certificateFile);
    return { certificateFile, keyFile };
  }

  /** Copies the authority's certificate into a folder and returns its path there. */
  async copyTo(folder: string): Promise<string> {
    const copy = join(folder, 'ca.pem');
    await copyFile(this.#file('ca.pem'), copy);
    return copy;
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}

async function openssl(...args: string[]): Promise<void> {
  const { code, stderr } = await run('openssl', args);
  if (code !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
}
