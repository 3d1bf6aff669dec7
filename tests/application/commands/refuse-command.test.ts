import assert from 'node:assert/strict';
import {
  CommandRefusals,
  type CommandRefusalsParts,
  lockoutError,
} from '../../../ts-core/application/commands/refuse-command.js';
import type { LockoutVerdict } from '../../../ts-core/domain/lockout/lockout-window.js';
import type { PolicySettings } from '../../../ts-core/domain/policy/settings.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { TPM_ORD, TPM_TAG } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CC, TPM_RH } from '../../../ts-core/domain/tpm20/codes.js';
import { listsOf, policyOf, STRICT_GPO } from '../../domain/filter/filter-fixtures.js';
import { ALICE, ROOT } from '../../support/callers.js';
import { type PendingOptions, pendingCommand } from '../../support/pending-command.js';
import { recordedEvents } from '../../support/recorded-events.js';
import { command12 } from '../../support/tpm12-commands.js';
import { authorized, clear, createPrimary, getRandom } from '../../support/tpm20-commands.js';

type Closed = Extract<LockoutVerdict, { open: false }>;

const LOCKED_OUT: Closed = {
  open: false,
  scope: 'user',
  lockedOutUntil: Date.UTC(2026, 0, 1, 20),
  failures: 4,
  threshold: 4,
};
const INDIVIDUAL = 'standardUserAuthorizationFailureIndividualThreshold';
const TOTAL = 'standardUserAuthorizationFailureTotalThreshold';
const OWNED = new TbsError('TPM_E_COMMAND_BLOCKED', { message: 'Use Set-TpmOwnerAuth.' });

function setUp(parts: Partial<CommandRefusalsParts> = {}) {
  const { events, told } = recordedEvents();
  const askedAboutLockout: string[] = [];
  const { lockout = () => ({ open: true }) } = parts;
  const gate = new CommandRefusals({
    version: '2.0',
    lists: () => listsOf(),
    listsRevision: () => 1,
    policy: () => policyOf({}),
    handlesOf: () => [],
    ownerAuthorizationRule: () => undefined,
    beforeDispatch: () => undefined,
    events,
    ...parts,
    lockout: (userKey) => {
      askedAboutLockout.push(userKey);
      return lockout(userKey);
    },
  });
  const atSubmission = (options: PendingOptions = {}) => gate.refusalAtSubmission(pendingCommand(options).pending);
  const atDispatch = (options: PendingOptions = {}) => gate.refusalAtDispatch(pendingCommand(options).pending);
  return { gate, told, askedAboutLockout, atSubmission, atDispatch };
}

const blocksGetRandom = () =>
  listsOf({ disallowedCommands: { administrator: [], standardUser: [TPM_CC.GetRandom], sandboxedApp: [] } });

describe('the command gate: the filter', () => {
  it('lets an allowed command through at submission and at dispatch, without an event', () => {
    const { atSubmission, atDispatch, told } = setUp();
    assert.equal(atSubmission(), undefined);
    assert.equal(atDispatch(), undefined);
    assert.deepEqual(told, []);
  });

  it('refuses a blocked command at submission, and names the list and what would lift the block', () => {
    const { atSubmission } = setUp({ lists: blocksGetRandom });
    const refusal = atSubmission();
    assert.equal(refusal?.symbol, 'TPM_E_COMMAND_BLOCKED');
    assert.match(refusal.message, /^TPM2_GetRandom.* is blocked: /);
    assert.equal(refusal.details['code'], TPM_CC.GetRandom);
    assert.equal(refusal.details['source'], 'policy file /etc/tpmtbs/policy.d/50-site.json');
    assert.equal(refusal.action, refusal.details['liftedBy']);
    assert.ok(refusal.action.length > 0);
  });

  it('raises an event for a refusal: who, which command, which list', () => {
    const { atSubmission, told } = setUp({ lists: blocksGetRandom });
    const refusal = atSubmission();
    assert.equal(told.length, 1);
    assert.equal(told[0]?.kind, 'commandRefused');
    assert.equal(told[0].userKey, ALICE.userKey);
    assert.equal(told[0].processId, ALICE.processId);
    assert.equal(told[0].message, refusal?.message);
    assert.equal(told[0].details['result'], 'TPM_E_COMMAND_BLOCKED');
    assert.equal(told[0].details['rule'], refusal?.details['list']);
    assert.equal(told[0].details['source'], refusal?.details['source']);
    assert.equal(told[0].details['action'], refusal?.action);
    assert.match(String(told[0].details['command']), /GetRandom/);
  });

  it('uses the lists for the caller’s class', () => {
    const { atSubmission } = setUp({ lists: blocksGetRandom });
    assert.equal(atSubmission({ caller: ROOT }), undefined);
  });

  it('decides again at dispatch if the lists have changed while the command waited', () => {
    let lists = listsOf();
    const { atDispatch } = setUp({ lists: () => lists, listsRevision: () => 2 });
    assert.equal(atDispatch({ listsRevision: 1 }), undefined);
    lists = blocksGetRandom();
    assert.equal(atDispatch({ listsRevision: 1 })?.symbol, 'TPM_E_COMMAND_BLOCKED');
  });

  it('does not decide twice by the same lists', () => {
    const { atDispatch, gate } = setUp({ lists: blocksGetRandom, listsRevision: () => 7 });
    assert.equal(gate.listsRevision, 7);
    assert.equal(atDispatch({ listsRevision: 7 }), undefined);
  });

  it('checks the handles of everybody except administrators', () => {
    const asked: Uint8Array[] = [];
    const handlesOf = (command: Uint8Array) => {
      asked.push(command);
      return [TPM_RH.LOCKOUT];
    };
    const { atSubmission } = setUp({ handlesOf });
    const command = authorized('PolicySecret', [TPM_RH.LOCKOUT], []);
    assert.equal(atSubmission({ command })?.details['list'], 'handleRule');
    assert.deepEqual(asked, [command]);
    assert.equal(atSubmission({ command, caller: ROOT }), undefined);
    assert.equal(asked.length, 1, 'an administrator’s handles are not worked out');
  });

  it('does not ask for the handles of a TPM 1.2 command, which has no handle area', () => {
    const handlesOf = () => assert.fail('asked');
    const { atSubmission } = setUp({ version: '1.2', handlesOf });
    const command = command12(TPM_ORD.GetRandom, Buffer.alloc(4));
    assert.equal(atSubmission({ version: '1.2', command }), undefined);
  });
});

describe('the command gate: the rule of the owner authorization', () => {
  it('refuses at submission', () => {
    const { atSubmission, told } = setUp({ ownerAuthorizationRule: () => OWNED });
    assert.equal(atSubmission(), OWNED);
    assert.equal(told[0]?.details['rule'], 'ownerAuthorization');
    assert.equal(told[0].details['result'], OWNED.symbol);
    assert.ok(!('source' in told[0].details), 'no file, GPO or list decided');
  });

  it('refuses at dispatch if the refusal began while the command waited', () => {
    const { atDispatch } = setUp({ ownerAuthorizationRule: () => OWNED });
    assert.equal(atDispatch(), OWNED);
  });

  it('gets the submitted command', () => {
    const asked: number[] = [];
    const ownerAuthorizationRule: CommandRefusalsParts['ownerAuthorizationRule'] = ({ header }) => {
      asked.push(header.code);
      return undefined;
    };
    const { atSubmission, atDispatch } = setUp({ ownerAuthorizationRule });
    atSubmission({ caller: ROOT, command: clear() });
    atDispatch({ caller: ROOT, command: clear() });
    assert.deepEqual(asked, [TPM_CC.Clear, TPM_CC.Clear]);
  });

  it('comes after the filter, so the reported reason is the list', () => {
    const { atSubmission } = setUp({ ownerAuthorizationRule: () => OWNED, lists: blocksGetRandom });
    assert.notEqual(atSubmission(), OWNED);
  });
});

describe('the command gate: the lockout', () => {
  const withAuthorization = createPrimary({ hierarchy: 'owner', auth: 'guess' });

  it('refuses authorized commands of a locked-out user at dispatch, with the end of the lockout', () => {
    const { atDispatch, askedAboutLockout, told } = setUp({ lockout: () => LOCKED_OUT });
    const refusal = atDispatch({ command: withAuthorization });
    assert.equal(refusal?.symbol, 'TPM_20_E_LOCKOUT');
    assert.equal(refusal.details['freesAt'], '2026-01-01T20:00:00.000Z');
    assert.deepEqual(askedAboutLockout, [ALICE.userKey]);
    assert.equal(told[0]?.details['rule'], 'lockout');
    assert.match(String(told[0].details['action']), /Reset-TbsLockout/);
  });

  it('is not checked at submission, where earlier guesses are not counted yet', () => {
    const { atSubmission, askedAboutLockout } = setUp({ lockout: () => LOCKED_OUT });
    assert.equal(atSubmission({ command: withAuthorization }), undefined);
    assert.deepEqual(askedAboutLockout, []);
  });

  it('lets commands without an authorization through', () => {
    const { atDispatch, askedAboutLockout } = setUp({ lockout: () => LOCKED_OUT });
    assert.equal(atDispatch({ command: getRandom(8) }), undefined);
    assert.deepEqual(askedAboutLockout, []);
  });

  it('also refuses them if the lists have changed and still allow the command', () => {
    const { atDispatch } = setUp({ lockout: () => LOCKED_OUT, listsRevision: () => 2 });
    assert.equal(atDispatch({ command: withAuthorization, listsRevision: 1 })?.symbol, 'TPM_20_E_LOCKOUT');
  });

  it('never refuses an administrator', () => {
    const { atDispatch, askedAboutLockout } = setUp({ lockout: () => LOCKED_OUT });
    assert.equal(atDispatch({ command: withAuthorization, caller: ROOT }), undefined);
    assert.deepEqual(askedAboutLockout, []);
  });

  it('lets authorized commands through while the user is not locked out', () => {
    const { atDispatch, askedAboutLockout } = setUp();
    assert.equal(atDispatch({ command: withAuthorization }), undefined);
    assert.deepEqual(askedAboutLockout, [ALICE.userKey]);
  });

  it('refuses a TPM 1.2 command with the result of TPM 1.2', () => {
    const { atDispatch } = setUp({ version: '1.2', lockout: () => LOCKED_OUT });
    const command = command12(TPM_ORD.Unseal, Buffer.alloc(60), TPM_TAG.RQU_AUTH2_COMMAND);
    assert.equal(atDispatch({ version: '1.2', command })?.symbol, 'TPM_E_DEFEND_LOCK_RUNNING');
  });
});

describe('the command gate: what must be durable first', () => {
  it('is what the responsible part returns for the command', () => {
    const durable = Promise.resolve();
    const { gate } = setUp({ beforeDispatch: ({ header }) => (header.code === TPM_CC.Clear ? durable : undefined) });
    assert.equal(gate.beforeDispatch(pendingCommand({ command: clear() }).pending), durable);
    assert.equal(gate.beforeDispatch(pendingCommand().pending), undefined);
  });
});

describe('the refusal of a locked-out caller', () => {
  it('names whose failures count, their number, and when the lockout ends', () => {
    const { message, details } = lockoutError('2.0', LOCKED_OUT, policyOf({}));
    assert.match(message, /^4 authorization failures of this user .* 4: .* until 2026-01-01T20:00:00\.000Z\.$/);
    assert.deepEqual(
      { ...details, liftedBy: undefined },
      {
        ...{ scope: 'user', failures: 4, threshold: 4, freesAt: '2026-01-01T20:00:00.000Z' },
        ...{ setting: INDIVIDUAL, source: 'default', liftedBy: undefined },
      },
    );
    const ofAll = lockoutError('2.0', { ...LOCKED_OUT, scope: 'total', failures: 9, threshold: 9 }, policyOf({}));
    assert.match(ofAll.message, /^9 authorization failures of all standard users together /);
  });

  it('names a threshold of 0, which does not end by waiting', () => {
    const verdict: Closed = { ...LOCKED_OUT, scope: 'threshold0', lockedOutUntil: null, failures: 0, threshold: 0 };
    const { message, details } = lockoutError('2.0', verdict, policyOf({}));
    assert.match(message, /^A lockout threshold is set to 0/);
    assert.equal(details['freesAt'], null);
  });

  const byScope: readonly { scope: Closed['scope']; settings: Partial<PolicySettings>; decides: string }[] = [
    { scope: 'user', settings: { [INDIVIDUAL]: 4 }, decides: INDIVIDUAL },
    { scope: 'total', settings: { [TOTAL]: 4 }, decides: TOTAL },
    { scope: 'threshold0', settings: { [INDIVIDUAL]: 0 }, decides: INDIVIDUAL },
    { scope: 'threshold0', settings: { [TOTAL]: 0 }, decides: TOTAL },
  ];
  for (const { scope, settings, decides } of byScope) {
    it(`names the GPO that sets ${decides} (${scope}), also in the event`, () => {
      const { atDispatch, told } = setUp({
        lockout: () => ({ ...LOCKED_OUT, scope }),
        policy: () => policyOf(settings, STRICT_GPO),
      });
      const refusal = atDispatch({ command: createPrimary({ hierarchy: 'owner', auth: 'wrong' }) });
      assert.equal(refusal?.details['setting'], decides);
      assert.equal(refusal.details['source'], STRICT_GPO.location);
      assert.match(refusal.action, new RegExp(`${decides}.* in GPO "Strict".*Administrators of the domain`));
      assert.equal(told[0]?.details['source'], STRICT_GPO.location);
    });
  }

  it('is the same although two clocks are read, so that refusals can be coalesced', () => {
    const moment = Date.UTC(2026, 0, 1, 12, 0, 0, 500);
    const [first, second] = [moment, moment + 1].map((lockedOutUntil) =>
      lockoutError('2.0', { ...LOCKED_OUT, lockedOutUntil }, policyOf({})),
    );
    assert.equal(first?.message, second?.message);
    assert.deepEqual(first?.details, second?.details);
  });
});
