/** A state store in memory. It stores copies of the records, as a disk would. */
import type { StateRecords, StateStore } from '../../ts-core/application/ports/state-store.js';

export class MemoryStore implements StateStore {
  readonly kept = new Map<string, unknown>();

  get<Name extends keyof StateRecords>(name: Name): StateRecords[Name] | undefined {
    return this.kept.get(name) as StateRecords[Name] | undefined;
  }

  async put<Name extends keyof StateRecords>(name: Name, value: StateRecords[Name]): Promise<void> {
    this.kept.set(name, structuredClone(value));
  }

  async delete(name: keyof StateRecords): Promise<void> {
    this.kept.delete(name);
  }

  async close(): Promise<void> {}
}
