/** Tests `tbs top` on a real terminal, with a broker whose callers work, hold keys, guess and are refused. */
import assert from 'node:assert/strict';
import { ALICE, canBecomeOthers, connectAs } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { NODE, TBS } from '../support/programs.js';
import type { RpcClient } from '../support/rpc-client.js';
import { hasTmux, Terminal } from '../support/terminal.js';
import {
  CLEAR_20,
  createPrimaryEcc,
  GET_RANDOM_20,
  handleIn,
  SIGNING_KEY,
  signWith,
} from '../support/tpm20-commands.js';

const WORK = /TPM2_GetRandom/;
/** SGR 30 to 37 and 90 to 97 set a colour of the text. */
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[(?:\\d+;)*[39][0-7]m`);

describe('tbs top', function () {
  this.timeout(180_000);
  let daemon: TestDaemon;
  let administrator: RpcClient;
  let alice: RpcClient;

  before(async function () {
    if (!hasTmux() || !canBecomeOthers()) this.skip();
    daemon = await TestDaemon.start();
    administrator = await daemon.connect();
    alice = await connectAs(ALICE, daemon.rpcSocket);
    const context = await alice.open();
    const key = handleIn(await alice.submit(context, createPrimaryEcc('right', SIGNING_KEY.underDa)));
    await alice.submit(context, signWith(key, 'wrong'));
    await assert.rejects(alice.submit(context, CLEAR_20));
  });
  after(async () => {
    administrator?.close();
    alice?.close();
    await daemon?.[Symbol.asyncDispose]();
  });

  const top = (columns: number, rows: number, env: Record<string, string> = {}, command = [NODE, TBS, 'top']) =>
    Terminal.start({
      ...{ folder: daemon.folder, columns, rows },
      command: [...command, '--interval', '1'],
      env: { TPMTBS_SOCKET: daemon.rpcSocket, ...env },
    });

  const work = async (): Promise<void> => {
    const context = await administrator.open();
    for (let count = 0; count < 20; count++) await administrator.submit(context, GET_RANDOM_20);
  };

  it('fits into 80 columns and 24 rows: TPM, lockouts, queue, commands, holders and refusals', async () => {
    await using terminal = await top(80, 24);
    await work();
    const lines = await terminal.shows(WORK);
    const text = lines.join('\n');
    assert.match(text, /TPM lockout \d+ of \d+ tries/);
    assert.match(text, /user failures 1 of 9, nobody locked out/);
    for (const panel of [/Commands \d+\.\d\/s/, /Queue 0/, /Held 1/, /Refusals 1/]) assert.match(text, panel);
    assert.match(text, /transient +0x80000000/);
    assert.match(text, /uid:61001 +TPM2_Clear \(0x126\) is blocked/);
    assert.ok(lines.every(({ length }) => length <= 80));
    assert.match(lines.at(-2) ?? '', /q quit/);
  });

  it('puts panels beside each other on a wide terminal, and follows its size', async () => {
    await using terminal = await top(160, 40);
    await terminal.shows(/Commands .* Queue 0/);
    await terminal.resize(80, 24);
    await terminal.shows(/^ {2}Queue 0/m);
  });

  it('needs no colours', async () => {
    await using colourful = await top(80, 24);
    await colourful.shows(/Refusals 1/);
    assert.match(await colourful.escapes(), COLOUR);
    await using plain = await top(80, 24, { NO_COLOR: '1' });
    await plain.shows(/Refusals 1/);
    assert.doesNotMatch(await plain.escapes(), COLOUR);
  });

  it('explains a refusal: which list, and what would lift the block', async () => {
    await using terminal = await top(100, 40);
    await terminal.shows(/Refusals 1/);
    for (const key of ['BTab', 'Down', 'Up', 'Enter']) await terminal.press(key);
    const text = (await terminal.shows(/Now: TPM2_Clear/)).join('\n');
    assert.match(text, /blocked for standardUser/);
    assert.match(text, /Lifted by: /);
    await terminal.press('q');
    await terminal.shows(/ended with 0/);
  });

  it('sorts and filters', async () => {
    await using terminal = await top(100, 40);
    await work();
    await terminal.shows(WORK);
    await terminal.press('s');
    await terminal.shows(/mean ms\*/);
    await terminal.press('/', 'clear', 'Enter');
    const text = (await terminal.shows(/filter: clear/)).join('\n');
    assert.doesNotMatch(text, WORK);
    assert.match(text, /TPM2_Clear/);
  });

  it('flushes a resource only after asking', async () => {
    await using terminal = await top(100, 40);
    await terminal.shows(/Held 1/);
    await terminal.press('Tab', 'Tab', 'f');
    await terminal.shows(/Flush it\? y\/n/);
    await terminal.press('n');
    await terminal.shows(/Nothing was flushed/);
    await terminal.press('f');
    await terminal.shows(/Flush it\? y\/n/);
    await terminal.press('y');
    await terminal.shows(/Held 0/);
  });

  it('shows that the broker is gone, and continues when it is back', async () => {
    await using terminal = await top(100, 40);
    await terminal.shows(/Refusals 1/);
    await daemon.kill();
    await terminal.shows(/No answer: /);
    await daemon.run();
    await terminal.shows(/^(?![\s\S]*No answer)[\s\S]*Refusals 0/);
    administrator = await daemon.connect();
  });

  it('restores the terminal', async () => {
    await using terminal = await top(80, 24);
    await terminal.shows(/Commands/);
    await terminal.press('C-c');
    const lines = await terminal.shows(/ended with/);
    assert.deepEqual(
      lines.filter((line) => line !== '').map((line) => /^ended with \d+$/.test(line)),
      [true],
    );
  });
});
