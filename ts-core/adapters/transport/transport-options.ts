/**
 * The ways to reach the TPM, as the daemon's configuration gives them to `createTransport`.
 */
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';

/** The path of a Unix socket, or a TCP port. */
export type SocketAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** A software TPM that the broker does not run itself. */
export interface SwtpmTransportOptions {
  readonly kind: 'swtpm';
  /** The address of swtpm's `--server`. */
  readonly data: SocketAddress;
  /**
   * The address of swtpm's `--ctrl`. Without it there is no locality above 0, no cancellation and no TPM_Init, and only
   * the loss of the data connection reveals a restart of swtpm.
   */
  readonly control?: SocketAddress | undefined;
}

/** A character device that takes one command per write and returns one response per read, such as /dev/tpm0. */
export interface DeviceTransportOptions {
  readonly kind: 'device';
  readonly path: string;
  /** Writing to this file cancels the running command. Default: `cancel` in the kernel's folder of the device. */
  readonly cancelFile?: string | undefined;
}

/** Windows' own TPM Base Services. */
export interface WindowsTbsTransportOptions {
  readonly kind: 'windowsTbs';
}

/** A software TPM that the broker runs itself, with persistent state. */
export interface EmbeddedTransportOptions {
  readonly kind: 'embedded';
  readonly tpmVersion: TpmVersion;
  /** Folder of the TPM's state, created with mode 0700 if missing. Only one running broker may use it. */
  readonly stateDirectory: string;
  /** Program to run. Default: `swtpm` from PATH. */
  readonly swtpmProgram?: string | undefined;
}

/**
 * The first of these that answers: Windows' TBS if there is one, the devices in order, the swtpm sockets in order, and
 * finally the embedded TPM.
 */
export interface AutoTransportOptions {
  readonly kind: 'auto';
  readonly devices: readonly string[];
  /** As in DeviceTransportOptions. */
  readonly cancelFile?: string | undefined;
  readonly swtpm?: readonly Omit<SwtpmTransportOptions, 'kind'>[] | undefined;
  /** `auto` starts its own TPM only if this is set. */
  readonly embedded?: Omit<EmbeddedTransportOptions, 'kind'> | undefined;
}

export type TransportOptions =
  | SwtpmTransportOptions
  | DeviceTransportOptions
  | EmbeddedTransportOptions
  | WindowsTbsTransportOptions
  | AutoTransportOptions;

/** No TPM sends longer responses: the maximum is 4096 bytes for both TPM 2.0 and TPM 1.2. */
export const MAX_RESPONSE_BYTES = 16_384;

export function describeAddress(address: SocketAddress): string {
  return 'path' in address ? `unix:${address.path}` : `tcp:${address.host}:${address.port}`;
}
