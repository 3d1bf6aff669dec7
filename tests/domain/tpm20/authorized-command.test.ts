import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concat, TruncatedFieldError, uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import {
  type Command,
  EMPTY_AUTH,
  marshalCommand,
  runCommand,
  Tpm20CommandError,
} from '../../../ts-core/domain/tpm20/authorized-command.js';
import { SRK_HANDLE, TPM_CC, TPM_RC, TPM_RH, TRANSIENT_FIRST } from '../../../ts-core/domain/tpm20/codes.js';
import { answered, success, successWithSession } from '../../support/answered-exchange.js';
import { truncationsOf } from '../../support/damaged-answers.js';
import { toHex } from '../../support/tpm-conversations.js';

const PARAMETERS = Uint8Array.of(0xaa, 0xbb);
const CLEAR: Command = { code: TPM_CC.Clear, handles: [TPM_RH.LOCKOUT], auths: [Uint8Array.of(1, 2)] };
const LOAD: Command = { code: TPM_CC.Load, handles: [SRK_HANDLE], auths: [EMPTY_AUTH], outHandles: 1 };

describe('a command of the broker’s own to a TPM 2.0', () => {
  it('consists of header, handles and parameters if it needs no authorization', () => {
    const bytes = marshalCommand({ code: TPM_CC.ReadPublic, handles: [SRK_HANDLE], parameters: PARAMETERS });
    assert.equal(toHex(bytes), ['8001', '00000010', '00000173', '81000001', 'aabb'].join(''));
  });

  it('carries a password session for each authorization, between handles and parameters', () => {
    const auths = [Uint8Array.of(1, 2), EMPTY_AUTH];
    const bytes = marshalCommand({
      code: TPM_CC.EvictControl,
      handles: [TPM_RH.OWNER, 7],
      auths,
      parameters: PARAMETERS,
    });
    const [first, second] = [
      ['40000009', '0000', '01', '0002', '0102'],
      ['40000009', '0000', '01', '0000'],
    ];
    const areaAndParameters = ['00000014', ...first, ...second, 'aabb'];
    assert.equal(toHex(bytes), ['8002', '0000002c', '00000120', '40000001', '00000007', ...areaAndParameters].join(''));
  });

  it('has a session area, although an empty one, if it names no authorization but has sessions', () => {
    const bytes = marshalCommand({ code: TPM_CC.Clear, auths: [] });
    assert.equal(toHex(bytes), ['8002', '0000000e', '00000126', '00000000'].join(''));
  });

  it('returns the parameters of the response, without what the session answers', () => {
    const { parameters, handles } = answered(runCommand(CLEAR), successWithSession(PARAMETERS)).result;
    assert.deepEqual([handles, parameters.bytes(2)], [[], PARAMETERS]);
    assert.throws(() => parameters.bytes(1), TruncatedFieldError);
  });

  it('returns the handles before the parameters', () => {
    const response = successWithSession(PARAMETERS, TRANSIENT_FIRST + 1);
    const { parameters, handles } = answered(runCommand(LOAD), response).result;
    assert.deepEqual([handles, parameters.bytes(2)], [[TRANSIENT_FIRST + 1], PARAMETERS]);
  });

  it('returns everything behind the header if it has no session', () => {
    const { parameters } = answered(runCommand({ code: TPM_CC.GetTestResult }), success(PARAMETERS)).result;
    assert.deepEqual(parameters.bytes(2), PARAMETERS);
  });

  it('fails with the response code of the TPM, and names the command', () => {
    assert.throws(() => answered(runCommand(CLEAR), errorResponse('2.0', TPM_RC.LOCKOUT)), {
      name: 'Tpm20CommandError',
      commandCode: TPM_CC.Clear,
      responseCode: TPM_RC.LOCKOUT,
      message: 'the TPM answered command 0x126 with 0x921',
    });
  });

  it('fails for a response that is shorter than its header, its handles or its parameters say', () => {
    const whole = successWithSession(PARAMETERS, TRANSIENT_FIRST + 1);
    const endOfParameters = whole.length - 5;
    for (const cut of truncationsOf(whole, endOfParameters)) {
      assert.throws(() => answered(runCommand(LOAD), cut), TruncatedFieldError, `${cut.length} bytes`);
    }
    for (const cut of [new Uint8Array(), whole.slice(0, 9), whole.slice(0, -1), concat(whole, uint32(0))]) {
      assert.throws(() => answered(runCommand(LOAD), cut), TruncatedFieldError, `${cut.length} bytes`);
    }
  });

  it('fails in one of these two ways only, whatever bytes arrive', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 40 }).map((body) => success(body)),
    );
    fc.assert(
      fc.property(bytes, (response) => {
        try {
          assert.equal(answered(runCommand(LOAD), response).result.handles.length, 1);
        } catch (error) {
          assert.ok(error instanceof Tpm20CommandError || error instanceof TruncatedFieldError, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is overwritten once it is answered, since it may hold an authorization value', () => {
    for (const resume of ['answer', 'failure'] as const) {
      const exchange = runCommand(CLEAR);
      const command = exchange.next().value as Uint8Array;
      assert.ok(toHex(command).endsWith('00020102'));
      if (resume === 'answer') exchange.next(successWithSession());
      else assert.throws(() => exchange.throw(new Error('unplugged')), /unplugged/);
      assert.ok(
        command.every((byte) => byte === 0),
        `after the ${resume}`,
      );
    }
  });
});
