import assert from 'node:assert/strict';
import { CALLER_CLASSES } from '../../../ts-core/domain/caller.js';
import { isShippedAllowed } from '../../../ts-core/domain/filter/filter-lists.js';
import { NO_LOCAL_COMMAND_LISTS } from '../../../ts-core/domain/filter/local-command-lists.js';
import { TPM12_DEFAULT_BLOCKED } from '../../../ts-core/domain/filter/tpm12-default-blocked.js';
import { TPM20_ALLOWED } from '../../../ts-core/domain/filter/tpm20-allowed.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { listsOf } from './filter-fixtures.js';

const NOBODY = { administrator: [], standardUser: [], sandboxedApp: [] };

describe('the compiled lists', () => {
  it('contain exactly the shipped lists by default', () => {
    const { classes } = listsOf();
    for (const callerClass of CALLER_CLASSES) {
      const shipped = TPM20_ALLOWED.filter((entry) => isShippedAllowed(entry, callerClass));
      assert.deepEqual(
        [...classes[callerClass].allowedCommands],
        shipped.map(({ code }) => code),
      );
      const blocked = TPM12_DEFAULT_BLOCKED[callerClass].map(({ ordinal }) => ordinal);
      assert.deepEqual([...classes[callerClass].blocked12], blocked);
    }
    assert.deepEqual(NO_LOCAL_COMMAND_LISTS, { blocked: { '1.2': [], '2.0': [] }, allowed: NOBODY });
  });

  it('of TPM 1.2 are empty if policy ignores both lists', () => {
    const ignoring = { ignoreDefaultList: true, ignoreLocalList: true };
    const { classes } = listsOf(ignoring, { blocked: { '1.2': [1], '2.0': [TPM_CC.Sign] } });
    for (const callerClass of CALLER_CLASSES) {
      assert.equal(classes[callerClass].blocked12.size, 0);
      assert.ok(classes[callerClass].allowedCommands.has(TPM_CC.Sign));
    }
  });

  it('limit handles only for standard users and sandboxed apps, and for no granted command', () => {
    const granted = listsOf({}, { allowed: { ...NOBODY, standardUser: [TPM_CC.PCR_Extend] } });
    assert.equal(granted.classes.administrator.conditions20.size, 0);
    assert.equal(granted.classes.standardUser.conditions20.get(TPM_CC.PCR_Extend), undefined);
    assert.equal(granted.classes.standardUser.conditions20.get(TPM_CC.NV_Write), 'notAsOwner');
    assert.ok([...granted.classes.standardUser.conditions20.values()].every((condition) => condition !== undefined));
    assert.ok(granted.classes.standardUser.conditions20.size < TPM20_ALLOWED.length / 2);
  });

  it('allow a shipped command to the classes of its entry', () => {
    const [first] = TPM20_ALLOWED;
    assert.ok(first);
    const allowedTo = (to: typeof first.allowedTo) =>
      CALLER_CLASSES.filter((callerClass) => isShippedAllowed({ ...first, allowedTo: to }, callerClass));
    assert.deepEqual(allowedTo('everyone'), CALLER_CLASSES);
    assert.deepEqual(allowedTo('users'), ['administrator', 'standardUser']);
    assert.deepEqual(allowedTo('administrators'), ['administrator']);
    assert.deepEqual(allowedTo('nobody'), []);
  });

  it('of TPM 1.2 are sorted by ordinal', () => {
    for (const callerClass of CALLER_CLASSES) {
      const ordinals = TPM12_DEFAULT_BLOCKED[callerClass].map(({ ordinal }) => ordinal);
      assert.deepEqual(
        ordinals,
        [...ordinals].sort((left, right) => left - right),
      );
      assert.ok(ordinals.length > 0);
    }
  });
});
