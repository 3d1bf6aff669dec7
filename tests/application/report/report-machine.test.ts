import assert from 'node:assert/strict';
import { gatherMachineReport } from '../../../ts-core/application/report/report-machine.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { ROOT } from '../../support/callers.js';

type Sources = Parameters<typeof gatherMachineReport>[0];

function setUp(testOfEventLog: () => Promise<unknown>) {
  const asked: unknown[] = [];
  const of = (what: string) => (caller: Caller) => {
    asked.push([what, caller]);
    return what;
  };
  const time = new Date(Date.UTC(2026, 0, 1));
  const sources = {
    status: { device: 'device', transportDescription: 'transport', get: async () => 'status' },
    lockout: { get: of('lockout') },
    events: { pastRefusals: of('refusals') },
    policy: { reportContent: () => ({ computer: 'host', time }) },
    blockLists: { list: (...filters: unknown[]) => filters },
    authLevel: { get: () => 'level' },
    ownerAuthBackup: { get: () => 'backup' },
    eventLog: { test: testOfEventLog },
    userNames: { nameOf: (userKey: string) => (userKey === 'uid:1000' ? 'alice' : undefined) },
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
  it('has each part as the caller may see it, and what costs the TPM something only once in a while', async () => {
    const { sources, asked, time } = setUp(async () => 'boot');
    const { nameOf, policy, ...content } = await gatherMachineReport(sources, ROOT);
    assert.deepEqual(content, {
      ...{ computer: 'host', timeMs: time.getTime(), device: 'device', transport: 'transport', status: 'status' },
      ...{ lockout: 'lockout', refusals: 'refusals', commands: [undefined, undefined] },
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
    assert.deepEqual([nameOf('uid:1000'), nameOf('uid:1001')], ['alice', 'uid:1001']);
  });

  it('says why there is no measured boot, and has everything else', async () => {
    const { sources } = setUp(async () => {
      throw new TbsError('TBS_E_NO_EVENT_LOG', { message: 'The firmware left no log.' });
    });
    const { boot, status } = await gatherMachineReport(sources, ROOT);
    assert.deepEqual([boot, status], [{ problem: 'The firmware left no log.' }, 'status']);
  });
});
