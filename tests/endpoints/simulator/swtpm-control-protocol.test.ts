import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CALLER_CLASSES, type CallerClass } from '../../../ts-core/domain/caller.js';
import { readUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import { TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { SimulatorContext } from '../../../ts-core/endpoints/simulator/simulator-context.js';
import { answerControl, controlExtent } from '../../../ts-core/endpoints/simulator/swtpm-control-protocol.js';
import { directOpener } from '../../support/direct-opener.js';
import { ScriptedTransport } from '../../support/scripted-transport.js';
import { getRandom } from '../../support/tpm20-commands.js';

/** The commands of swtpm's tpm_ioctl.h that are implemented, with their lengths. */
const COMMANDS = {
  getCapability: [0x01, 4],
  init: [0x02, 8],
  shutdown: [0x03, 4],
  getEstablished: [0x04, 4],
  setLocality: [0x05, 5],
  cancel: [0x09, 4],
  stop: [0x0e, 4],
  getConfig: [0x0f, 4],
} as const;
const POWER = ['init', 'shutdown', 'stop'] as const;

function request(command: keyof typeof COMMANDS, ...parameters: readonly number[]): Uint8Array {
  const [code, length] = COMMANDS[command];
  const bytes = new Uint8Array(length);
  bytes[3] = code;
  bytes.set(parameters, 4);
  return bytes;
}

function contextOf(callerClass: CallerClass) {
  const transport = new ScriptedTransport();
  const opener = directOpener(transport, '2.0');
  const context = new SimulatorContext(opener, { userKey: 'uid:1000', callerClass });
  return { context, opener };
}

const resultOf = (...[bytes, context]: Parameters<typeof answerControl>) =>
  readUint32(answerControl(bytes, context).bytes, 0);

describe('swtpm’s control protocol', () => {
  it('waits for as many bytes as each command has', () => {
    for (const name of Object.keys(COMMANDS) as (keyof typeof COMMANDS)[]) {
      const whole = request(name);
      for (let length = 0; length < whole.length; length++) {
        assert.deepEqual(controlExtent(whole.subarray(0, length)), { kind: 'incomplete' });
      }
      const withMore = Buffer.concat([whole, request('stop')]);
      assert.deepEqual(controlExtent(withMore), { kind: 'complete', bytes: whole.length });
    }
  });

  it('refuses every other command, such as those that read or replace the TPM’s state', () => {
    const known = new Set<number>(Object.values(COMMANDS).map(([code]) => code));
    fc.assert(
      fc.property(
        fc.nat(0xffffffff).filter((code) => !known.has(code)),
        (code) => {
          const bytes = Buffer.alloc(8);
          bytes.writeUInt32BE(code);
          const extent = controlExtent(bytes);
          assert.ok(extent.kind === 'refused');
          assert.equal(readUint32(extent.reply, 0), TPM_RESULT.BAD_ORDINAL);
        },
      ),
    );
  });

  it('lets only administrators leave locality 0, and nobody choose one that does not exist', () => {
    for (const callerClass of CALLER_CLASSES) {
      const { context } = contextOf(callerClass);
      const highest = callerClass === 'administrator' ? 4 : 0;
      for (let locality = 0; locality <= 255; locality++) {
        context.locality = 0;
        const allowed = locality <= highest;
        const result = resultOf(request('setLocality', locality), context);
        assert.equal(result, allowed ? TPM_RESULT.SUCCESS : TPM_RESULT.BAD_LOCALITY, `${callerClass} ${locality}`);
        assert.equal(context.locality, allowed ? locality : 0);
      }
    }
  });

  it('takes power commands for an administrator’s own context only, and from nobody else', async () => {
    for (const callerClass of CALLER_CLASSES) {
      for (const command of POWER) {
        const { context, opener } = contextOf(callerClass);
        void context.submit(getRandom(8));
        const isAllowed = callerClass === 'administrator';
        assert.equal(
          resultOf(request(command), context),
          isAllowed ? TPM_RESULT.SUCCESS : TPM_RESULT.DISABLED_CMD,
          `${callerClass} ${command}`,
        );
        assert.equal(opener.openContexts(), isAllowed ? 0 : 1);
      }
    }
  });

  it('cancels the commands of the caller’s context', () => {
    const { context, opener } = contextOf('standardUser');
    void context.submit(getRandom(8));
    assert.equal(resultOf(request('cancel'), context), TPM_RESULT.SUCCESS);
    assert.deepEqual(opener.connections[0]?.cancelled, [1]);
  });

  it('names as capabilities what it implements, and answers the questions with success', () => {
    const { context } = contextOf('standardUser');
    const answer = answerControl(request('getCapability'), context).bytes;
    assert.deepEqual([readUint32(answer, 0), readUint32(answer, 4)], [TPM_RESULT.SUCCESS, 0xc2f]);
    for (const question of ['getEstablished', 'getConfig'] as const) {
      assert.deepEqual(answerControl(request(question), context).bytes, new Uint8Array(8));
    }
  });
});
