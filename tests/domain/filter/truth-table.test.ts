/** Tests the truth table of docs/command-lists.md: every combination of lists and ignore flags, for every class. */
import assert from 'node:assert/strict';
import { CALLER_CLASSES, type CallerClass } from '../../../ts-core/domain/caller.js';
import { explain } from '../../../ts-core/domain/filter/explain-command.js';
import { TPM_ORD } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { decideOn, everyCombination, listsOf } from './filter-fixtures.js';

const NOBODY: Readonly<Record<CallerClass, readonly number[]>> = {
  administrator: [],
  standardUser: [],
  sandboxedApp: [],
};

describe('filter truth table, TPM 1.2', () => {
  const DEFAULT_BLOCKED = TPM_ORD.ChangeAuthAsymStart; // on the default list of every class
  const NOT_DEFAULT_BLOCKED = TPM_ORD.GetRandom;

  it('blocks a command that policy (enabled), the default list (unless ignored) or the local list (unless ignored) names', () => {
    let combinations = 0;
    for (const callerClass of CALLER_CLASSES) {
      for (const row of everyCombination([
        'onPolicyList',
        'policyListEnabled',
        'onDefaultList',
        'ignoreDefaultList',
        'onLocalList',
        'ignoreLocalList',
      ])) {
        const code = row.onDefaultList ? DEFAULT_BLOCKED : NOT_DEFAULT_BLOCKED;
        const lists = listsOf(
          {
            blockedCommandsEnabled: row.policyListEnabled,
            blockedCommands: row.onPolicyList ? [code] : [],
            ignoreDefaultList: row.ignoreDefaultList,
            ignoreLocalList: row.ignoreLocalList,
          },
          { blocked: { '1.2': row.onLocalList ? [code] : [], '2.0': [] } },
        );
        const byPolicy = row.onPolicyList && row.policyListEnabled;
        const byDefault = row.onDefaultList && !row.ignoreDefaultList;
        const byLocal = row.onLocalList && !row.ignoreLocalList;
        const verdict = decideOn(lists, '1.2', code, callerClass, null);
        assert.equal(verdict.allowed, !(byPolicy || byDefault || byLocal), JSON.stringify({ callerClass, ...row }));
        if (!verdict.allowed) {
          assert.equal(verdict.list, byPolicy ? 'policy' : byDefault ? 'default' : 'local');
          assert.equal(verdict.symbol, 'TPM_E_COMMAND_BLOCKED');
          const toLift = explain(lists, { version: '1.2', code, callerClass }).liftedBy;
          assert.equal(toLift.length, [byPolicy, byDefault, byLocal].filter(Boolean).length);
        }
        combinations += 1;
      }
    }
    assert.equal(combinations, 3 * 64);
  });
});

describe('filter truth table, TPM 2.0', () => {
  /** A command that the shipped lists allow for the class, and one that they do not. */
  const SHIPPED: Readonly<Record<CallerClass, { readonly allowed: number; readonly withheld: number }>> = {
    administrator: { allowed: TPM_CC.Clear, withheld: TPM_CC.FieldUpgradeStart },
    standardUser: { allowed: TPM_CC.Quote, withheld: TPM_CC.Clear },
    sandboxedApp: { allowed: TPM_CC.GetRandom, withheld: TPM_CC.Quote },
  };

  it('allows only commands that a list allows, and never one that policy (enabled) or the local list (unless ignored) blocks', () => {
    let combinations = 0;
    for (const callerClass of CALLER_CLASSES) {
      for (const row of everyCombination([
        'onShippedList',
        'allowedByPolicy',
        'granted',
        'onPolicyList',
        'policyListEnabled',
        'onLocalList',
        'ignoreLocalList',
        'ignoreDefaultList',
        'takenByPolicy',
      ])) {
        const code = SHIPPED[callerClass][row.onShippedList ? 'allowed' : 'withheld'];
        const lists = listsOf(
          {
            blockedCommandsEnabled: row.policyListEnabled,
            blockedCommands: row.onPolicyList ? [code] : [],
            ignoreDefaultList: row.ignoreDefaultList,
            ignoreLocalList: row.ignoreLocalList,
            allowedCommands: { ...NOBODY, [callerClass]: row.allowedByPolicy ? [code] : [] },
            disallowedCommands: { ...NOBODY, [callerClass]: row.takenByPolicy ? [code] : [] },
          },
          {
            blocked: { '1.2': [], '2.0': row.onLocalList ? [code] : [] },
            allowed: { ...NOBODY, [callerClass]: row.granted ? [code] : [] },
          },
        );
        const onAllowedList = row.onShippedList || row.allowedByPolicy || row.granted;
        const byBlockedList = row.onPolicyList && row.policyListEnabled;
        const byPolicy = byBlockedList || row.takenByPolicy;
        const byLocal = row.onLocalList && !row.ignoreLocalList;
        const verdict = decideOn(lists, '2.0', code, callerClass);
        assert.equal(
          verdict.allowed,
          onAllowedList && !byPolicy && !byLocal,
          JSON.stringify({ callerClass, code, ...row }),
        );
        if (!verdict.allowed) {
          assert.equal(verdict.list, byPolicy ? 'policy' : byLocal ? 'local' : 'notAllowed');
          const toLift = explain(lists, { version: '2.0', code, callerClass }).liftedBy;
          assert.equal(
            toLift.length,
            [byBlockedList, row.takenByPolicy, byLocal, !onAllowedList].filter(Boolean).length,
          );
        }
        combinations += 1;
      }
    }
    assert.equal(combinations, 3 * 512);
  });

  it('does not allow the command to another class by a grant', () => {
    const lists = listsOf({}, { allowed: { ...NOBODY, standardUser: [TPM_CC.Clear] } });
    assert.equal(decideOn(lists, '2.0', TPM_CC.Clear, 'standardUser').allowed, true);
    assert.equal(decideOn(lists, '2.0', TPM_CC.Clear, 'sandboxedApp').allowed, false);
  });

  it('disallows a command for one class only, whatever the grants, and names the policy', () => {
    const lists = listsOf(
      { disallowedCommands: { ...NOBODY, standardUser: [TPM_CC.GetRandom] } },
      { allowed: { ...NOBODY, standardUser: [TPM_CC.GetRandom] } },
    );
    assert.equal(decideOn(lists, '2.0', TPM_CC.GetRandom, 'administrator').allowed, true);
    assert.equal(decideOn(lists, '2.0', TPM_CC.GetRandom, 'standardUser').allowed, false);
    const { statements } = explain(lists, { version: '2.0', code: TPM_CC.GetRandom, callerClass: 'standardUser' });
    assert.match(statements[0]?.reason ?? '', /disallowedCommands.*standard users/);
    assert.match(statements[0]?.source ?? '', /50-site\.json/);
  });

  it('blocks unknown codes, vendor commands included, until they are granted or policy allows them', () => {
    for (const code of [0x1ff, 0x20000123, 0xffffffff, 0]) {
      for (const callerClass of CALLER_CLASSES) {
        assert.equal(decideOn(listsOf(), '2.0', code, callerClass).allowed, false);
        const granted = listsOf({}, { allowed: { ...NOBODY, [callerClass]: [code] } });
        assert.equal(decideOn(granted, '2.0', code, callerClass).allowed, true);
        const byPolicy = listsOf({ allowedCommands: { ...NOBODY, [callerClass]: [code] } });
        assert.equal(decideOn(byPolicy, '2.0', code, callerClass).allowed, true);
      }
    }
  });
});
