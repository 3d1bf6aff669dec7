/**
 * Implements Tbsi_Revoke_Attestation: until the next boot, quotes no longer prove how this machine booted.
 *
 * Extends every PCR that only a boot resets (0 to 15; TCG PC Client Platform TPM Profile, "PCR attributes") with a
 * random number that is not stored, so that no event log explains the values.
 */
import { type Caller, isAdministrator } from '../../domain/caller.js';
import { TBS_COMMAND_PRIORITY } from '../../domain/scheduling/priority.js';
import { TbsError } from '../../domain/tbs-error.js';
import { HEADER_BYTES, responseCodeOf } from '../../domain/tpm/command-header.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import * as tpm12 from '../../domain/tpm12/commands.js';
import { EMPTY_AUTH, marshalCommand } from '../../domain/tpm20/authorized-command.js';
import { TPM_CC } from '../../domain/tpm20/codes.js';
import * as tpm20 from '../../domain/tpm20/commands.js';
import { sized16 } from '../../domain/tpm20/structures.js';
import type { CallerConnection, ConnectionOpener } from '../commands/caller-connection.js';
import type { Events } from '../events/events.js';

const BOOT_PCRS = 16;
/** The size of a SHA-1 digest, which TPM_Extend takes; TPM2_PCR_Event hashes whatever it is given. */
const RANDOM_BYTES = 20;

export class RevokeAttestation {
  readonly #version: TpmVersion;
  readonly #opener: ConnectionOpener;
  readonly #events: Events;

  constructor(version: TpmVersion, opener: ConnectionOpener, events: Events) {
    this.#version = version;
    this.#opener = opener;
    this.#events = events;
  }

  /** Throws TBS_E_ACCESS_DENIED unless the caller is an administrator, and whatever submitting the commands throws. */
  async revoke(caller: Caller): Promise<void> {
    if (!isAdministrator(caller)) {
      throw new TbsError('TBS_E_ACCESS_DENIED', { message: 'Only an administrator may revoke attestation.' });
    }
    const connection = this.#opener.connect(caller);
    try {
      const { contextId } = connection.openContext([this.#version]);
      const random = await submit(connection, contextId, GET_RANDOM[this.#version](RANDOM_BYTES));
      // A TPM may return fewer bytes than requested; the rest stays 0.
      const value = new Uint8Array(RANDOM_BYTES);
      value.set(random.subarray(RANDOM_OFFSET[this.#version]).subarray(0, RANDOM_BYTES));
      for (let pcr = 0; pcr < BOOT_PCRS; pcr++) {
        await submit(connection, contextId, EXTEND[this.#version](pcr, value));
      }
      value.fill(0);
    } finally {
      connection.close();
    }
    this.#events.raise('administration', 'Attestation was revoked: PCRs 0 to 15 are extended until the next boot.', {
      caller,
    });
  }
}

const GET_RANDOM: Readonly<Record<TpmVersion, (lengthBytes: number) => Uint8Array>> = {
  '2.0': tpm20.getRandom,
  '1.2': tpm12.getRandom,
};

/** Where the random bytes begin in the response: after TPM2B_DIGEST's size, or TPM_GetRandom's 32-bit size. */
const RANDOM_OFFSET: Readonly<Record<TpmVersion, number>> = { '2.0': HEADER_BYTES + 2, '1.2': HEADER_BYTES + 4 };

const EXTEND: Readonly<Record<TpmVersion, (pcr: number, value: Uint8Array) => Uint8Array>> = {
  '2.0': pcrEvent,
  '1.2': tpm12.extend,
};

/** TPM2_PCR_Event with an empty password: extends every bank with the digest of the value. */
function pcrEvent(pcr: number, value: Uint8Array): Uint8Array {
  return marshalCommand({
    code: TPM_CC.PCR_Event,
    handles: [pcr],
    auths: [EMPTY_AUTH],
    parameters: sized16(value),
  });
}

/** Submits a command and returns its response, which must be a success. */
function submit(connection: CallerConnection, contextId: number, command: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const submission = {
      contextId,
      locality: 0,
      priority: TBS_COMMAND_PRIORITY.NORMAL,
      command: Uint8Array.from(command),
    };
    connection.submit(submission, (outcome) => {
      if (outcome.kind === 'refused') reject(outcome.error);
      else if (responseCodeOf(outcome.response) === 0) resolve(outcome.response);
      else reject(new TbsError('TBS_E_IOERROR', { message: 'The TPM did not extend its PCRs.' }));
    });
  });
}
