import assert from 'node:assert/strict';
import { createTransport } from '../../../ts-core/adapters/transport/create-transport.js';
import { type TbsContext, WindowsTbsTransport } from '../../../ts-core/adapters/transport/windows-tbs-transport.js';
import { success } from '../../../ts-core/domain/tpm20/responses.js';
import { quietLog } from '../../support/quiet-log.js';
import { getRandom } from '../../support/tpm20-commands.js';

const COMMAND = getRandom(8);
const RESPONSE = success();
const PROMPT = { locality: 0, timeoutMs: 5000 };

class FakeContext implements TbsContext {
  readonly submitted: { command: Uint8Array; priority: number }[] = [];
  cancels = 0;
  closed = false;
  answer: (command: Uint8Array) => Promise<Uint8Array> = async () => RESPONSE;

  submit(command: Uint8Array, priority: number): Promise<Uint8Array> {
    this.submitted.push({ command, priority });
    return this.answer(command);
  }
  cancel(): void {
    this.cancels++;
  }
  close(): void {
    this.closed = true;
  }
}

const failure = (properties: object): Error => Object.assign(new Error('no'), properties);

describe("Windows' own TBS as a transport", () => {
  let context: FakeContext;
  let opened: number;
  let transport: WindowsTbsTransport;
  beforeEach(() => {
    context = new FakeContext();
    opened = 0;
    transport = new WindowsTbsTransport(() => {
      opened++;
      return context;
    }, quietLog());
  });

  it('uses one context for all commands, and closes it', async () => {
    assert.equal(opened, 0);
    assert.deepEqual(await transport.transmit(COMMAND, PROMPT), RESPONSE);
    await transport.transmit(COMMAND, PROMPT);
    assert.equal(opened, 1);
    assert.deepEqual(context.submitted[0], { command: COMMAND, priority: 200 });
    await transport.close();
    assert.equal(context.closed, true);
    await assert.rejects(transport.transmit(COMMAND, PROMPT), { symbol: 'TBS_E_IOERROR' });
  });

  it('passes on Windows’ result codes', async () => {
    const answers: [object, string][] = [
      [{ tbsResult: 0x80280400 }, 'TPM_E_COMMAND_BLOCKED'],
      [{ tbsResult: 0x8028400d }, 'TBS_E_COMMAND_CANCELED'],
      [{ tbsResult: 0x8028400f }, 'TBS_E_TPM_NOT_FOUND'],
      [{ tbsResult: 0x80284001 }, 'TBS_E_IOERROR'],
      [{ code: 'ENOENT' }, 'TBS_E_TPM_NOT_FOUND'],
      [{}, 'TBS_E_IOERROR'],
    ];
    for (const [properties, symbol] of answers) {
      context.answer = () => Promise.reject(failure(properties));
      await assert.rejects(transport.transmit(COMMAND, PROMPT), { symbol });
    }
  });

  it('has TBS cancel a late command, and sends nothing more until it has ended', async () => {
    let finish = (_response: Uint8Array): void => {};
    context.answer = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    await assert.rejects(transport.transmit(COMMAND, { locality: 0, timeoutMs: 20 }), /did not answer within 20 ms/);
    assert.equal(context.cancels, 1);
    await assert.rejects(transport.transmit(COMMAND, { locality: 0, timeoutMs: 20 }), { symbol: 'TBS_E_IOERROR' });
    assert.equal(context.submitted.length, 1);
    const waiting = transport.transmit(COMMAND, PROMPT);
    const late = finish;
    context.answer = async () => RESPONSE;
    late(Uint8Array.of(1));
    assert.deepEqual(await waiting, RESPONSE, 'the late answer is nobody’s');
    assert.equal(context.submitted.length, 2);
  });

  it('cancels only a running command', async () => {
    await transport.cancel();
    assert.equal(context.cancels, 0);
  });

  it('supports only locality 0, and reports that every program can use Windows’ TBS', async () => {
    await assert.rejects(transport.transmit(COMMAND, { locality: 1, timeoutMs: 100 }), /locality 1 is not possible/);
    assert.equal((await transport.exposure()).length, 1);
  });

  it('is refused by name on other systems', async () => {
    await assert.rejects(createTransport({ kind: 'windowsTbs' }, { log: quietLog() }), {
      symbol: 'TBS_E_BAD_PARAMETER',
    });
  });
});
