import assert from 'node:assert/strict';
import { TPM_RC, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import { command, startup, u32 } from '../../../support/tpm20-commands.js';
import { scriptedBroker } from '../../../support/virtual-tpm20.js';

describe('TPM 2.0 special commands', () => {
  it('Startup is answered as a started TPM does and never sent', async () => {
    const { tpm, broker } = await scriptedBroker();
    tpm.log.length = 0;
    assert.equal(await broker.client('uid:0').code(startup()), TPM_RC.INITIALIZE);
    assert.deepEqual(tpm.log, []);
  });

  it('a command that the TPM does not list is answered TPM_RC_COMMAND_CODE and not sent', async () => {
    const { tpm, broker } = await scriptedBroker();
    tpm.log.length = 0;
    assert.equal(await broker.client().code(command(0x20000001, u32(TRANSIENT_FIRST))), TPM_RC.COMMAND_CODE);
    assert.equal(await broker.client().code(command('Unseal', u32(TRANSIENT_FIRST))), TPM_RC.COMMAND_CODE);
    assert.deepEqual(tpm.log, []);
  });
});
