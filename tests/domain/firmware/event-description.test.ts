import assert from 'node:assert/strict';
import { describeEvent } from '../../../ts-core/domain/firmware/event-description.js';
import type { LoggedEvent } from '../../../ts-core/domain/firmware/event-log.js';
import { EV } from '../../../ts-core/domain/firmware/event-types.js';

function described(type: number, data: Uint8Array | string): string {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
  return describeEvent({ type, data: new Uint8Array(bytes) } as LoggedEvent);
}

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

function variable(name: string, characters = name.length): Uint8Array {
  const head = Buffer.alloc(32);
  head.writeUInt32LE(characters, 16);
  return Buffer.concat([head, utf16(name)]);
}

describe('the description of an event', () => {
  it('is the event’s own text, up to the first zero', () => {
    assert.equal(described(0x5, 'Calling EFI Application\0rest'), 'Calling EFI Application');
    assert.equal(described(0x80000007, 'Exit Boot Services'), 'Exit Boot Services');
    for (const nothing of ['', '\0text', 'bell\x07', 'caf\xe9']) assert.equal(described(0x5, nothing), '');
    assert.equal(described(0x5, 'x'.repeat(300)), `${'x'.repeat(200)}…`);
    assert.equal(described(0x5, 'x'.repeat(200)), 'x'.repeat(200));
    assert.equal(described(0x80000006, 'a table'), '', 'another type');
  });

  it('is the name of a variable', () => {
    assert.equal(described(0x80000001, variable('SecureBoot')), 'SecureBoot');
    assert.equal(described(0x800000e0, variable('db')), 'db');
    assert.equal(described(0x80000001, variable('db', 3)), '', 'longer than the data');
    assert.equal(described(0x80000001, variable('x'.repeat(201))), '');
    assert.equal(described(0x80000001, variable('caf\u00e9')), '');
    assert.equal(described(0x80000001, 'short'), '');
  });

  it('is the version of the firmware, in either encoding', () => {
    assert.equal(described(0x8, utf16('1.2.3\0')), '1.2.3');
    assert.equal(described(0x8, '1.2.3'), '1.2.3');
    assert.equal(described(0x8, ''), '');
  });

  it('shows for a separator whether the firmware met an error', () => {
    assert.equal(described(EV.SEPARATOR, Uint8Array.of(1, 0, 0, 0)), 'error');
    assert.equal(described(EV.SEPARATOR, Uint8Array.of(0, 0, 0, 0)), '');
    assert.equal(described(EV.SEPARATOR, Uint8Array.of(1)), '');
  });

  it('shows the content of an event without a measurement', () => {
    assert.equal(described(EV.NO_ACTION, 'StartupLocality\0\x03'), 'StartupLocality 3');
    const specification = Buffer.alloc(28);
    specification.write('Spec ID Event03\0', 'latin1');
    specification.set([0, 2, 7], 20);
    assert.equal(described(EV.NO_ACTION, specification), 'specification 2.0 errata 7');
    assert.equal(described(EV.NO_ACTION, specification.subarray(0, 20)), 'Spec ID Event03');
    assert.equal(described(EV.NO_ACTION, 'note'), 'note');
  });
});
