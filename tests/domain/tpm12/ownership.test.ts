import assert from 'node:assert/strict';
import { TruncatedFieldError } from '../../../ts-core/domain/tpm/byte-fields.js';
import { ResponseForgedError } from '../../../ts-core/domain/tpm12/authorized-command.js';
import { TPM_KEY_USAGE, TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import type { Crypto12 } from '../../../ts-core/domain/tpm12/crypto12.js';
import { resetLockValue } from '../../../ts-core/domain/tpm12/dictionary-attack.js';
import * as owner from '../../../ts-core/domain/tpm12/ownership.js';
import { keyTemplate } from '../../../ts-core/domain/tpm12/structures.js';
import { assertDamageIsNoticed, truncationsOf, withOneBitChanged } from '../../support/damaged-answers.js';
import { commandsOf, Replay, toHex } from '../../support/tpm-conversations.js';
import { OWNER_SECRET, secret } from '../../support/tpm12-client.js';

const NEW_OWNER = { ownerSecret: OWNER_SECRET, srkSecret: owner.WELL_KNOWN_SECRET };

describe('the endorsement key of a TPM 1.2', () => {
  const created = new Replay('1.2', 'createEndorsementKeyPair', owner.createEndorsementKeyPair);

  it('is created and read by the commands that a TPM accepted', () => {
    const key = created.run();
    assert.deepEqual([key.modulus.length, key.exponent], [256, 65537]);
    assert.deepEqual(new Replay('1.2', 'readPubek', owner.readPubek).run(), key);
  });

  it('is created as a 2048-bit RSA storage key', () => {
    const parameters = ['00000001', '0003', '0001', '0000000c', '00000800', '00000002', '00000000'];
    const [command] = commandsOf('1.2', 'createEndorsementKeyPair') as [string];
    assert.match(command, new RegExp(`^00c10000003600000078[0-9a-f]{40}${parameters.join('')}$`));
  });

  it('is missing on a TPM that has none', () => {
    const missing = new Replay('1.2', 'readPubek without a key', owner.readPubek);
    assert.throws(() => missing.run(), { responseCode: TPM_RESULT.NO_ENDORSEMENT });
  });

  it('is refused if any bit of the answer has been changed, since its checksum covers it and our nonce', () => {
    for (const replay of [created, new Replay('1.2', 'readPubek', owner.readPubek)]) {
      for (const [index, changed] of withOneBitChanged(replay.lastAnswer).entries()) {
        assert.throws(
          () => replay.runWithLastAnswer(changed),
          (error) => error instanceof ResponseForgedError || error instanceof TruncatedFieldError,
          `byte ${10 + index}`,
        );
      }
    }
  });

  it('is refused if the answer is cut', () => {
    for (const cut of truncationsOf(created.lastAnswer)) {
      assert.throws(() => created.runWithLastAnswer(cut), TruncatedFieldError, `${cut.length} bytes`);
    }
  });
});

describe('the ownership of a TPM 1.2', () => {
  it('is taken with both secrets encrypted to the endorsement key', () => {
    const replay = new Replay('1.2', 'takeOwnership', (crypto) => owner.takeOwnership(crypto, NEW_OWNER));
    replay.run();
    const encrypted: unknown[] = [];
    const watching = new Replay('1.2', 'takeOwnership', (crypto: Crypto12) =>
      owner.takeOwnership(
        {
          ...crypto,
          rsaOaepTcpa: (key, plaintext) => {
            encrypted.push([key.modulus.length, toHex(plaintext)]);
            return crypto.rsaOaepTcpa(key, plaintext);
          },
        },
        NEW_OWNER,
      ),
    );
    watching.run();
    assert.deepEqual(encrypted, [
      [256, toHex(OWNER_SECRET)],
      [256, '00'.repeat(20)],
    ]);
  });

  it('names the owner, both encrypted secrets and the template of the storage root key, in this order', () => {
    const command = commandsOf('1.2', 'takeOwnership').at(-1) as string;
    const template = toHex(keyTemplate({ usage: TPM_KEY_USAGE.STORAGE, needsAuthorization: true }));
    const encrypted = '00000100[0-9a-f]{512}';
    assert.match(command, new RegExp(`^00c2000002700000000d0005${encrypted}${encrypted}${template}[0-9a-f]{90}$`));
  });

  /** The exchanges that use an existing owner, by the names of their conversations. */
  const USES: Readonly<Record<string, (crypto: Crypto12) => ReturnType<typeof owner.ownerClear>>> = {
    takeOwnership: (crypto) => owner.takeOwnership(crypto, NEW_OWNER),
    changeOwnerSecret: (crypto) => owner.changeOwnerSecret(crypto, OWNER_SECRET, secret('new')),
    changeSrkSecret: (crypto) => owner.changeSrkSecret(crypto, OWNER_SECRET, secret('srk')),
    ownerClear: (crypto) => owner.ownerClear(crypto, OWNER_SECRET),
  };

  for (const [name, begin] of Object.entries(USES)) {
    it(`is used by the command that a TPM accepted (${name}), and any change of its answer is noticed`, () => {
      const replay = new Replay('1.2', name, begin);
      replay.run();
      assertDamageIsNoticed(replay);
    });
  }

  it('changes the owner’s or the storage root key’s secret, encrypted, by their entity types', () => {
    const entityTypes = ['changeOwnerSecret', 'changeSrkSecret'].map((name) => {
      const command = commandsOf('1.2', name).at(-1) as string;
      assert.match(command, /^00c20000004f000000100004/);
      assert.ok(!command.includes(toHex(secret(name === 'changeOwnerSecret' ? 'new' : 'srk'))));
      return command.slice(64, 68);
    });
    assert.deepEqual(entityTypes, ['0002', '0004']);
  });

  it('fails as an authorization failure if the secret is wrong', () => {
    const wrong = new Replay('1.2', 'wrong owner', (crypto) => resetLockValue(crypto, secret('wrong')));
    assert.throws(() => wrong.run(), { responseCode: TPM_RESULT.AUTHFAIL });
  });
});
