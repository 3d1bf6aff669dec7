import assert from 'node:assert/strict';
import { explain } from '../../../ts-core/cli/top/explanation.js';
import type { BrokerClient } from '../../../ts-core/client/broker-client.js';
import type { Event } from '../../../ts-core/endpoints/rpc/protocol/event.js';

const UNTIL = new Date(new Date().setHours(23, 59, 58, 0));
const OPEN = {
  ...{ durationMinutes: 480, individualThreshold: 4, totalThreshold: 9, totalFailures: 4, totalLockedOut: false },
  ...{ totalFreesAt: null, users: [], notes: [] },
};
const ALICE = { userKey: 'uid:1000', userName: 'alice', failures: 4, lockedOut: true, freesAt: UNTIL.toISOString() };
const VERDICT = {
  ...{ callerClass: 'standardUser', allowed: true, reason: 'Signs with the caller’s key.', source: null },
  ...{ condition: null, liftedBy: null, statements: [] },
};
const REMEDY = 'Wait until the time given, or ask an administrator for Reset-TbsLockout or Unblock-Tpm.';

function refusal(rule: string, details: object = {}): Event {
  return {
    ...{ kind: 'commandRefused', time: UNTIL.toISOString(), userKey: 'uid:1000', callerClass: 'standardUser' },
    ...{ processId: 812, message: 'Refused.' },
    details: { command: 'TPM2_Sign (0x15D)', rule, action: REMEDY, ...details },
  };
}

describe('the explanation of a refusal', () => {
  /** Explains with a broker of these answers; a method without one must not be called. */
  const explained = async (event: Event, answers: Readonly<Record<string, unknown>>): Promise<string> => {
    const call = async (method: string) => answers[method] ?? assert.fail(`asks for ${method}`);
    const lines = await explain({ call } as unknown as BrokerClient, { kind: 'refusal', event }, (key) =>
      key === 'uid:1000' ? 'alice' : key,
    );
    return lines.join('\n');
  };

  it('says until when a user is locked out, after how many failures, and what lifts it', async () => {
    const text = await explained(refusal('lockout'), { 'lockout/get': { ...OPEN, users: [ALICE] } });
    assert.match(text, /Now: alice \(uid:1000\) is locked out until 23:59:58: 4 failures reach the threshold of 4\./);
    assert.match(text, /What to do: Wait until the time given, or ask an administrator for Reset-TbsLockout/);
    assert.doesNotMatch(text, /allowed/);
  });

  it('says that all standard users are locked out', async () => {
    const all = { ...OPEN, totalFailures: 9, totalLockedOut: true, totalFreesAt: UNTIL.toISOString() };
    const text = await explained(refusal('lockout'), { 'lockout/get': all });
    assert.match(text, /Now: all standard users are locked out until 23:59:58: 9 failures reach the threshold of 9\./);
    const zero = await explained(refusal('lockout'), { 'lockout/get': { ...all, totalFreesAt: null } });
    assert.match(zero, /locked out until policy raises the threshold of 0\./);
  });

  it('says that the lockout is over, without a remedy', async () => {
    const text = await explained(refusal('lockout'), { 'lockout/get': OPEN });
    assert.match(text, /Now: alice \(uid:1000\) is not locked out any more\./);
    assert.doesNotMatch(text, /What to do/);
  });

  for (const rule of ['ownerAuthorization', 'handleRule', 'embedded', 'a rule of a later broker']) {
    it(`says what to do after a refusal by ${rule}, on which the lists say nothing`, async () => {
      const text = await explained(refusal(rule), {});
      assert.match(text, /What to do: Wait/);
      assert.doesNotMatch(text, /allowed/);
    });
  }

  for (const rule of ['policy', 'default', 'local', 'notAllowed']) {
    it(`gives the verdict on the command after a refusal by the list ${rule}`, async () => {
      const blocked = { ...VERDICT, allowed: false, reason: 'It is blocked.', liftedBy: 'Grant-TbsCommand' };
      const text = await explained(refusal(rule), {
        'commandBlock/test': { name: 'TPM2_Sign', code: 0x15d, verdicts: [blocked] },
      });
      assert.match(text, /Now: TPM2_Sign is blocked for standardUser\.\nReason: It is blocked\.\nLifted by: Grant-Tbs/);
      assert.doesNotMatch(text, /What to do/);
    });
  }
});
