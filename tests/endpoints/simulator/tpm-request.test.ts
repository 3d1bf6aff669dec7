import assert from 'node:assert/strict';
import { responseCodeOf, writeUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import { TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { RESOURCE_MANAGER_LAYER, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import {
  commandExtent,
  MAX_COMMAND_BYTES,
  versionOfCommand,
} from '../../../ts-core/endpoints/simulator/tpm-request.js';
import { GET_RANDOM_12 } from '../../support/tpm12-commands.js';
import { getRandom } from '../../support/tpm20-commands.js';

function saying(bytes: number, command: Uint8Array = getRandom(8)): Uint8Array {
  // Not `slice`, which returns a view of a Buffer: other tests use the same command.
  const changed = Uint8Array.from(command);
  writeUint32(changed, 2, bytes);
  return changed;
}

function refusalCode(received: Uint8Array): number {
  const extent = commandExtent(received);
  assert.ok(extent.kind === 'refused');
  return responseCodeOf(extent.reply);
}

describe('a TPM command in a stream of bytes', () => {
  it('is as long as its header says, and complete once all of it has arrived', () => {
    const command = getRandom(8);
    for (let length = 0; length < command.length; length++) {
      assert.deepEqual(commandExtent(command.slice(0, length)), { kind: 'incomplete' });
    }
    const more = Uint8Array.from([...command, 1, 2, 3]);
    for (const received of [command, more]) assert.deepEqual(commandExtent(received), { kind: 'complete', bytes: 12 });
    assert.deepEqual(commandExtent(saying(MAX_COMMAND_BYTES)), { kind: 'incomplete' });
  });

  it('is refused in the format of its TPM if its size is impossible', () => {
    assert.equal(refusalCode(saying(9)), RESOURCE_MANAGER_LAYER | TPM_RC.COMMAND_SIZE);
    assert.equal(refusalCode(saying(MAX_COMMAND_BYTES + 1)), RESOURCE_MANAGER_LAYER | TPM_RC.COMMAND_SIZE);
    assert.equal(refusalCode(saying(9, GET_RANDOM_12)), TPM_RESULT.BAD_PARAM_SIZE);
  });

  it('has its TPM’s version in its tag', () => {
    assert.deepEqual(
      [versionOfCommand(getRandom(8)), versionOfCommand(GET_RANDOM_12), versionOfCommand(new Uint8Array(1))],
      ['2.0', '1.2', '2.0'],
    );
  });
});
