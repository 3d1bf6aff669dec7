import assert from 'node:assert/strict';
import { EV, eventTypeName } from '../../../ts-core/domain/firmware/event-types.js';

it('an event type has its name from the profile, or its number', () => {
  assert.equal(eventTypeName(EV.SEPARATOR), 'EV_SEPARATOR');
  assert.equal(eventTypeName(0x800000e0), 'EV_EFI_VARIABLE_AUTHORITY');
  assert.equal(eventTypeName(0x1234), '0x00001234');
});
