/**
 * Starts and stops the TPM. Only the broker does so, and it starts the TPM only when the TPM answers that it needs it.
 */
import { TbsError } from '../../domain/tbs-error.js';
import { responseCodeOf } from '../../domain/tpm/command-header.js';
import type { Exchange } from '../../domain/tpm/exchange.js';
import { ASK_TPM20, needsStartup } from '../../domain/tpm/startup-state.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import * as tpm12 from '../../domain/tpm12/commands.js';
import { TPM_RC } from '../../domain/tpm20/codes.js';
import * as tpm20 from '../../domain/tpm20/commands.js';
import type { TpmTransport } from '../ports/tpm-transport.js';

const STARTUP_TIMEOUT_MS = 60_000;

/** The start-up and shutdown commands of each TPM family. */
const COMMANDS: Readonly<Record<TpmVersion, StartupCommands>> = {
  '2.0': {
    askStarted: () => ASK_TPM20.slice(),
    startup: tpm20.startup,
    saveState: () => tpm20.shutdown('STATE'),
    shutdown: () => tpm20.shutdown('CLEAR'),
  },
  '1.2': {
    askStarted: tpm12.getTicks,
    startup: tpm12.startup,
    saveState: tpm12.saveState,
    shutdown: tpm12.saveState,
  },
};

interface StartupCommands {
  /**
   * Returns a command that every started TPM executes for every caller, and that a TPM which has not been started
   * rejects.
   */
  askStarted(): Uint8Array;
  startup(type: 'CLEAR' | 'STATE'): Uint8Array;
  saveState(): Uint8Array;
  shutdown(): Uint8Array;
}

/** Asks the TPM whether it answers commands; only the exchange's outcome counts. */
export function* askStarted(version: TpmVersion): Exchange<void> {
  yield COMMANDS[version].askStarted();
}

/** Starts a TPM that answers that it needs it. Throws as `startTpm` does. */
export async function startTpmIfNeeded(transport: TpmTransport, version: TpmVersion): Promise<void> {
  const response = await transport.transmit(COMMANDS[version].askStarted(), {
    locality: 0,
    timeoutMs: STARTUP_TIMEOUT_MS,
  });
  if (needsStartup(response, version)) await startTpm(transport, version);
}

/**
 * Starts the TPM. A TPM that is already started says so, which is fine. Throws TBS_E_IOERROR if the TPM rejects the
 * command.
 */
export async function startTpm(transport: TpmTransport, version: TpmVersion): Promise<void> {
  const response = await transport.transmit(COMMANDS[version].startup('CLEAR'), {
    locality: 0,
    timeoutMs: STARTUP_TIMEOUT_MS,
  });
  const code = responseCodeOf(response);
  if (code === 0 || needsStartup(response, version)) return;
  throw startupRefused(version, code);
}

function startupRefused(version: TpmVersion, code: number): TbsError {
  const upgrading = version === '2.0' && code === TPM_RC.UPGRADE;
  return new TbsError('TBS_E_IOERROR', {
    message: `The TPM does not start: it answers TPM_Startup with 0x${code.toString(16)}${upgrading ? ' (a firmware upgrade is in progress)' : ''}.`,
    details: { responseCode: code },
  });
}

/** Shuts down a TPM that the broker owns: a disorderly stop can count as a failed try. */
export async function shutDownTpm(transport: TpmTransport, version: TpmVersion): Promise<void> {
  await transport.transmit(COMMANDS[version].shutdown(), { locality: 0, timeoutMs: STARTUP_TIMEOUT_MS });
}

/**
 * Saves the TPM's state before a suspend, for a start with that state. Throws TBS_E_IOERROR if the TPM rejects the
 * command.
 */
export function* saveTpmState(version: TpmVersion): Exchange<void> {
  const code = responseCodeOf(yield COMMANDS[version].saveState());
  if (code === 0) return;
  throw new TbsError('TBS_E_IOERROR', {
    message: `The TPM cannot save its state: it answers with 0x${code.toString(16)}.`,
    details: { responseCode: code },
  });
}

/**
 * Starts a TPM that was powered off during a suspend, with its saved state if it has one. Returns `lost` if volatile
 * state is gone. A TPM that kept its power answers that it is started, and has lost nothing.
 *
 * The saved state is requested only if it was saved: without one, a TPM 1.2 goes into failure mode (TPM Main Part 3,
 * 3.2).
 */
export async function restartTpm(
  transport: TpmTransport,
  version: TpmVersion,
  stateSaved: boolean,
): Promise<'kept' | 'lost'> {
  const startup = async (type: 'CLEAR' | 'STATE'): Promise<Uint8Array> =>
    transport.transmit(COMMANDS[version].startup(type), { locality: 0, timeoutMs: STARTUP_TIMEOUT_MS });
  if (stateSaved) {
    const response = await startup('STATE');
    if (responseCodeOf(response) === 0 || needsStartup(response, version)) return 'kept';
    // Only TPM_Init ends failure mode.
    if (version === '1.2') await transport.reset?.();
  }
  const response = await startup('CLEAR');
  if (needsStartup(response, version)) return 'kept';
  if (responseCodeOf(response) !== 0) throw startupRefused(version, responseCodeOf(response));
  return 'lost';
}
