/** The TPM that a broker uses if its configuration names none. */
import type { BrokerMode } from './configuration-folders.js';

export type TransportKind = 'auto' | 'swtpm' | 'device' | 'embedded' | 'windowsTbs';

export const DEFAULT_DEVICE = '/dev/tpm0';

/**
 * The system's broker governs the machine's own TPM and never substitutes another, so that nobody seals keys to a
 * software TPM by mistake. A user's own broker must not take the machine's TPM away from the system, so it uses a
 * software TPM; except on Windows, whose TBS everybody shares.
 */
export function defaultTransportKind(mode: BrokerMode, platform: NodeJS.Platform): TransportKind {
  if (platform === 'win32') return 'windowsTbs';
  return mode === 'system' ? 'device' : 'embedded';
}
