import assert from 'node:assert/strict';
import { gatherMachineReport } from '../../../ts-core/application/report/report-machine.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { ROOT } from '../../support/callers.js';

type Sources = Parameters<typeof gatherMachineReport>[0];

const NAMES: Readonly<Record<string, string>> = { 'uid:1000': 'alice', 'uid:1001': 'bob' };
const LOCKOUT = { users: [{ userKey: 'uid:1000' }] };
const REFUSALS = [{ userKey: 'uid:1001' }, { userKey: undefined }];

function setUp(testOfEventLog: () => Promise<unknown>) {
  const asked: unknown[] = [];
  const of = (name: string, answer: unknown) => (caller: Caller) => {
    asked.push([name, caller]);
    return answer;
  };
  const time = new Date(Date.UTC(2026, 0, 1));
  const sources = {
    status: { device: 'device', transportDescription: 'transport', get: async () => 'status' },
    lockout: { get: of('lockout', LOCKOUT) },
    events: { pastRefusals: of('refusals', REFUSALS) },
    policy: { reportContent: () => ({ computer: 'host', time }) },
    blockLists: { list: (...filters: unknown[]) => filters },
    authLevel: { get: () => 'level' },
    ownerAuthBackup: { get: () => 'backup' },
    eventLog: { test: testOfEventLog },
    userNames: { namesOf: async (keys: Iterable<string>) => new Map([...keys].map((key) => [key, NAMES[key]])) },
    recentAnswers: {
      for: async (caller: Caller, name: string, answer: () => unknown) => {
        asked.push([name, caller]);
        return answer();
      },
    },
  } as unknown as Sources;
  return { sources, asked, time };
}

describe('the content of the machine’s report', () => {
  it('has each part as the caller may see it, and asks the TPM for costly ones only once in a while', async () => {
    const { sources, asked, time } = setUp(async () => 'boot');
    const { nameOf, policy, ...content } = await gatherMachineReport(sources, ROOT);
    assert.deepEqual(content, {
      ...{ computer: 'host', timeMs: time.getTime(), device: 'device', transport: 'transport', status: 'status' },
      ...{ lockout: LOCKOUT, refusals: REFUSALS, commands: [undefined, undefined] },
      ...{ authLevel: 'level', backup: 'backup', boot: 'boot' },
    });
    assert.deepEqual(policy, { computer: 'host', time });
    assert.deepEqual(asked, [
      ['report/boot', ROOT],
      ['status/get', ROOT],
      ['lockout', ROOT],
      ['refusals', ROOT],
    ]);
  });

  it('names users where they have a name', async () => {
    const { nameOf } = await gatherMachineReport(setUp(async () => 'boot').sources, ROOT);
    assert.deepEqual([nameOf('uid:1000'), nameOf('uid:1001'), nameOf('uid:1002')], ['alice', 'bob', 'uid:1002']);
  });

  it('says why there is no measured boot, and has everything else', async () => {
    const { sources } = setUp(async () => {
      throw new TbsError('TBS_E_NO_EVENT_LOG', { message: 'The firmware left no log.' });
    });
    const { boot, status } = await gatherMachineReport(sources, ROOT);
    assert.deepEqual([boot, status], [{ problem: 'The firmware left no log.' }, 'status']);
  });
});
