/**
 * Backs up the owner authorization to AD DS over LDAP. Depending on the schema, it uses the form of Windows 8 and later
 * (an msTPM-InformationObject under CN=TPM Devices, linked from the computer) or that of Windows 7 (an attribute of the
 * computer).
 *
 * The values are confidential in the directory: a computer can write but not read them, so nothing is read back. Each
 * operation opens its own connection, and no secret stays in memory between operations.
 */
import type {
  DirectoryCheck,
  DirectoryReceipt,
  OwnerAuthDirectory,
} from '../../application/ports/owner-auth-stores.js';
import { TbsError } from '../../domain/tbs-error.js';
import { type BackupPlace, findBackupPlace, OWNER_INFORMATION, PENDING_INFORMATION } from './backup-place.js';
import { directoryFailure } from './directory-failure.js';
import type { DirectoryOptions } from './directory-options.js';
import { DirectorySession } from './directory-session.js';
import { type DirectoryServer, findServers } from './find-servers.js';
import {
  addInformationObject,
  checkLinkedObject,
  findInformationObject,
  linkComputer,
  replaced,
} from './tpm-information-object.js';

/** rangeUpper of msTPM-OwnerInformation and of msTPM-SrkPubThumbprint in the schema. */
const MAX_VALUE_CHARACTERS = 128;
const THUMBPRINT_BYTES = 20;

/** Failures after which another server may still succeed. */
const TRY_NEXT = new Set<unknown>(['noServer', 'timeout']);

export class ActiveDirectory implements OwnerAuthDirectory {
  readonly #sessions = new Set<DirectorySession>();
  readonly #options: DirectoryOptions;

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  check(): Promise<DirectoryCheck> {
    return this.#inSession(async (session, place) => {
      if (place.linked !== undefined) await checkLinkedObject(session, place.linked);
      const { server, form, computer } = place;
      return { server, form, computer, target: place.linked ?? place.holder };
    });
  }

  writePending(value: string, srkThumbprint: Uint8Array): Promise<DirectoryReceipt> {
    return this.#write(value, srkThumbprint, async (session, place, thumbprint) => {
      if (place.form === 'windows7') return place.computer;
      const known = await findInformationObject(session, place, thumbprint);
      if (known !== undefined) await session.modify(known, [replaced(PENDING_INFORMATION, [value])]);
      const target = known ?? (await addInformationObject(session, place, value, thumbprint, true));
      await linkComputer(session, place, target);
      return target;
    });
  }

  commit(value: string, srkThumbprint: Uint8Array): Promise<DirectoryReceipt> {
    return this.#write(value, srkThumbprint, async (session, place, thumbprint) => {
      if (place.form === 'windows7') {
        await session.modify(place.computer, [replaced(OWNER_INFORMATION, [value])]);
        return place.computer;
      }
      const known = await findInformationObject(session, place, thumbprint);
      if (known !== undefined) {
        await session.modify(known, [replaced(OWNER_INFORMATION, [value]), replaced(PENDING_INFORMATION, [])]);
      }
      const target = known ?? (await addInformationObject(session, place, value, thumbprint, false));
      await linkComputer(session, place, target);
      return target;
    });
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.abort(new Error('the broker stops'));
  }

  async #write(
    value: string,
    srkThumbprint: Uint8Array,
    write: (session: DirectorySession, place: BackupPlace, thumbprint: Buffer) => Promise<string>,
  ): Promise<DirectoryReceipt> {
    requireFits(value, srkThumbprint);
    return this.#inSession(async (session, place) => {
      const target = await write(session, place, Buffer.from(srkThumbprint));
      return { server: place.server, target, form: place.form };
    });
  }

  async #inSession<Result>(work: (session: DirectorySession, place: BackupPlace) => Promise<Result>): Promise<Result> {
    const { server, session } = await this.#open();
    this.#sessions.add(session);
    try {
      const place = await findBackupPlace(session, this.#options.computer);
      return await work(session, { ...place, server: place.server || server.host });
    } finally {
      this.#sessions.delete(session);
      await session.close();
    }
  }

  async #open(): Promise<{ readonly server: DirectoryServer; readonly session: DirectorySession }> {
    let failure: unknown = directoryFailure('noServer', { message: 'There is no directory server to contact.' });
    for (const server of await findServers(this.#options)) {
      try {
        return { server, session: await DirectorySession.open(server, this.#options) };
      } catch (error) {
        failure = error;
        if (!(error instanceof TbsError && TRY_NEXT.has(error.details['reason']))) break;
      }
    }
    throw failure;
  }
}

function requireFits(value: string, srkThumbprint: Uint8Array): void {
  const parameter =
    value.length === 0 || value.length > MAX_VALUE_CHARACTERS
      ? 'value'
      : srkThumbprint.length === THUMBPRINT_BYTES
        ? undefined
        : 'srkThumbprint';
  if (parameter === undefined) return;
  throw new TbsError('TBS_E_BAD_PARAMETER', {
    message: `The directory holds owner authorizations of 1 to ${MAX_VALUE_CHARACTERS} characters and thumbprints of ${THUMBPRINT_BYTES} bytes.`,
    details: { parameter },
  });
}
