/** Reads the measured-boot log from the kernel: /sys/kernel/security/tpmN/binary_bios_measurements. */
import type { EventLogSource } from '../../application/ports/firmware.js';
import { TbsError } from '../../domain/tbs-error.js';
import { errorCode, readKernelFile } from './kernel-file.js';

/** Firmware usually reserves 64 KiB, sometimes ten times as much. */
const MAX_LOG_BYTES = 4_194_304;

export class EventLogFile implements EventLogSource {
  readonly #currentPath: () => string;

  /** `currentPath` is called before each read, because the path depends on the TPM's current name. */
  constructor(currentPath: () => string) {
    this.#currentPath = currentPath;
  }

  async read(): Promise<Uint8Array> {
    const path = this.#currentPath();
    const read = await readKernelFile(path, MAX_LOG_BYTES);
    switch (read.verdict) {
      case 'read':
        if (read.bytes.length > 0) return read.bytes;
        throw this.#noLog(path, 'is empty');
      case 'missing':
        throw this.#noLog(path, 'does not exist');
      case 'tooLong':
        throw this.#noLog(path, `is longer than ${MAX_LOG_BYTES} bytes, which no log is`);
      case 'failed':
        throw this.#noLog(path, `cannot be read (${errorCode(read.cause)})`, read.cause);
    }
  }

  #noLog(path: string, why: string, cause?: unknown): TbsError {
    return new TbsError('TBS_E_NO_EVENT_LOG', {
      message: `There is no measured-boot log: ${path} ${why}.`,
      action:
        'Check that the firmware measures the boot, that securityfs is mounted, and platform.eventLogPath in tbsd.json.',
      details: { path },
      cause,
    });
  }
}
