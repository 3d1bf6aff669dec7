/**
 * Tbsi_Revoke_Attestation: until the next boot, no quote of this machine's boot can be trusted any more.
 *
 * Every PCR that only a boot resets (0 to 15; TCG PC Client Platform TPM Profile, "PCR attributes") is extended with a
 * random number that nobody keeps, so that no event log explains the values.
 */
import { type Caller, isAdministrator } from '../domain/caller.js';
import { TBS_COMMAND_PRIORITY } from '../domain/scheduling/priority.js';
import { TbsError } from '../domain/tbs-error.js';
import { responseCodeOf, writeUint16, writeUint32 } from '../domain/tpm/command-header.js';
import type { TpmVersion } from '../domain/tpm/tpm-version.js';
import type { CallerConnection, ConnectionOpener } from './caller-connection.js';
import type { Events } from './events.js';

const BOOT_PCRS = 16;
/** The size of a SHA-1 digest, which TPM_Extend takes; TPM2_PCR_Event hashes whatever it is given. */
const RANDOM_BYTES = 20;

export class RevokeAttestation {
  constructor(
    private readonly version: TpmVersion,
    private readonly opener: ConnectionOpener,
    private readonly events: Events,
  ) {}

  /** Throws TBS_E_ACCESS_DENIED for everybody but administrators, and what submitting its commands throws. */
  async revoke(caller: Caller): Promise<void> {
    if (!isAdministrator(caller)) {
      throw new TbsError('TBS_E_ACCESS_DENIED', { message: 'Only an administrator may revoke attestation.' });
    }
    const connection = this.opener.connect(caller);
    try {
      const { contextId } = connection.openContext([this.version]);
      const random = await submit(connection, contextId, GET_RANDOM[this.version]);
      // A TPM may give fewer bytes than asked for; the rest stays 0.
      const value = new Uint8Array(RANDOM_BYTES);
      value.set(random.subarray(RANDOM_OFFSET[this.version]).subarray(0, RANDOM_BYTES));
      for (let pcr = 0; pcr < BOOT_PCRS; pcr++) {
        await submit(connection, contextId, extendCommand(this.version, pcr, value));
      }
      value.fill(0);
    } finally {
      connection.close();
    }
    this.events.raise('administration', 'Attestation was revoked: PCRs 0 to 15 are extended until the next boot.', {
      caller,
    });
  }
}

const GET_RANDOM: Readonly<Record<TpmVersion, Uint8Array>> = {
  '2.0': Uint8Array.of(0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7b, 0, RANDOM_BYTES),
  '1.2': Uint8Array.of(0, 0xc1, 0, 0, 0, 14, 0, 0, 0, 0x46, 0, 0, 0, RANDOM_BYTES),
};

/** Where the random bytes begin in the response: after TPM2B_DIGEST's size, or TPM_GetRandom's 32-bit size. */
const RANDOM_OFFSET: Readonly<Record<TpmVersion, number>> = { '2.0': 12, '1.2': 14 };

function extendCommand(version: TpmVersion, pcr: number, value: Uint8Array): Uint8Array {
  return version === '2.0' ? pcrEvent(pcr, value) : extend12(pcr, value);
}

/** TPM2_PCR_Event with an empty password: extends every bank with the digest of the value. */
function pcrEvent(pcr: number, value: Uint8Array): Uint8Array {
  const command = new Uint8Array(29 + value.length);
  writeUint16(command, 0, 0x8002);
  writeUint32(command, 2, command.length);
  writeUint32(command, 6, 0x13c);
  writeUint32(command, 10, pcr);
  writeUint32(command, 14, 9);
  writeUint32(command, 18, 0x40000009); // TPM_RS_PW
  writeUint16(command, 27, value.length);
  command.set(value, 29);
  return command;
}

/** TPM_Extend (ordinal 20). */
function extend12(pcr: number, digest: Uint8Array): Uint8Array {
  const command = new Uint8Array(14 + digest.length);
  writeUint16(command, 0, 0x00c1);
  writeUint32(command, 2, command.length);
  writeUint32(command, 6, 20);
  writeUint32(command, 10, pcr);
  command.set(digest, 14);
  return command;
}

/** The response of a command that succeeded. */
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
      else reject(new TbsError('TBS_E_IOERROR', { message: 'The TPM refused to extend its PCRs.' }));
    });
  });
}
