import assert from 'node:assert/strict';
import { RevokeAttestation } from '../../../ts-core/application/owner-auth/revoke-attestation.js';
import { CALLER_CLASSES } from '../../../ts-core/domain/caller.js';
import { errorResponse, readUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import { TPM_CC, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { success } from '../../support/answered-exchange.js';
import { ALICE, ROOT } from '../../support/callers.js';
import { directOpener } from '../../support/direct-opener.js';
import { recordedEvents } from '../../support/recorded-events.js';
import { ScriptedTransport } from '../../support/scripted-transport.js';
import { sized } from '../../support/tpm20-commands.js';

const RANDOM = Array.from({ length: 20 }, (_, index) => index + 1);

/** A TPM that answers every command, and commands that extend a PCR with `answerToExtend`. */
function setUp(answerToExtend = errorResponse('2.0', 0), random: readonly number[] = RANDOM) {
  const transport = new ScriptedTransport();
  transport.onTransmit = ({ command, answer }) =>
    answer(readUint32(command, 6) === TPM_CC.GetRandom ? success(Uint8Array.from(sized(random))) : answerToExtend);
  const opener = directOpener(transport, '2.0');
  const { events, told } = recordedEvents();
  return { revocation: new RevokeAttestation('2.0', opener, events), transport, opener, told };
}

describe('revoking attestation', () => {
  it('extends the PCRs that only a boot resets with a random number from the TPM, and raises an event with the caller', async () => {
    const { revocation, transport, told } = setUp();
    await revocation.revoke(ROOT);
    const [question, ...extended] = transport.sent.map(({ command }) => command) as [Uint8Array, ...Uint8Array[]];
    assert.equal(readUint32(question, 6), TPM_CC.GetRandom);
    assert.deepEqual(
      extended.map((command) => [readUint32(command, 6), readUint32(command, 10)]),
      Array.from({ length: 16 }, (_, pcr) => [TPM_CC.PCR_Event, pcr]),
    );
    for (const command of extended) assert.deepEqual([...command.slice(-20)], RANDOM);
    assert.deepEqual(
      told.map(({ kind, userKey }) => [kind, userKey]),
      [['administration', ROOT.userKey]],
    );
  });

  it('is only for administrators, and opens nothing for others', async () => {
    for (const callerClass of CALLER_CLASSES.filter((each) => each !== 'administrator')) {
      const { revocation, opener, told } = setUp();
      await assert.rejects(revocation.revoke({ ...ALICE, callerClass }), { symbol: 'TBS_E_ACCESS_DENIED' });
      assert.deepEqual([opener.connections, told], [[], []]);
    }
  });

  it('closes its context even if the TPM rejects a command, and raises no event then', async () => {
    const done = setUp();
    await done.revocation.revoke(ROOT);
    const failed = setUp(errorResponse('2.0', TPM_RC.FAILURE));
    await assert.rejects(failed.revocation.revoke(ROOT), { symbol: 'TBS_E_IOERROR' });
    for (const { opener } of [done, failed]) {
      assert.deepEqual([opener.connections[0]?.isClosed, opener.openContexts()], [true, 0]);
    }
    assert.deepEqual(failed.told, []);
  });

  it('accepts a shorter number than it requested', async () => {
    const { revocation, transport } = setUp(errorResponse('2.0', 0), [9]);
    await revocation.revoke(ROOT);
    assert.deepEqual([...(transport.sent.at(-1)?.command.slice(-20) ?? [])], [9, ...new Array<number>(19).fill(0)]);
  });
});
