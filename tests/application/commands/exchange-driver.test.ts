import assert from 'node:assert/strict';
import { ExchangeDriver } from '../../../ts-core/application/commands/exchange-driver.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import type { Exchange } from '../../../ts-core/domain/tpm/exchange.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { TPM_ORD, TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import type { DirectPath } from '../../../ts-core/domain/virtualization/virtualizer.js';
import { FakeClock } from '../../support/fake-clock.js';
import { PassThroughVirtualizer } from '../../support/pass-through-virtualizer.js';
import { QuietEventLoop } from '../../support/quiet-event-loop.js';
import { quietLog } from '../../support/quiet-log.js';
import { ScriptedTransport } from '../../support/scripted-transport.js';
import { command12, GET_RANDOM_12 } from '../../support/tpm12-commands.js';
import { clear, getRandom, startup } from '../../support/tpm20-commands.js';

const SUCCESS = errorResponse('2.0', TPM_RC.SUCCESS);
const INITIALIZE = errorResponse('2.0', TPM_RC.INITIALIZE);
const LOST = new TbsError('TBS_E_IOERROR');
const COMMAND = { contextId: 1, command: getRandom(8), locality: 2, roundTrips: undefined };
const TIMEOUT_MS = 1234;
const OPTIONS = { locality: 0, timeoutMs: TIMEOUT_MS };

/** A direct path that accepts every command unchanged, and records its calls. */
class OpenPath implements DirectPath {
  readonly asked: string[] = [];
  takes = true;
  completes = true;
  begin(_contextId: number, command: Uint8Array): Uint8Array | null {
    this.asked.push('begin');
    return this.takes ? command : null;
  }
  complete(response: Uint8Array): Uint8Array | null {
    this.asked.push('complete');
    return this.completes ? response : null;
  }
  failed(): void {
    this.asked.push('failed');
  }
}

class Tables extends PassThroughVirtualizer {
  direct: DirectPath | undefined;
  resumed = 0;
  resumeWith: Uint8Array | undefined;
  override *resume(): Exchange<void> {
    this.resumed++;
    if (this.resumeWith !== undefined) yield this.resumeWith;
  }
}

function setUp(version: TpmVersion = '2.0') {
  const [transport, virtualizer, log, eventLoop] = [
    new ScriptedTransport(),
    new Tables(),
    quietLog(),
    new QuietEventLoop(),
  ];
  const [direct, queue] = [new OpenPath(), { size: 0 }];
  virtualizer.direct = direct;
  const told: string[] = [];
  const presence = {
    answered: () => void told.push('answered'),
    failed: (error: unknown) => void told.push(error instanceof TbsError ? error.symbol : 'unknown'),
    wasReset: () => void told.push('reset'),
  };
  let held = 0;
  const clock = new FakeClock();
  const parts = { version, transport, virtualizer, log, eventLoop, queue, presence, clock };
  const driver = new ExchangeDriver(parts, () => void held++);
  /** Answers the commands that are sent, in order. */
  const answers = (...responses: readonly (Uint8Array | Error)[]) => {
    transport.onTransmit = ({ answer, fail }) => {
      const response = responses[transport.sent.length - 1];
      if (response instanceof Error) fail(response);
      else if (response !== undefined) answer(response);
    };
  };
  /** Returns the locality and the time limit of each command. */
  const limits = () => transport.sent.map(({ options: { locality, timeoutMs } }) => [locality, timeoutMs]);
  const sent = () => transport.sent.map(({ command }) => Buffer.from(command).toString('hex'));
  return {
    driver,
    parts,
    transport,
    virtualizer,
    direct,
    log,
    eventLoop,
    queue,
    told,
    answers,
    sent,
    limits,
    answersHeld: () => held,
  };
}

function hex(...commands: readonly Uint8Array[]): string[] {
  return commands.map((command) => Buffer.from(command).toString('hex'));
}

function* sendEach(commands: readonly Uint8Array[], seen: Uint8Array[] = []): Exchange<string> {
  for (const command of commands) seen.push(yield command);
  return 'done';
}

describe('an exchange', () => {
  it('sends each yielded command with its locality and time limit, and resolves to the returned value', async () => {
    const { driver, transport, told, answers, sent } = setUp();
    answers(SUCCESS, errorResponse('2.0', TPM_RC.LOCKOUT));
    const seen: Uint8Array[] = [];
    assert.equal(
      await driver.drive(() => sendEach([getRandom(8), clear()], seen), { ...OPTIONS, locality: 3 }),
      'done',
    );
    assert.deepEqual(sent(), hex(getRandom(8), clear()));
    assert.deepEqual(seen, [SUCCESS, errorResponse('2.0', TPM_RC.LOCKOUT)]);
    assert.deepEqual([transport.sent[0]?.options.locality, transport.sent[0]?.options.timeoutMs], [3, TIMEOUT_MS]);
    assert.deepEqual(told, ['answered', 'answered']);
  });

  it('receives the error of a failed transport, and may continue', async () => {
    const { driver, told, answers, sent } = setUp();
    answers(LOST, SUCCESS);
    const outcome = await driver.drive(function* (): Exchange<unknown> {
      try {
        yield getRandom(8);
      } catch (error) {
        yield getRandom(4);
        return error;
      }
      return undefined;
    }, OPTIONS);
    assert.equal(outcome, LOST);
    assert.deepEqual(sent(), hex(getRandom(8), getRandom(4)));
    assert.deepEqual(told, ['TBS_E_IOERROR', 'answered']);
  });

  it('releases the held response once the TPM has the command, even if the transport does not report that', async () => {
    const { driver, transport, answers, answersHeld } = setUp();
    answers(SUCCESS);
    await driver.drive(() => sendEach([getRandom(8)]), OPTIONS);
    assert.equal(answersHeld(), 1);
    assert.equal(transport.sent[0]?.options.whileTpmWorks?.(), false);
    assert.equal(answersHeld(), 2);
  });

  it('accepts requests while the TPM works, and reports whether commands wait', async () => {
    const { driver, transport, eventLoop, queue, answers } = setUp();
    answers(SUCCESS);
    await driver.drive(() => sendEach([getRandom(8)]), OPTIONS);
    assert.equal(eventLoop.requestsTaken, 0);
    queue.size = 1;
    assert.equal(transport.sent[0]?.options.whileTpmWorks?.(), true);
    assert.equal(eventLoop.requestsTaken, 1);
  });
});

describe('an exchange whose TPM was reset', () => {
  it('starts over after the TPM is started and the tables are informed', async () => {
    const { driver, virtualizer, told, log, answers, sent } = setUp();
    answers(SUCCESS, INITIALIZE, SUCCESS, SUCCESS, SUCCESS);
    await driver.drive(() => sendEach([getRandom(8), clear()]), OPTIONS);
    assert.deepEqual(sent(), hex(getRandom(8), clear(), startup(), getRandom(8), clear()));
    assert.equal(virtualizer.resets, 1);
    assert.deepEqual(told, ['answered', 'answered', 'reset', 'answered', 'answered']);
    assert.equal(log.lines[0]?.level, 'warn');
    assert.deepEqual(log.lines[0].fields, { transport: 'scripted' });
  });

  it('is ended properly, and its exceptions while ending are only logged', async () => {
    const { driver, log, answers } = setUp();
    answers(INITIALIZE, SUCCESS, SUCCESS);
    const nothingNew = new Error('nothing new');
    let left = 0;
    const leave = () => {
      if (left++ === 0) throw nothingNew;
    };
    await driver
      .drive(function* (): Exchange<void> {
        try {
          yield getRandom(8);
        } finally {
          leave();
        }
      }, OPTIONS)
      .catch(() => assert.fail('what it threw is nobody’s business'));
    assert.equal(left, 2);
    assert.deepEqual(
      log.lines.filter(({ level }) => level === 'debug').map(({ fields }) => fields),
      [{ error: nothingNew }],
    );
  });

  it('fails if the TPM is reset again and again', async () => {
    const { driver, answers, sent } = setUp();
    answers(INITIALIZE, SUCCESS, INITIALIZE);
    await assert.rejects(
      driver.drive(() => sendEach([getRandom(8)]), OPTIONS),
      { symbol: 'TBS_E_IOERROR', message: /reset twice/ },
    );
    assert.deepEqual(sent(), hex(getRandom(8), startup(), getRandom(8)));
  });

  it('starts the TPM first if the transport noticed the reset, once', async () => {
    const { driver, transport, virtualizer, answers, sent } = setUp();
    answers(SUCCESS, SUCCESS, SUCCESS);
    transport.onReset?.();
    await driver.drive(() => sendEach([getRandom(8)]), OPTIONS);
    await driver.drive(() => sendEach([getRandom(4)]), OPTIONS);
    assert.deepEqual(sent(), hex(startup(), getRandom(8), getRandom(4)));
    assert.equal(virtualizer.resets, 1);
  });

  it('may send Startup itself', async () => {
    const { driver, answers, sent, virtualizer } = setUp();
    answers(INITIALIZE, SUCCESS);
    assert.equal(await driver.drive(() => sendEach([startup()]), OPTIONS), 'done');
    assert.deepEqual(sent(), hex(startup()));
    assert.equal(virtualizer.resets, 0);
  });

  it('recognizes a reset by TPM 1.2’s own code', async () => {
    const { driver, answers, virtualizer } = setUp('1.2');
    const notStarted = errorResponse('1.2', TPM_RESULT.INVALID_POSTINIT);
    answers(notStarted, errorResponse('1.2', 0), errorResponse('1.2', 0));
    assert.equal(await driver.drive(() => sendEach([GET_RANDOM_12]), OPTIONS), 'done');
    assert.equal(virtualizer.resets, 1);
  });
});

describe('an exchange of a TPM 1.2', () => {
  it('may send Startup itself', async () => {
    const { driver, answers, sent } = setUp('1.2');
    const start = command12(TPM_ORD.Startup, Uint8Array.of(0, 1));
    answers(errorResponse('1.2', TPM_RESULT.INVALID_POSTINIT));
    assert.equal(await driver.drive(() => sendEach([start]), OPTIONS), 'done');
    assert.deepEqual(sent(), hex(start));
  });
});

describe('an exchange without an observer', () => {
  it('fails, is answered and starts over like any other', async () => {
    const { parts, transport } = setUp();
    const driver = new ExchangeDriver({ ...parts, presence: undefined }, () => undefined);
    const responses = [LOST, LOST, INITIALIZE, SUCCESS, SUCCESS];
    transport.onTransmit = ({ answer, fail }) => {
      const response = responses.shift();
      if (response instanceof Error) fail(response);
      else if (response !== undefined) answer(response);
    };
    await assert.rejects(driver.executeDirect(COMMAND, TIMEOUT_MS), LOST);
    await assert.rejects(
      driver.drive(() => sendEach([getRandom(8)]), OPTIONS),
      LOST,
    );
    assert.equal(await driver.drive(() => sendEach([getRandom(8)]), OPTIONS), 'done');
  });
});

describe('an exchange whose TPM was lost and came back', () => {
  it('follows a synchronization of the tables, which happens once', async () => {
    const { driver, transport, virtualizer, answers, sent, limits } = setUp();
    virtualizer.resumeWith = getRandom(1);
    answers(SUCCESS, SUCCESS, SUCCESS);
    transport.onReturned?.();
    await driver.drive(() => sendEach([getRandom(8)]), { ...OPTIONS, locality: 3 });
    await driver.drive(() => sendEach([getRandom(4)]), OPTIONS);
    assert.deepEqual(sent(), hex(getRandom(1), getRandom(8), getRandom(4)));
    assert.deepEqual(limits()[0], [0, TIMEOUT_MS], 'the locality of the broker, not of the caller');
    assert.deepEqual([virtualizer.resumed, virtualizer.resets], [1, 0]);
  });

  it('follows a start if the TPM came back empty', async () => {
    const { driver, transport, virtualizer, answers, sent } = setUp();
    virtualizer.resumeWith = getRandom(1);
    answers(INITIALIZE, SUCCESS, SUCCESS);
    transport.onReturned?.();
    await driver.drive(() => sendEach([getRandom(8)]), OPTIONS);
    assert.deepEqual(sent(), hex(getRandom(1), startup(), getRandom(8)));
    assert.equal(virtualizer.resets, 1);
  });

  it('follows a start if the transport notices a reset during the synchronization', async () => {
    const { driver, transport, virtualizer, answers, sent } = setUp();
    virtualizer.resumeWith = getRandom(1);
    answers(SUCCESS, SUCCESS, SUCCESS);
    const { onTransmit } = transport;
    transport.onTransmit = (transmission) => {
      if (transport.sent.length === 1) transport.onReset?.();
      onTransmit?.(transmission);
    };
    transport.onReturned?.();
    await driver.drive(() => sendEach([getRandom(8)]), OPTIONS);
    assert.deepEqual(sent(), hex(getRandom(1), startup(), getRandom(8)));
    assert.equal(virtualizer.resets, 1);
  });

  it('follows only a start if the TPM was reset as well, which makes the synchronization unnecessary', async () => {
    const { driver, transport, virtualizer, answers, sent } = setUp();
    answers(SUCCESS, SUCCESS);
    transport.onReset?.();
    transport.onReturned?.();
    await driver.drive(() => sendEach([getRandom(8)]), OPTIONS);
    assert.deepEqual(sent(), hex(startup(), getRandom(8)));
    assert.equal(virtualizer.resumed, 0);
  });
});

describe('a TPM that returns from a suspend', () => {
  it('has its tables synchronized, which are informed first if it has lost everything', async () => {
    for (const [state, resets] of [
      ['kept', 0],
      ['lost', 1],
    ] as const) {
      const { driver, virtualizer, answers, limits } = setUp();
      virtualizer.resumeWith = getRandom(1);
      answers(SUCCESS);
      await driver.comeBack(async () => state, TIMEOUT_MS);
      assert.deepEqual([virtualizer.resets, virtualizer.resumed], [resets, 1]);
      assert.deepEqual(limits(), [[0, TIMEOUT_MS]]);
    }
  });

  it('is not started again for the reset that the restart has handled', async () => {
    const { driver, transport, sent, virtualizer } = setUp();
    await driver.comeBack(async () => {
      transport.onReset?.();
      return 'kept';
    }, TIMEOUT_MS);
    assert.deepEqual(sent(), []);
    assert.equal(virtualizer.resets, 0);
  });
});

describe('a command that needs only one round trip', () => {
  it('is sent as the direct path prepares it, and answered as the direct path decides', async () => {
    const { driver, transport, direct, told, answers } = setUp();
    answers(SUCCESS);
    assert.equal(await driver.executeDirect(COMMAND, TIMEOUT_MS), SUCCESS);
    assert.deepEqual(direct.asked, ['begin', 'complete']);
    assert.deepEqual(told, ['answered']);
    const { locality, timeoutMs } = transport.sent[0]?.options ?? {};
    assert.deepEqual([locality, timeoutMs], [2, TIMEOUT_MS]);
  });

  it('runs as an exchange if there is no direct path or it declines', async () => {
    const { driver, virtualizer, direct, sent } = setUp();
    direct.takes = false;
    assert.equal(await driver.executeDirect(COMMAND, TIMEOUT_MS), null);
    virtualizer.direct = undefined;
    assert.equal(await driver.executeDirect(COMMAND, TIMEOUT_MS), null);
    assert.deepEqual(sent(), []);
    assert.deepEqual(direct.asked, ['begin']);
  });

  it('runs as an exchange after a reset or return of the TPM, which the direct path does not know about', async () => {
    for (const happens of ['onReset', 'onReturned'] as const) {
      const { driver, transport, direct } = setUp();
      transport[happens]?.();
      assert.equal(await driver.executeDirect(COMMAND, TIMEOUT_MS), null);
      assert.deepEqual(direct.asked, []);
    }
  });

  it('fails with the transport', async () => {
    const { driver, direct, told, answers } = setUp();
    answers(LOST);
    await assert.rejects(driver.executeDirect(COMMAND, TIMEOUT_MS), LOST);
    assert.deepEqual(direct.asked, ['begin', 'failed']);
    assert.deepEqual(told, ['TBS_E_IOERROR']);
  });

  it('runs as an exchange, which starts the TPM, if the TPM needs that', async () => {
    const { driver, direct, answers, sent } = setUp();
    answers(INITIALIZE, SUCCESS, SUCCESS);
    assert.equal(await driver.executeDirect(COMMAND, TIMEOUT_MS), null);
    assert.deepEqual(direct.asked, ['begin', 'failed']);
    await driver.drive(() => sendEach([getRandom(8)]), OPTIONS);
    assert.deepEqual(sent(), hex(getRandom(8), startup(), getRandom(8)));
  });
});
