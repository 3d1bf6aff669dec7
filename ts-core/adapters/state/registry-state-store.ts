/**
 * Stores the broker's records in Windows' registry: one JSON text per record, as a value of a key that only the
 * broker's user and administrators may open.
 *
 * Durability: RegSetValueEx replaces a value as a whole, and RegFlushKey returns when it is on disk. The registry has
 * its own log, so a crash leaves either the old value or the new one.
 */
import type { StateRecords, StateStore } from '../../application/ports/state-store.js';
import { TbsError } from '../../domain/tbs-error.js';

/** Windows' registry below HKEY_LOCAL_MACHINE. */
export interface StateRegistry {
  registryValues(key: string): readonly { name: string; type: number; data: Uint8Array }[] | undefined;
  makeRegistryKey(key: string, sddl: string): void;
  setRegistryValue(key: string, name: string, type: number, data: Uint8Array): void;
  deleteRegistryValue(key: string, name: string): void;
}

export interface RegistryStateStoreOptions {
  readonly key: string;
  /** Who may open the key: a security descriptor in SDDL. */
  readonly access: string;
  readonly registry: StateRegistry;
  /** Releases the lock that keeps other brokers out. */
  readonly onClose: () => void;
}

const REG_BINARY = 3;
/** Windows limits values to 1 MB in the registry's standard format. */
const MAX_RECORD_BYTES = 1_000_000;

export class RegistryStateStore implements StateStore {
  readonly #key: string;
  readonly #registry: StateRegistry;
  readonly #records: Map<string, string>;
  readonly #onClose: () => void;
  #closed = false;

  private constructor({ key, registry, onClose }: RegistryStateStoreOptions, records: Map<string, string>) {
    this.#key = key;
    this.#registry = registry;
    this.#records = records;
    this.#onClose = onClose;
  }

  /** The caller must hold the lock, so that one broker uses the key. Throws TBS_E_INTERNAL_ERROR with a `reason`. */
  static open(options: RegistryStateStoreOptions): RegistryStateStore {
    const { key, access, registry } = options;
    const records = new Map<string, string>();
    try {
      registry.makeRegistryKey(key, access);
      const decoder = new TextDecoder('utf-8', { fatal: true });
      for (const { name, data } of registry.registryValues(key) ?? []) records.set(name, decoder.decode(data));
    } catch (cause) {
      throw failure('unusable', `The broker's records in HKEY_LOCAL_MACHINE\\${key} cannot be used.`, cause);
    }
    return new RegistryStateStore(options, records);
  }

  get<Name extends keyof StateRecords>(name: Name): StateRecords[Name] | undefined {
    this.#requireOpen();
    const text = this.#records.get(String(name));
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as StateRecords[Name];
    } catch (cause) {
      throw failure('damaged', `The record ${String(name)} in HKEY_LOCAL_MACHINE\\${this.#key} is damaged.`, cause);
    }
  }

  async put<Name extends keyof StateRecords>(name: Name, value: StateRecords[Name]): Promise<void> {
    this.#requireOpen();
    const text = JSON.stringify(value);
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > MAX_RECORD_BYTES) {
      throw failure('tooLarge', `The record ${String(name)} is larger than ${MAX_RECORD_BYTES} bytes.`);
    }
    try {
      this.#registry.setRegistryValue(this.#key, String(name), REG_BINARY, bytes);
    } catch (cause) {
      throw failure('ioError', 'The broker did not store the record: it cannot write to the registry.', cause);
    }
    this.#records.set(String(name), text);
  }

  async delete(name: keyof StateRecords): Promise<void> {
    this.#requireOpen();
    try {
      this.#registry.deleteRegistryValue(this.#key, String(name));
    } catch (cause) {
      throw failure('ioError', 'The broker did not remove the record: it cannot write to the registry.', cause);
    }
    this.#records.delete(String(name));
  }

  /** Refuses all later calls, because the records may belong to another broker by then. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
  }

  #requireOpen(): void {
    if (this.#closed) throw failure('closed', 'The broker has closed its records.');
  }
}

function failure(reason: string, message: string, cause?: unknown): TbsError {
  return new TbsError('TBS_E_INTERNAL_ERROR', {
    message,
    action:
      'Run the broker as a user who may write the key, or correct its permissions; nothing that was acknowledged is lost.',
    details: { reason },
    cause,
  });
}
