import assert from 'node:assert/strict';

import { TPM_KEY_USAGE, TPM_KH, TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { createWrapKey, loadKey2, seal, unseal } from '../../../ts-core/domain/tpm12/sealed-data.js';
import { keyTemplate } from '../../../ts-core/domain/tpm12/structures.js';
import { SEALED } from '../../fixtures/tpm-conversations/recorded-facts.js';
import { assertDamageIsNoticed } from '../../support/damaged-answers.js';
import { commandsOf, Replay, toHex } from '../../support/tpm-conversations.js';
import { SRK_SECRET, secret } from '../../support/tpm12-client.js';

const SRK = { handle: TPM_KH.SRK, secret: SRK_SECRET };
const KEY = {
  template: keyTemplate({ usage: TPM_KEY_USAGE.STORAGE, needsAuthorization: true }),
  usageSecret: secret('usage'),
  migrationSecret: secret('migration'),
};

const sealing = new Replay('1.2', 'seal', (crypto) => seal(crypto, SRK, SEALED, secret('data')));
const unsealing = (name: string, dataSecret: Uint8Array) =>
  new Replay('1.2', name, (crypto) => unseal(crypto, SRK, sealing.run(), dataSecret));
const wrapping = new Replay('1.2', 'createWrapKey', (crypto) => createWrapKey(crypto, SRK, KEY));
const loading = new Replay('1.2', 'loadKey2', (crypto) => loadKey2(crypto, SRK, wrapping.run()));

describe('sealed data of a TPM 1.2', () => {
  it('is what a TPM sealed, and unsealed again', () => {
    assert.deepEqual(unsealing('unseal', secret('data')).run(), SEALED);
  });

  it('is sealed without PCR conditions; the secret for unsealing is encrypted', () => {
    const command = commandsOf('1.2', 'seal').at(-1) as string;
    const size = SEALED.length.toString(16).padStart(8, '0');
    const shape = `^00c2000000780000001740000000[0-9a-f]{40}00000000${size}${toHex(SEALED)}[0-9a-f]{90}$`;
    assert.match(command, new RegExp(shape));
    assert.ok(!command.includes(toHex(secret('data'))));
  });

  it('is sealed under any loaded storage key', () => {
    const key = { handle: loading.run(), secret: secret('usage') };
    new Replay('1.2', 'seal under another key', (crypto) => seal(crypto, key, SEALED, secret('data'))).run();
  });

  it('is not unsealed with a wrong secret, which the second authorization carries', () => {
    const wrong = unsealing('unseal with a wrong secret', secret('wrong'));
    assert.throws(() => wrong.run(), { responseCode: TPM_RESULT.AUTH2FAIL });
  });

  it('leaves the data to its caller, who wipes it', () => {
    const data = SEALED.slice();
    new Replay('1.2', 'seal', (crypto) => seal(crypto, SRK, data, secret('data'))).run();
    assert.deepEqual(data, SEALED);
  });

  it('is refused if anything in the answer has been changed or is missing', () => {
    for (const replay of [sealing, unsealing('unseal', secret('data'))]) assertDamageIsNoticed(replay);
  });
});

describe('a key of a TPM 1.2', () => {
  it('is created and loaded by the commands that a TPM accepted', () => {
    assert.equal(toHex(wrapping.run()).slice(0, 22), '0101000000110000000001', 'a TPM_KEY for storage');
    assert.ok(loading.run() > 0);
  });

  it('is created with both of its secrets encrypted, each with a nonce of its own', () => {
    const command = commandsOf('1.2', 'createWrapKey').at(-1) as string;
    assert.match(command, new RegExp(`^00c2000000920000001f40000000[0-9a-f]{80}${toHex(KEY.template)}[0-9a-f]{90}$`));
    const same = { ...KEY, migrationSecret: KEY.usageSecret };
    const replay = new Replay('1.2', 'createWrapKey', (crypto) => createWrapKey(crypto, SRK, same));
    assert.throws(() => replay.run(), /other bytes/, 'the second secret is sent, too');
    for (const name of ['usage', 'migration']) assert.ok(!command.includes(toHex(secret(name))));
  });

  it('is refused if anything in the answer has been changed or is missing, but for the handle, which no HMAC covers', () => {
    assertDamageIsNoticed(wrapping);
    assertDamageIsNoticed(loading, 14);
  });
});
