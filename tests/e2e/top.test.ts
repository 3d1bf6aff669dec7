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

  it('says which size it needs on a smaller terminal, ignores keys there, and appears when the terminal grows', async () => {
    await using terminal = await top(40, 12);
    assert.deepEqual(
      (await terminal.shows(/needs/)).filter((line) => line !== ''),
      ['tbs top needs 60x20; this is 40x12'],
    );
    await terminal.press('Tab', 'Tab', 'f', 'y');
    await terminal.resize(100, 8);
    await terminal.shows(/tbs top needs at least 60x20; this terminal has 100x8/);
    for (const [columns, rows] of [
      [60, 20],
      [200, 50],
    ] as const) {
      await terminal.resize(columns, rows);
      const lines = await terminal.shows(
        /Commands [\s\S]*Queue 0[\s\S]*Held 1[\s\S]*transient[\s\S]*Refusals 1[\s\S]*uid:61001/,
      );
      assert.ok(lines.every(({ length }) => length <= columns));
    }
    await terminal.resize(20, 5);
    await terminal.shows(/^needs 60x20/);
    await terminal.press('q');
    await terminal.shows(/ended with 0/);
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
    assert.match(text, /Nothing matches \/clear/);
    assert.doesNotMatch(text, /Nobody holds/);
  });

  it('flushes a resource only after asking', async () => {
    await using terminal = await top(100, 40);
    await terminal.shows(/Held 1/);
    await terminal.press('Tab', 'Tab', 'f');
    await terminal.shows(/Flush transient 0x80000000 of uid:61001, context \d+\? y\/n/);
    await terminal.press('n');
    await terminal.shows(/Nothing was flushed/);
    await terminal.press('f');
    await terminal.shows(/Flush .*\? y\/n/);
    await terminal.press('y');
    await terminal.shows(/Held 0/);
  });

  it('explains a refusal during a lockout: until when, after how many failures, and what lifts it', async () => {
    const context = await alice.open();
    const key = handleIn(await alice.submit(context, createPrimaryEcc('right', SIGNING_KEY.noDa)));
    for (let failures = 1; failures < 4; failures++) await alice.submit(context, signWith(key, 'wrong'));
    await assert.rejects(alice.submit(context, signWith(key, 'right')));
    await using terminal = await top(100, 40);
    await terminal.shows(/Refusals [1-9]/);
    await terminal.press('/', 'TPM2_Sign', 'Enter', 'BTab');
    await terminal.shows(/^\* Refusals \d, 1 shown/m);
    await terminal.press('Enter');
    const text = (await terminal.shows(/What to do: Wait/)).join('\n').replace(/\s+/g, ' ');
    assert.match(text, /Now: uid:61001 is locked out until [\d: -]+: 4 failures reach the threshold of 4\./);
    assert.match(text, /Reset-TbsLockout/);
    assert.doesNotMatch(text, /TPM2_Sign is allowed/);
  });

  it('shows that the broker is gone, and continues when it is back', async () => {
    await using terminal = await top(100, 40);
    await terminal.shows(/Refusals [1-9]/);
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
