/**
 * A TPM behind a character device: /dev/tpm0, /dev/tpmrm0, or a terminal in raw mode that is connected to a software
 * TPM.
 *
 * After a time-out the device stays open, and the late response is awaited and discarded before the next command is
 * sent. The kernel accepts no other command earlier, and a terminal would return the late response as that of the next
 * command.
 */
import { access, constants, writeFile } from 'node:fs/promises';
import type { Log } from '../../application/ports/logs.js';
import type { TpmTransport, TransmitOptions } from '../../application/ports/tpm-transport.js';
import type { TbsError } from '../../domain/tbs-error.js';
import { ASK_TPM12, ASK_TPM20, needsStartup, versionOfResponse } from '../../domain/tpm/startup-state.js';
import { DeviceConnection } from './device-connection.js';
import { deviceExposure } from './device-exposure.js';
import { deviceFailure } from './device-failure.js';
import { DeviceLocation, SYS_CLASS_TPM } from './device-location.js';
import { reasonOf, transportError } from './transport-error.js';
import type { DeviceTransportOptions } from './transport-options.js';

export class DeviceTransport implements TpmTransport {
  /** The kernel's device uses locality 0 only. */
  readonly maxLocality = 0;
  readonly ownsTpm = false;
  readonly isSoftwareTpm = false;
  onReset: (() => void) | undefined;
  onReturned: (() => void) | undefined;

  #connection: DeviceConnection | undefined;
  /** The exchange that occupies the device: a running command, or one whose late response is still expected. */
  #occupied: Promise<unknown> | undefined;
  #running = false;
  #wasLost = false;
  #isTpm12 = false;
  #closed = false;
  readonly #log: Log;
  readonly #location: DeviceLocation;
  readonly #sysClassTpm: string;
  readonly #configuredCancelFile: string | undefined;
  #cancelFile: string | undefined;

  private constructor(
    log: Log,
    location: DeviceLocation,
    sysClassTpm: string,
    configuredCancelFile: string | undefined,
    cancelFile: string | undefined,
  ) {
    this.#log = log;
    this.#location = location;
    this.#sysClassTpm = sysClassTpm;
    this.#configuredCancelFile = configuredCancelFile;
    this.#cancelFile = cancelFile;
  }

  /** `sysClassTpm` is the kernel's folder of TPM devices. The first command opens the device itself. */
  static async create(
    { path, cancelFile }: DeviceTransportOptions,
    log: Log,
    sysClassTpm = SYS_CLASS_TPM,
  ): Promise<DeviceTransport> {
    const location = new DeviceLocation(path, sysClassTpm);
    const found = cancelFile ?? (await findCancelFile(location.tpmName, sysClassTpm));
    return new DeviceTransport(log, location, sysClassTpm, cancelFile, found);
  }

  get description(): string {
    return `device ${this.#location.path}`;
  }

  get tpmName(): string | undefined {
    return this.#location.tpmName;
  }

  /** Linux has the cancel file for TPM 1.2 devices only. */
  get cancellation(): 'sysfs' | 'none' {
    return this.#cancelFile === undefined ? 'none' : 'sysfs';
  }

  async transmit(command: Uint8Array, { locality, timeoutMs }: TransmitOptions): Promise<Uint8Array> {
    if (this.#closed) throw transportError(this.description, 'the transport was closed');
    if (locality !== 0) throw transportError(this.description, `locality ${locality} is not possible with a device`);
    if (this.#running) throw transportError(this.description, 'another command is running');
    this.#running = true;
    try {
      return await this.#within(timeoutMs, async (isExpired) => {
        await this.#occupied;
        // Nobody waits for the response any more, so the command must not be sent now.
        if (isExpired()) throw new Error('the device is still busy with an earlier command');
        return await this.#occupy(command);
      });
    } finally {
      this.#running = false;
    }
  }

  async cancel(): Promise<void> {
    if (this.#cancelFile === undefined || !this.#running) return;
    try {
      await writeFile(this.#cancelFile, '-');
    } catch (cause) {
      this.#log.warn({ transport: this.description, reason: reasonOf(cause) }, 'the TPM did not accept a cancel');
    }
  }

  /** Returns whether the node is gone or has been replaced while the broker still has the old one open. */
  async isGone(): Promise<boolean> {
    const connection = this.#connection;
    if (connection === undefined || this.#running) return false;
    if (await connection.isOf(this.#location.path)) return false;
    this.#wasLost = true;
    if (this.#connection === connection) this.#connection = undefined;
    await connection.close();
    return true;
  }

  exposure(): Promise<readonly string[]> {
    return deviceExposure(this.#location.path);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  /** Rejects after the time-out; `work` then continues in the background. */
  #within(timeoutMs: number, work: (isExpired: () => boolean) => Promise<Uint8Array>): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      let isExpired = false;
      const expired = () => {
        isExpired = true;
        this.#log.warn({ transport: this.description, timeoutMs }, 'the TPM did not answer a command');
        reject(transportError(this.description, `it did not answer within ${Math.round(timeoutMs)} ms`));
      };
      const timer = setTimeout(expired, timeoutMs);
      work(() => isExpired)
        .then(resolve, async (cause) => reject(await this.#failure(cause)))
        .finally(() => clearTimeout(timer));
    });
  }

  /** Runs one exchange to its end; nothing else is sent until then. */
  #occupy(command: Uint8Array): Promise<Uint8Array> {
    const exchange = this.#exchange(command);
    this.#occupied = exchange
      .catch(() => undefined)
      .finally(() => {
        this.#occupied = undefined;
      });
    return exchange;
  }

  async #exchange(command: Uint8Array): Promise<Uint8Array> {
    try {
      const connection = this.#connection ?? (await this.#open());
      const response = await connection.exchange(command);
      this.#isTpm12 = versionOfResponse(response) === '1.2';
      return response;
    } catch (error) {
      this.#wasLost ||= this.#connection !== undefined;
      await this.#connection?.close();
      this.#connection = undefined;
      throw error;
    }
  }

  async #open(): Promise<DeviceConnection> {
    const connection = await DeviceConnection.open(await this.#location.find());
    if (this.#closed) {
      await connection.close();
      throw new Error('the transport was closed');
    }
    this.#connection = connection;
    await this.#location.opened();
    await connection.discardStale();
    if (!this.#wasLost) return connection;
    const restarted = needsStartup(await connection.exchange(this.#isTpm12 ? ASK_TPM12 : ASK_TPM20));
    this.#wasLost = false;
    this.#cancelFile = this.#configuredCancelFile ?? (await findCancelFile(this.tpmName, this.#sysClassTpm));
    if (restarted) {
      this.#log.warn({ transport: this.description }, 'the TPM was restarted; its volatile state is gone');
      this.onReset?.();
    } else {
      // A driver that is bound again starts the TPM itself; only the TPM's contents show whether it was reset
      // meanwhile.
      this.onReturned?.();
    }
    return connection;
  }

  #failure(cause: unknown): Promise<TbsError> {
    const wasLost = this.#wasLost;
    const location = this.#location;
    const { description } = this;
    return deviceFailure(cause, { path: location.path, description, wasLost, others: () => location.others() });
  }
}

/** Returns /sys/class/tpm/tpmN/device/cancel of a TPM if the kernel has that file and we may write it. */
async function findCancelFile(tpmName: string | undefined, sysClassTpm: string): Promise<string | undefined> {
  if (tpmName === undefined) return undefined;
  const path = `${sysClassTpm}/${tpmName}/device/cancel`;
  return access(path, constants.W_OK).then(
    () => path,
    () => undefined,
  );
}
