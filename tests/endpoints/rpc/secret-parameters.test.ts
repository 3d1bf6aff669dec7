import assert from 'node:assert/strict';
import { withSecrets } from '../../../ts-core/endpoints/rpc/secret-parameters.js';

const TEXT = Buffer.from('secret').toString('base64');

describe('secrets in the parameters of a call', () => {
  it('are bytes for the use case, and wiped when it has ended, successfully or not', async () => {
    for (const ends of [async () => 7, async () => Promise.reject(new Error('refused'))]) {
      let seen: Uint8Array | undefined;
      const call = withSecrets({ ownerAuth: TEXT, other: undefined }, async ({ ownerAuth, other }) => {
        assert.deepEqual(ownerAuth, new Uint8Array(Buffer.from('secret')));
        assert.equal(other, undefined);
        seen = ownerAuth;
        return ends();
      });
      assert.deepEqual(
        await call.catch((error: Error) => error.message),
        ends.toString().includes('7') ? 7 : 'refused',
      );
      assert.deepEqual(seen, new Uint8Array(6));
    }
  });
});
