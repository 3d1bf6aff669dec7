/** The measured-boot log as the kernel shows it: /sys/kernel/security/tpm0/binary_bios_measurements. */
import type { EventLogSource } from '../../application/ports.js';
import { TbsError } from '../../domain/tbs-error.js';
import { errorCode, readKernelFile } from './kernel-file.js';

/** Firmware sets 64 KiB aside, some of them ten times that. */
const MAX_LOG_BYTES = 4_194_304;

export class EventLogFile implements EventLogSource {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<Uint8Array> {
    const read = await readKernelFile(this.#path, MAX_LOG_BYTES);
    switch (read.verdict) {
      case 'read':
        if (read.bytes.length > 0) return read.bytes;
        throw this.#noLog('is empty');
      case 'missing':
        throw this.#noLog('does not exist');
      case 'tooLong':
        throw this.#noLog(`is longer than ${MAX_LOG_BYTES} bytes, which no log is`);
      case 'failed':
        throw this.#noLog(`cannot be read (${errorCode(read.cause)})`, read.cause);
    }
  }

  #noLog(why: string, cause?: unknown): TbsError {
    return new TbsError('TBS_E_NO_EVENT_LOG', {
      message: `There is no measured-boot log: ${this.#path} ${why}.`,
      action:
        'Check that the firmware measures the boot, that securityfs is mounted, and platform.eventLogPath in tbsd.json.',
      details: { path: this.#path },
      cause,
    });
  }
}
