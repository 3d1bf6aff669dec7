import assert from 'node:assert/strict';
import { startupLocalityOf } from '../../../ts-core/domain/firmware/startup-locality.js';

it('the startup locality is the byte behind the event’s signature', () => {
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
  assert.equal(startupLocalityOf(bytes('StartupLocality\0\x03')), 3);
  assert.equal(startupLocalityOf(bytes('StartupLocality\0')), undefined);
  assert.equal(startupLocalityOf(bytes('StartupLocalitx\0\x03')), undefined);
});
