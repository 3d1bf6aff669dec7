import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nodeCrypto12 as crypto } from '../../../ts-core/adapters/crypto/node-crypto12.js';
import { concat, uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse, writeUint16 } from '../../../ts-core/domain/tpm/command-header.js';
import {
  type Authorization,
  type Command,
  ResponseForgedError,
  runCommand,
  type Session,
  Tpm12CommandError,
} from '../../../ts-core/domain/tpm12/authorized-command.js';
import { TPM_KH, TPM_ORD, TPM_RESULT, TPM_TAG } from '../../../ts-core/domain/tpm12/codes.js';
import { success } from '../../../ts-core/domain/tpm12/responses.js';
import { answered } from '../../support/answered-exchange.js';
import { truncationsOf, withOneBitChanged } from '../../support/damaged-answers.js';
import { toHex } from '../../support/tpm-conversations.js';
import { secret } from '../../support/tpm12-client.js';

const nonce = (fill: number) => new Uint8Array(20).fill(fill);
const session = (changes: Partial<Session> = {}): Session => ({
  ...{ handle: 0x02000001, nonceEven: nonce(0xe0), sharedSecret: undefined },
  ...changes,
});
const PARAMETERS = Uint8Array.of(0xaa, 0xbb);
const LOAD: Command = { ordinal: TPM_ORD.LoadKey2, handles: [TPM_KH.SRK], parameters: PARAMETERS, outHandles: 1 };

interface Answer {
  readonly ordinal: number;
  readonly handles?: readonly number[];
  readonly parameters?: Uint8Array;
  /** For each authorization: its key, the nonce that the TPM received, and the TPM's new nonce. */
  readonly auths: readonly (readonly [key: Uint8Array, nonceOdd: Uint8Array, nonceEven: Uint8Array])[];
}

/** Returns a response (TPM Main Part 1, 13.2): HMAC(key, SHA-1(result, ordinal, out) || nonceEven || nonceOdd || continue). */
function answerOf({ ordinal, handles = [], parameters = new Uint8Array(), auths }: Answer): Uint8Array {
  const digest = crypto.sha1(concat(uint32(0), uint32(ordinal), parameters));
  const areas = auths.map(([key, nonceOdd, nonceEven]) => {
    const ends = Uint8Array.of(0);
    return concat(nonceEven, ends, crypto.hmacSha1(key, concat(digest, nonceEven, nonceOdd, ends)));
  });
  const response = success(concat(...handles.map(uint32), parameters, ...areas));
  writeUint16(response, 0, TPM_TAG.RSP_COMMAND + auths.length);
  return response;
}

/** The owner's authorization in a new session, since each response replaces the session's nonce. */
const owner = (): Authorization => ({ session: session(), entitySecret: secret('owner'), nonceOdd: nonce(0x0d) });
const LOADED: Answer = {
  ordinal: TPM_ORD.LoadKey2,
  handles: [0x05000001],
  parameters: PARAMETERS,
  auths: [[secret('owner'), nonce(0x0d), nonce(0xe1)]],
};

describe('a command of the broker’s own to a TPM 1.2', () => {
  it('consists of header, handles and parameters if it needs no authorization', () => {
    const { sent, result } = answered(runCommand(crypto, LOAD), answerOf({ ...LOADED, auths: [] }));
    assert.deepEqual(sent.map(toHex), [['00c1', '00000010', '00000041', '40000000', 'aabb'].join('')]);
    assert.deepEqual(result, { handles: [0x05000001], parameters: PARAMETERS });
  });

  it('is authorized by an HMAC over its ordinal and parameters, not over its handles', () => {
    for (const continueSession of [false, true]) {
      const auth = { ...owner(), continueSession };
      const { sent } = answered(runCommand(crypto, LOAD, [auth]), answerOf(LOADED));
      const digest = crypto.sha1(concat(uint32(TPM_ORD.LoadKey2), PARAMETERS));
      const continues = Uint8Array.of(continueSession ? 1 : 0);
      const mac = crypto.hmacSha1(secret('owner'), concat(digest, nonce(0xe0), nonce(0x0d), continues));
      const area = ['02000001', '0d'.repeat(20), toHex(continues), toHex(mac)];
      assert.deepEqual(sent.map(toHex), [['00c2', '0000003d', '00000041', '40000000', 'aabb', ...area].join('')]);
    }
  });

  it('carries two authorizations in order, each with a key and a nonce of its own', () => {
    const bound = session({ handle: 0x02000002, nonceEven: nonce(0xe2), sharedSecret: secret('shared') });
    const drawn = nonce(0x0e);
    const auths: Authorization[] = [owner(), { session: bound, entitySecret: secret('no') }];
    const { sent } = answered(
      runCommand({ ...crypto, randomBytes: () => drawn }, { ordinal: TPM_ORD.Unseal }, auths),
      answerOf({
        ordinal: TPM_ORD.Unseal,
        auths: [
          [secret('owner'), nonce(0x0d), nonce(0xe3)],
          [secret('shared'), drawn, nonce(0xe4)],
        ],
      }),
    );
    assert.equal(toHex(sent[0] as Uint8Array).slice(0, 4), '00c3');
    const second = (sent[0] as Uint8Array).subarray(-45);
    const message = concat(crypto.sha1(uint32(TPM_ORD.Unseal)), nonce(0xe2), drawn, Uint8Array.of(0));
    assert.equal(
      toHex(second),
      ['02000002', toHex(drawn), '00', toHex(crypto.hmacSha1(secret('shared'), message))].join(''),
    );
    assert.deepEqual(
      [auths[0]?.session.nonceEven, bound.nonceEven],
      [nonce(0xe3), nonce(0xe4)],
      'for the next command',
    );
  });

  it('checks the answer with the new secret if the command itself changes it', () => {
    const changed = { ...LOADED, auths: [[secret('next'), nonce(0x0d), nonce(0xe1)]] as const };
    const auth = owner();
    assert.throws(() => answered(runCommand(crypto, LOAD, [auth]), answerOf(changed)), ResponseForgedError);
    answered(runCommand(crypto, LOAD, [{ ...auth, responseSecret: secret('next') }]), answerOf(changed));
  });

  it('is overwritten once it is answered, since what it seals stands in it', () => {
    for (const resume of ['answer', 'failure'] as const) {
      const exchange = runCommand(crypto, LOAD, [owner()]);
      const command = exchange.next().value as Uint8Array;
      assert.equal(command[1], TPM_TAG.RQU_AUTH1_COMMAND);
      if (resume === 'answer') exchange.next(answerOf(LOADED));
      else assert.throws(() => exchange.throw(new Error('unplugged')), /unplugged/);
      assert.ok(
        command.every((byte) => byte === 0),
        `after the ${resume}`,
      );
    }
  });

  it('is not sent in an OIAP session without the secret of what it authorizes', () => {
    assert.throws(() => runCommand(crypto, LOAD, [{ session: session() }]).next(), /OIAP/);
  });

  it('fails with the return code of the TPM, and names the ordinal', () => {
    const failed = errorResponse('1.2', TPM_RESULT.AUTHFAIL);
    assert.throws(() => answered(runCommand(crypto, LOAD, [owner()]), failed), {
      name: 'Tpm12CommandError',
      ordinal: TPM_ORD.LoadKey2,
      responseCode: TPM_RESULT.AUTHFAIL,
      message: 'the TPM answered ordinal 65 with 0x1',
    });
  });
});

describe('the answer to an authorized command', () => {
  const take = (answer: Uint8Array, auth: Authorization = owner()) =>
    answered(runCommand(crypto, LOAD, [auth]), answer).result;

  it('is returned without its handles and its authorization', () => {
    assert.deepEqual(take(answerOf(LOADED)), { handles: [0x05000001], parameters: PARAMETERS });
  });

  it('is refused if any bit of its parameters or of its authorization has been changed', () => {
    const behindTheHandle = 14;
    for (const [index, changed] of withOneBitChanged(answerOf(LOADED), behindTheHandle).entries()) {
      assert.throws(() => take(changed), ResponseForgedError, `byte ${behindTheHandle + index}`);
    }
  });

  it('is refused if it is the answer to another nonce, to another ordinal or under another secret', () => {
    const [auth] = LOADED.auths;
    const [key, nonceOdd, nonceEven] = auth as (typeof LOADED.auths)[number];
    for (const other of [
      { ...LOADED, auths: [[key, nonce(0x0c), nonceEven]] as const },
      { ...LOADED, auths: [[secret('wrong'), nonceOdd, nonceEven]] as const },
      { ...LOADED, ordinal: TPM_ORD.LoadKey },
    ]) {
      assert.throws(() => take(answerOf(other)), ResponseForgedError);
    }
  });

  it('leaves the nonce of the session alone if it is refused', () => {
    const auth = owner();
    assert.throws(() => take(answerOf({ ...LOADED, ordinal: TPM_ORD.LoadKey }), auth), ResponseForgedError);
    assert.deepEqual(auth.session.nonceEven, nonce(0xe0));
  });

  it('is refused if it is shorter than a handle and an authorization, or than its header says', () => {
    const whole = answerOf(LOADED);
    for (const cut of [...truncationsOf(whole), new Uint8Array(), whole.slice(0, 9), whole.slice(0, -1)]) {
      assert.throws(() => take(cut), ResponseForgedError, `${cut.length} bytes`);
    }
  });

  it('is refused in one of two ways only, whatever bytes arrive', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, isWhole) => {
        assert.throws(
          () => take(isWhole ? success(bytes) : bytes),
          (error) => error instanceof ResponseForgedError || error instanceof Tpm12CommandError,
        );
      }),
      { numRuns: 500 },
    );
  });
});
