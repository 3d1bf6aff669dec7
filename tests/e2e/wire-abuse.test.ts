/** Tests hostile callers of a real broker's wire endpoint while another user works. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { TBS_RESULTS } from '../../ts-core/domain/tbs-error.js';
import { HEADER_BYTES } from '../../ts-core/domain/tpm/command-header.js';
import { TPM_TAG } from '../../ts-core/domain/tpm12/codes.js';
import { TPM_CC, TPM_ST } from '../../ts-core/domain/tpm20/codes.js';
import { GET_RANDOM_8, hello, submit, whenClosed } from '../endpoints/wire/wire-client.js';
import { mutate } from '../fuzz/mutate.js';
import { SeededRandom } from '../fuzz/seeded-random.js';
import { ALICE, BOB, canBecomeOthers } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { SHIPPED_ENVIRONMENT } from '../support/programs.js';
import { WireClient } from '../support/wire-client.js';

const FUZZED_COMMANDS = Number(process.env['TPMTBS_FUZZED_COMMANDS'] ?? 100_000);
const ANSWER_LIMIT_MS = 50;
const WARM_UP_COMMANDS = 50_000;
const MEBIBYTE = 1024 * 1024;
const MEMORY_SLACK_MB = 30;

const FIRST_CODE: number = TPM_CC.NV_UndefineSpaceSpecial;
const LAST_CODE: number = TPM_CC.ReadOnlyControl;
const { TBS_E_BAD_PARAMETER, TBS_E_BUFFER_TOO_LARGE } = TBS_RESULTS;

describe('abuse of the wire endpoint', function () {
  this.timeout(120_000);
  let daemon: TestDaemon;
  let warmLevelMegabytes = 0;

  before(async function () {
    if (!canBecomeOthers()) this.skip();
    daemon = await TestDaemon.start({ env: SHIPPED_ENVIRONMENT });
    using attacker = await WireClient.open(daemon.wireSocket, ALICE);
    await sendFuzzed(attacker, WARM_UP_COMMANDS, 1);
    warmLevelMegabytes = daemon.residentBytes / MEBIBYTE;
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  /** Asserts that the broker's memory is back at its earlier size, apart from what V8 retains once it is warm. */
  afterEach(async () => {
    const giveUpAt = performance.now() + 5_000;
    let now = daemon.residentBytes / MEBIBYTE;
    while (now > warmLevelMegabytes + MEMORY_SLACK_MB && performance.now() < giveUpAt) {
      await wait(100);
      now = daemon.residentBytes / MEBIBYTE;
    }
    assert.ok(now <= warmLevelMegabytes + MEMORY_SLACK_MB, `${warmLevelMegabytes} MB before, ${now} MB after`);
  });

  /** Returns the response times of a quiet user's commands, each sent when the one before it has been answered. */
  async function answerTimesMs(quiet: WireClient, count: number): Promise<number[]> {
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const start = performance.now();
      const { result } = await quiet.submit(GET_RANDOM_8);
      assert.equal(result, 0);
      times.push(performance.now() - start);
    }
    return times;
  }

  /** Asserts that nearly all responses are in time: one may be late because the machine does something else. */
  function assertInTime(times: readonly number[]): void {
    const late = times.filter((time) => time > ANSWER_LIMIT_MS);
    assert.ok(late.length <= times.length / 20, `${late.length} of ${times.length} late, ${Math.max(...times)} ms`);
  }

  /** Sends mutated commands of all command codes; each must get one whole response. */
  async function sendFuzzed(attacker: WireClient, count: number, seed: number): Promise<void> {
    const seeds = Array.from({ length: LAST_CODE - FIRST_CODE }, (_, index) => {
      const command = Buffer.concat([Buffer.alloc(HEADER_BYTES), randomBytes(40)]);
      command.writeUInt32BE(command.length, 2);
      command.writeUInt16BE(index % 2 === 0 ? TPM_ST.NO_SESSIONS : TPM_ST.SESSIONS, 0);
      command.writeUInt32BE(FIRST_CODE + index, 6);
      return command;
    });
    for (let sent = 0; sent < count; sent += 32) {
      const random = new SeededRandom(seed + sent);
      const batch = Array.from({ length: 32 }, () => {
        const command = Buffer.from(mutate(seeds, random).subarray(0, 4000));
        if (command.length >= 6 && random.below(4) !== 0) command.writeUInt32BE(command.length, 2);
        return attacker.submit(command);
      });
      for (const { response } of await Promise.all(batch)) {
        assert.ok(response.length >= 10 && response.readUInt32BE(2) === response.length, `seed ${seed}`);
      }
    }
  }

  it('answers others in time while frames are half sent', async () => {
    using quiet = await WireClient.open(daemon.wireSocket, BOB);
    const halves = await Promise.all(Array.from({ length: 20 }, () => WireClient.open(daemon.wireSocket, ALICE)));
    halves.forEach((client, index) => {
      client.socket.write(submit(1, client.contextId, GET_RANDOM_8).subarray(0, 1 + index));
    });
    assertInTime(await answerTimesMs(quiet, 50));
    for (const client of halves) client.socket.destroy();
  });

  it('ends connections that send random bytes or impossible lengths, and no others', async () => {
    using quiet = await WireClient.open(daemon.wireSocket, BOB);
    const noisy = await Promise.all(Array.from({ length: 40 }, () => WireClient.connect(daemon.wireSocket, ALICE)));
    const ends = noisy.map((client, index) => {
      const end = whenClosed(client.socket);
      if (index % 2 === 0) client.socket.write(hello());
      // 0xff makes the length too long: with a possible length, the broker would wait for more bytes.
      client.socket.write(Buffer.concat([Buffer.from([0, 0, 0, 0xff]), randomBytes(30_000)]));
      return end;
    });
    assertInTime(await answerTimesMs(quiet, 50));
    await Promise.all(ends);
    assertInTime(await answerTimesMs(quiet, 5));
  });

  it('answers a header-only command for every command code', async () => {
    using client = await WireClient.open(daemon.wireSocket, ALICE);
    using quiet = await WireClient.open(daemon.wireSocket, BOB);
    for (const tag of [TPM_ST.NO_SESSIONS, TPM_ST.SESSIONS, TPM_TAG.RQU_COMMAND, 0xffff]) {
      const times = answerTimesMs(quiet, 50);
      for (let code = FIRST_CODE; code <= LAST_CODE + 5; code++) {
        const command = Buffer.alloc(10);
        command.writeUInt16BE(tag, 0);
        command.writeUInt32BE(10, 2);
        command.writeUInt32BE(code, 6);
        const { response } = await client.submit(command);
        assert.ok(response.length >= 10 && response.readUInt32BE(2) === response.length, `code ${code.toString(16)}`);
      }
      assertInTime(await times);
    }
  });

  it('answers commands with a wrong size field: 0, 9 and 4 GiB', async () => {
    using client = await WireClient.open(daemon.wireSocket, ALICE);
    for (const size of [0, 9, 11, 13, 0xffffffff]) {
      const command = Buffer.from(GET_RANDOM_8);
      command.writeUInt32BE(size, 2);
      const { result, response } = await client.submit(command);
      assert.ok(
        result === TBS_E_BAD_PARAMETER.code || result === TBS_E_BUFFER_TOO_LARGE.code,
        `size ${size}: ${result.toString(16)}`,
      );
      assert.equal(response.subarray(6).toString('hex'), '000c0142');
    }
    assert.equal((await client.submit(Buffer.alloc(0))).result, TBS_E_BAD_PARAMETER.code);
    assert.equal((await client.submit(GET_RANDOM_8)).result, 0);
  });

  it(`survives ${FUZZED_COMMANDS} fuzzed commands while another user works`, async () => {
    using attacker = await WireClient.open(daemon.wireSocket, ALICE);
    using quiet = await WireClient.open(daemon.wireSocket, BOB);
    let stop = false;
    const times: number[] = [];
    const working = (async () => {
      while (!stop) {
        times.push(...(await answerTimesMs(quiet, 1)));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    await sendFuzzed(attacker, FUZZED_COMMANDS, Date.now() >>> 0);
    stop = true;
    await working;
    assertInTime(times);
  });

  it('buffers little for 200,000 pipelined commands whose responses are never read', async () => {
    using quiet = await WireClient.open(daemon.wireSocket, BOB);
    const before = daemon.residentBytes / MEBIBYTE;
    const flood = await WireClient.open(daemon.wireSocket, ALICE);
    flood.socket.pause();
    const block = Buffer.concat(Array.from({ length: 1000 }, (_, id) => submit(id, flood.contextId, GET_RANDOM_8)));
    for (let i = 0; i < 200; i++) flood.socket.write(block);
    assertInTime(await answerTimesMs(quiet, 200));
    const during = daemon.residentBytes / MEBIBYTE;
    assert.ok(during < before + 60, `${before.toFixed(0)} MB, then ${during.toFixed(0)} MB`);
    flood.socket.destroy();
    assertInTime(await answerTimesMs(quiet, 20));
  });

  it('serves another user while one opens connections until it is refused', async () => {
    const many: WireClient[] = [];
    try {
      let refused = false;
      while (!refused && many.length < 3000) {
        const client = await WireClient.connect(daemon.wireSocket, ALICE);
        many.push(client);
        client.socket.write(hello());
        await until(() => client.responseCount > 0 || client.socket.destroyed);
        refused = client.socket.destroyed || client.refusal !== undefined;
      }
      assert.ok(refused, `${many.length} connections of one user`);
      using other = await WireClient.open(daemon.wireSocket, BOB);
      assertInTime(await answerTimesMs(other, 20));
    } finally {
      for (const client of many) client.socket.destroy();
    }
    using again = await WireClient.open(daemon.wireSocket, ALICE);
    assertInTime(await answerTimesMs(again, 5));
  });

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
  }
});
