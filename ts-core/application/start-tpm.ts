/**
 * Starting the TPM: only the broker does, and only when the TPM answers that it needs it (design, "Startup").
 */
import { TbsError } from '../domain/tbs-error.js';
import { responseCodeOf } from '../domain/tpm/command-header.js';
import type { Exchange } from '../domain/tpm/exchange.js';
import type { TpmVersion } from '../domain/tpm/tpm-version.js';
import type { TpmTransport } from './ports.js';

const TPM_RC_INITIALIZE = 0x100;
const TPM_RC_UPGRADE = 0x12d;
const TPM_INVALID_POSTINIT = 0x26;

const STARTUP_CLEAR: Readonly<Record<TpmVersion, Uint8Array>> = {
  '2.0': Uint8Array.of(0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44, 0, 0),
  '1.2': Uint8Array.of(0x00, 0xc1, 0, 0, 0, 12, 0, 0, 0, 0x99, 0, 1),
};

const SHUTDOWN: Readonly<Record<TpmVersion, Uint8Array>> = {
  '2.0': Uint8Array.of(0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x45, 0, 0),
  '1.2': Uint8Array.of(0x00, 0xc1, 0, 0, 0, 10, 0, 0, 0, 0x98), // TPM_SaveState
};

const STARTUP_TIMEOUT_MS = 60_000;

export function needsStartup(version: TpmVersion, response: Uint8Array): boolean {
  const code = responseCodeOf(response);
  return version === '2.0' ? code === TPM_RC_INITIALIZE : code === TPM_INVALID_POSTINIT;
}

/** Starts the TPM; one that is started already answers so, which is as good. Throws TBS_E_IOERROR when it refuses. */
export async function startTpm(transport: TpmTransport, version: TpmVersion): Promise<void> {
  const response = await transport.transmit(STARTUP_CLEAR[version], { locality: 0, timeoutMs: STARTUP_TIMEOUT_MS });
  const code = responseCodeOf(response);
  if (code === 0 || needsStartup(version, response)) return;
  throw startupRefused(version, code);
}

function startupRefused(version: TpmVersion, code: number): TbsError {
  const upgrading = version === '2.0' && code === TPM_RC_UPGRADE;
  return new TbsError('TBS_E_IOERROR', {
    message: `The TPM does not start: it answers TPM_Startup with 0x${code.toString(16)}${upgrading ? ' (a firmware upgrade is under way)' : ''}.`,
    details: { responseCode: code },
  });
}

/** Orderly end of a TPM that the broker powers itself: a disorderly one can count as a failed try. */
export async function shutDownTpm(transport: TpmTransport, version: TpmVersion): Promise<void> {
  await transport.transmit(SHUTDOWN[version], { locality: 0, timeoutMs: STARTUP_TIMEOUT_MS });
}

const SAVE_STATE: Readonly<Record<TpmVersion, Uint8Array>> = {
  '2.0': Uint8Array.of(0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x45, 0, 1), // TPM2_Shutdown(TPM_SU_STATE)
  '1.2': SHUTDOWN['1.2'],
};

const STARTUP_STATE: Readonly<Record<TpmVersion, Uint8Array>> = {
  '2.0': Uint8Array.of(0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44, 0, 1),
  '1.2': Uint8Array.of(0x00, 0xc1, 0, 0, 0, 12, 0, 0, 0, 0x99, 0, 2),
};

/** Before a suspend: what the next start with the saved state brings back. Throws TBS_E_IOERROR when the TPM refuses. */
export function* saveTpmState(version: TpmVersion): Exchange<void> {
  const code = responseCodeOf(yield SAVE_STATE[version].slice());
  if (code === 0) return;
  throw new TbsError('TBS_E_IOERROR', {
    message: `The TPM does not save its state: it answers with 0x${code.toString(16)}.`,
    details: { responseCode: code },
  });
}

/**
 * After a suspend: starts a TPM that was powered off meanwhile, with its saved state if it has one. `lost`: what was
 * volatile is gone. A TPM that never lost its power answers that it is started, and has kept everything.
 *
 * A saved state is only asked for when it was saved: without one a TPM 1.2 goes into failure mode (TPM Main Part 3, 3.2).
 */
export async function restartTpm(
  transport: TpmTransport,
  version: TpmVersion,
  stateSaved: boolean,
): Promise<'kept' | 'lost'> {
  const startup = async (command: Uint8Array): Promise<Uint8Array> =>
    transport.transmit(command.slice(), { locality: 0, timeoutMs: STARTUP_TIMEOUT_MS });
  if (stateSaved) {
    const response = await startup(STARTUP_STATE[version]);
    if (responseCodeOf(response) === 0 || needsStartup(version, response)) return 'kept';
    // Failure mode ends with the next TPM_Init only.
    if (version === '1.2') await transport.reset?.();
  }
  const response = await startup(STARTUP_CLEAR[version]);
  if (needsStartup(version, response)) return 'kept';
  if (responseCodeOf(response) !== 0) throw startupRefused(version, responseCodeOf(response));
  return 'lost';
}
