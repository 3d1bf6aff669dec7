/**
 * The server side of swtpm's control channel: what a client may ask about a TPM that it shares with others.
 *
 * Format (swtpm's tpm_ioctl.h): a command number and parameters, answered by a 32-bit TPM result and the command's
 * fields. Power commands are acknowledged for administrators, whose own context then starts afresh, and refused for
 * everybody else; the shared TPM is never affected. Commands that would read or replace the TPM's state are not
 * implemented.
 */
import { isAdministrator } from '../../domain/caller.js';
import { readUint32, writeUint32 } from '../../domain/tpm/command-header.js';
import { SWTPM_CONTROL } from '../../domain/tpm/swtpm-control.js';
import { TPM_RESULT } from '../../domain/tpm12/codes.js';
import type { RequestExtent, RequestReply } from './request-connection.js';
import type { SimulatorContext } from './simulator-context.js';

/** Length of each command, including its parameters. */
const COMMAND_BYTES: ReadonlyMap<number, number> = new Map([
  [SWTPM_CONTROL.GET_CAPABILITY, 4],
  [SWTPM_CONTROL.INIT, 8],
  [SWTPM_CONTROL.SHUTDOWN, 4],
  [SWTPM_CONTROL.GET_TPMESTABLISHED, 4],
  [SWTPM_CONTROL.SET_LOCALITY, 5],
  [SWTPM_CONTROL.CANCEL_TPM_CMD, 4],
  [SWTPM_CONTROL.STOP, 4],
  [SWTPM_CONTROL.GET_CONFIG, 4],
]);

/**
 * PTM_CAP_… bits of the implemented commands: INIT, SHUTDOWN, GET_TPMESTABLISHED, SET_LOCALITY, CANCEL_TPM_CMD, STOP,
 * GET_CONFIG.
 */
const CAPABILITIES = 0x1 | 0x2 | 0x4 | 0x8 | 0x20 | 0x400 | 0x800;

const HIGHEST_LOCALITY = 4;

/** Returns the extent of a command from its number. After an unknown command the stream cannot be parsed. */
export function controlExtent(received: Uint8Array): RequestExtent {
  if (received.length < 4) return { kind: 'incomplete' };
  const bytes = COMMAND_BYTES.get(readUint32(received, 0));
  if (bytes === undefined) return { kind: 'refused', reply: words(TPM_RESULT.BAD_ORDINAL) };
  return received.length < bytes ? { kind: 'incomplete' } : { kind: 'complete', bytes };
}

export function answerControl(request: Uint8Array, context: SimulatorContext): RequestReply {
  switch (readUint32(request, 0)) {
    case SWTPM_CONTROL.GET_CAPABILITY:
      return { bytes: words(TPM_RESULT.SUCCESS, CAPABILITIES) };
    case SWTPM_CONTROL.GET_TPMESTABLISHED:
    case SWTPM_CONTROL.GET_CONFIG:
      return { bytes: words(TPM_RESULT.SUCCESS, 0) };
    case SWTPM_CONTROL.SET_LOCALITY:
      return { bytes: words(setLocality(request[4] as number, context)) };
    case SWTPM_CONTROL.CANCEL_TPM_CMD:
      context.cancel();
      return { bytes: words(TPM_RESULT.SUCCESS) };
    default:
      return { bytes: words(changePower(context)) };
  }
}

function setLocality(locality: number, context: SimulatorContext): number {
  if (locality > HIGHEST_LOCALITY || (locality > 0 && !isAdministrator(context.caller))) return TPM_RESULT.BAD_LOCALITY;
  context.locality = locality;
  return TPM_RESULT.SUCCESS;
}

function changePower(context: SimulatorContext): number {
  if (!isAdministrator(context.caller)) return TPM_RESULT.DISABLED_CMD;
  context.forgetEverything();
  return TPM_RESULT.SUCCESS;
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  values.forEach((value, index) => {
    writeUint32(bytes, 4 * index, value);
  });
  return bytes;
}
