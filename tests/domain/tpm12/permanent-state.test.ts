import assert from 'node:assert/strict';
import { nodeCrypto12 as crypto } from '../../../ts-core/adapters/crypto/node-crypto12.js';
import { concat, sized, TruncatedFieldError, uint16 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';

import { TPM_KH, TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { ownerReadInternalPub, readPermanentState } from '../../../ts-core/domain/tpm12/permanent-state.js';
import { success } from '../../../ts-core/domain/tpm12/responses.js';
import { answered } from '../../support/answered-exchange.js';
import { assertDamageIsNoticed } from '../../support/damaged-answers.js';
import { Replay, toHex } from '../../support/tpm-conversations.js';
import { OWNER_SECRET } from '../../support/tpm12-client.js';

const capability = (...fields: readonly Uint8Array[]) => success(sized(concat(...fields)));

describe('the state that a TPM 1.2 reports about its owner', () => {
  interface Flags {
    readonly disable?: boolean;
    readonly deactivated?: boolean;
    readonly disableOwnerClear?: boolean;
    readonly deactivatedUntilRestart?: boolean;
    readonly owner?: boolean;
  }
  const flag = (value = false) => Uint8Array.of(value ? 1 : 0);
  /** The flags that are not read have the opposite values, so that reading one by mistake fails. */
  const answersOf = (flags: Flags): readonly Uint8Array[] => [
    capability(
      ...[uint16(0x001f), flag(flags.disable), flag(true), flag(flags.deactivated), flag(true)],
      flag(flags.disableOwnerClear),
    ),
    capability(uint16(0x0020), flag(flags.deactivatedUntilRestart)),
    capability(flag(flags.owner)),
  ];
  const NOTHING = { owned: false, disabled: false, deactivated: false, ownerClearDisabled: false };

  it('is read flag by flag', () => {
    for (const [flags, change] of [
      [{}, {}],
      [{ owner: true }, { owned: true }],
      [{ disable: true }, { disabled: true }],
      [{ deactivated: true }, { deactivated: true }],
      [{ deactivatedUntilRestart: true }, { deactivated: true }],
      [{ disableOwnerClear: true }, { ownerClearDisabled: true }],
    ] as const) {
      const { result, sent } = answered(readPermanentState(crypto), ...answersOf(flags));
      assert.deepEqual(result, { ...NOTHING, ...change });
      assert.deepEqual(sent.map(toHex), [
        '00c10000001600000065000000040000000400000108',
        '00c10000001600000065000000040000000400000109',
        '00c10000001600000065000000050000000400000111',
      ]);
    }
  });

  it('is what a TPM reported before, with and after its owner', () => {
    const of = (name: string) => new Replay('1.2', name, readPermanentState).run();
    assert.deepEqual(of('state before the owner'), NOTHING);
    assert.deepEqual(of('state with an owner'), { ...NOTHING, owned: true });
    assert.deepEqual(of('state after the clear'), { ...NOTHING, disabled: true, deactivated: true });
  });

  it('is never guessed from an answer that is too short', () => {
    const answers = answersOf({ owner: true });
    const needed = [7, 3, 1];
    for (const [index, answer] of answers.entries()) {
      for (let content = 0; content < (needed[index] as number); content++) {
        const short = capability(answer.slice(14, 14 + content));
        const exchange = () => answered(readPermanentState(crypto), ...answers.slice(0, index), short);
        assert.throws(exchange, TruncatedFieldError, `answer ${index} with ${content} bytes`);
      }
    }
  });

  it('is not read from a TPM that rejects the query', () => {
    const refused = errorResponse('1.2', TPM_RESULT.FAIL);
    assert.throws(() => answered(readPermanentState(crypto), refused), { responseCode: TPM_RESULT.FAIL });
  });
});

describe('a public key that the owner reads', () => {
  const srk = new Replay('1.2', 'public SRK', (crypto12) => ownerReadInternalPub(crypto12, OWNER_SECRET, TPM_KH.SRK));

  it('is what a TPM answered, for each of the two keys', () => {
    const ek = new Replay('1.2', 'public EK', (crypto12) => ownerReadInternalPub(crypto12, OWNER_SECRET, TPM_KH.EK));
    const keys = [srk.run(), ek.run()];
    assert.deepEqual(
      keys.map(({ modulus, exponent }) => [modulus.length, exponent]),
      [
        [256, 65537],
        [256, 65537],
      ],
    );
    assert.notDeepEqual(keys[0]?.modulus, keys[1]?.modulus);
  });

  it('is refused if any bit of the answer has been changed, or if it is cut', () => {
    assertDamageIsNoticed(srk);
  });
});
