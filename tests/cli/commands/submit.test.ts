import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { submitCommand } from '../../../ts-core/cli/commands/submit.js';
import { TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { success } from '../../../ts-core/domain/tpm20/responses.js';
import { commandSubmit } from '../../../ts-core/endpoints/rpc/protocol/command.js';
import { CannedBroker, parsed, refusal } from '../../support/canned-broker.js';
import { getRandom } from '../../support/tpm20-commands.js';

const COMMAND = Buffer.from(getRandom(8));
const RESPONSE = Buffer.from(success());
const ANSWER = {
  response: RESPONSE.toString('base64'),
  responseCode: 0,
  responseName: 'TPM_RC_SUCCESS',
  durationMs: 1.234,
  waitMs: 0.5,
  appliedPriority: 200,
};

describe('tbs submit', () => {
  let broker: CannedBroker;
  beforeEach(async () => {
    broker = await CannedBroker.start();
    broker.answers(commandSubmit, ANSWER);
  });
  afterEach(() => broker[Symbol.asyncDispose]());

  const submit = (...args: readonly string[]) => broker.tbs(submitCommand, 'submit', ...args);
  const sent = async (...args: readonly string[]) => (await submit(...args)).calls[0]?.[1] as Record<string, unknown>;

  it('sends the command with the defaults unless options are given', async () => {
    assert.deepEqual(await sent(COMMAND.toString('hex')), {
      command: COMMAND.toString('base64'),
      locality: 0,
      priority: 200,
    });
  });

  it('accepts hexadecimal in the usual notations', async () => {
    const spaced = `0x${COMMAND.toString('hex')
      .toUpperCase()
      .replace(/(..)(?=.)/g, '$1 ')}`;
    const colons = COMMAND.toString('hex').replace(/(..)(?=.)/g, '$1:');
    for (const text of [spaced, colons]) assert.equal((await sent(text))['command'], COMMAND.toString('base64'));
  });

  it('accepts a file', async () => {
    const file = join(broker.folder, 'command');
    writeFileSync(file, COMMAND);
    assert.equal((await sent('--file', file))['command'], COMMAND.toString('base64'));
  });

  it('refuses incomplete bytes, and both or neither of text and file, before it contacts the broker', async () => {
    for (const args of [['800'], ['80zz'], [], ['8001', '--file', '/dev/null']]) {
      await assert.rejects(submit(...args), { name: 'CliFailure', symbol: 'TBS_E_BAD_PARAMETER', exitCode: 64 });
      assert.deepEqual(broker.calls, []);
    }
  });

  it('passes on priority, locality and the time in the queue, at least a millisecond', async () => {
    const hex = COMMAND.toString('hex');
    const options = await sent(hex, '--priority', 'max', '--locality', '2', '--timeout', '1.5');
    assert.deepEqual([options['priority'], options['locality'], options['deadlineMs']], [0x80000000, 2, 1500]);
    assert.equal((await sent(hex, '--timeout', '0.0001'))['deadlineMs'], 1);
    for (const wrong of [
      ['--locality', '-1'],
      ['--locality', '1.5'],
      ['--timeout', '0'],
      ['--priority', 'urgent'],
    ]) {
      await assert.rejects(submit(hex, ...wrong));
    }
  });

  it('prints the response for people, for scripts, or as raw bytes', async () => {
    const hex = COMMAND.toString('hex');
    const { output } = await submit(hex);
    assert.match(
      output,
      /^Response\t80010000000a00000000\nCode\t0x0 TPM_RC_SUCCESS\nDuration\t1\.23 ms, after 0\.50 ms/,
    );
    assert.deepEqual(parsed((await submit(hex, '--json')).output), ANSWER);
    assert.equal((await submit(hex, '--raw')).output, RESPONSE.toString('latin1'));
  });

  it('ends with 2 if the TPM’s response is an error, and fails with the broker’s refusal', async () => {
    const hex = COMMAND.toString('hex');
    assert.equal((await submit(hex)).exitCode, 0);
    broker.answers(commandSubmit, { ...ANSWER, responseCode: TPM_RC.LOCKOUT });
    assert.equal((await submit(hex)).exitCode, 2);
    broker.answers(commandSubmit, () => {
      throw refusal('TPM_E_COMMAND_BLOCKED', 'TPM2_Clear is blocked.');
    });
    await assert.rejects(submit(hex), {
      kind: 'refused',
      symbol: 'TPM_E_COMMAND_BLOCKED',
      message: 'TPM2_Clear is blocked.',
      action: 'Do something about it.',
    });
  });
});
