/**
 * How the broker reaches its TPM: what the daemon's configuration says, and what `createTransport` takes.
 */
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';

/** A Unix socket by its path, or a TCP port. */
export type SocketAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** A software TPM that somebody else runs. */
export interface SwtpmTransportOptions {
  readonly kind: 'swtpm';
  /** swtpm's `--server`. */
  readonly data: SocketAddress;
  /**
   * swtpm's `--ctrl`. Without it there is no locality above 0, no cancel, no TPM_Init, and a restart of swtpm is only
   * noticed by the loss of the data connection.
   */
  readonly control?: SocketAddress | undefined;
}

/** A character device that takes one command per write and gives one response per read, such as /dev/tpm0. */
export interface DeviceTransportOptions {
  readonly kind: 'device';
  readonly path: string;
  /** File whose writing cancels the running command; that of the kernel's folder of the device unless set. */
  readonly cancelFile?: string | undefined;
}

/** Windows' own TPM Base Services. */
export interface WindowsTbsTransportOptions {
  readonly kind: 'windowsTbs';
}

/** A software TPM that the broker runs itself, with its state kept between runs. */
export interface EmbeddedTransportOptions {
  readonly kind: 'embedded';
  readonly tpmVersion: TpmVersion;
  /** Folder of the TPM's state; made with mode 0700 when missing. One running broker per folder. */
  readonly stateDirectory: string;
  /** Program to run; `swtpm` from PATH unless set. */
  readonly swtpmProgram?: string | undefined;
}

/** The first of these that answers: Windows' TBS where there is one, the devices in order, the swtpm sockets in order, and last the embedded TPM. */
export interface AutoTransportOptions {
  readonly kind: 'auto';
  readonly devices: readonly string[];
  /** As of the device transport. */
  readonly cancelFile?: string | undefined;
  readonly swtpm?: readonly Omit<SwtpmTransportOptions, 'kind'>[] | undefined;
  /** Only when given may `auto` start a TPM of its own. */
  readonly embedded?: Omit<EmbeddedTransportOptions, 'kind'> | undefined;
}

export type TransportOptions =
  | SwtpmTransportOptions
  | DeviceTransportOptions
  | EmbeddedTransportOptions
  | WindowsTbsTransportOptions
  | AutoTransportOptions;

/** Responses larger than this are not from a TPM: TPM 2.0's largest is 4096 bytes, TPM 1.2's likewise. */
export const MAX_RESPONSE_BYTES = 16_384;

export function describeAddress(address: SocketAddress): string {
  return 'path' in address ? `unix:${address.path}` : `tcp:${address.host}:${address.port}`;
}
