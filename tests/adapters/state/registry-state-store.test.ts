import assert from 'node:assert/strict';
import { RegistryStateStore, type StateRegistry } from '../../../ts-core/adapters/state/registry-state-store.js';

class FakeRegistry implements StateRegistry {
  readonly values = new Map<string, { type: number; data: Uint8Array }>();
  readonly access: string[] = [];
  failure: Error | undefined;

  registryValues() {
    return [...this.values].map(([name, value]) => ({ name, ...value }));
  }
  makeRegistryKey(_key: string, sddl: string): void {
    this.#failIfAsked();
    this.access.push(sddl);
  }
  setRegistryValue(_key: string, name: string, type: number, data: Uint8Array): void {
    this.#failIfAsked();
    this.values.set(name, { type, data });
  }
  deleteRegistryValue(_key: string, name: string): void {
    this.#failIfAsked();
    this.values.delete(name);
  }
  #failIfAsked(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}

describe("the broker's records in Windows' registry", () => {
  let registry: FakeRegistry;
  let closed: number;
  beforeEach(() => {
    registry = new FakeRegistry();
    closed = 0;
  });
  const open = () =>
    RegistryStateStore.open({ key: 'Software\\TpmTbs', access: 'D:P(A;;KA;;;BA)', registry, onClose: () => closed++ });

  it('are stored under their names, in a key that is closed to others before it has values', async () => {
    const store = open();
    assert.deepEqual(registry.access, ['D:P(A;;KA;;;BA)']);
    assert.equal(store.get('feature:a'), undefined);
    await store.put('feature:a', { n: 1 });
    assert.deepEqual(store.get('feature:a'), { n: 1 });
    assert.deepEqual(open().get('feature:a'), { n: 1 });
    await store.delete('feature:a');
    assert.equal(open().get('feature:a'), undefined);
    await store.close();
    assert.equal(closed, 1);
  });

  it('are unchanged if a write fails, and the failure is reported', async () => {
    const store = open();
    await store.put('feature:a', 1);
    registry.failure = new Error('the disk is full');
    await assert.rejects(store.put('feature:a', 2), { symbol: 'TBS_E_INTERNAL_ERROR' });
    await assert.rejects(store.delete('feature:a'), { symbol: 'TBS_E_INTERNAL_ERROR' });
    assert.equal(store.get('feature:a'), 1);
  });

  it('cannot be read or written after closing', async () => {
    const store = open();
    await store.put('feature:a', 1);
    await store.close();
    await assert.rejects(store.put('feature:a', 2), /has closed its records/);
    await assert.rejects(store.delete('feature:a'), /has closed its records/);
    assert.throws(() => store.get('feature:a'), /has closed its records/);
    assert.equal(open().get('feature:a'), 1);
  });

  it('are refused if they exceed the limit of a value', async () => {
    await assert.rejects(open().put('feature:a', 'x'.repeat(1_000_000)), /larger than 1000000 bytes/);
  });

  it('are reported by name if they are damaged', () => {
    registry.values.set('feature:a', { type: 3, data: new TextEncoder().encode('{"n":') });
    assert.throws(() => open().get('feature:a'), /feature:a in HKEY_LOCAL_MACHINE.* is damaged/);
    registry.values.set('feature:a', { type: 3, data: Uint8Array.of(0xff, 0xfe) });
    assert.throws(open, /cannot be used/);
  });
});
