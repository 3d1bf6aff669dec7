import assert from 'node:assert/strict';
import { CommandLists } from '../../../ts-core/application/policy/command-lists.js';
import { NO_LOCAL_COMMAND_LISTS } from '../../../ts-core/domain/filter/local-command-lists.js';
import { mergePolicy } from '../../../ts-core/domain/policy/merge.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { MemoryStore } from '../../support/memory-store.js';

const NO_POLICY = mergePolicy([], 1);
const BLOCKED = { ...NO_LOCAL_COMMAND_LISTS, blocked: { '1.2': [], '2.0': [TPM_CC.Sign] } };

const allowsSign = ({ lists }: CommandLists) => lists.classes.administrator.allowedCommands.has(TPM_CC.Sign);

describe('the lists in force', () => {
  it('are those of the policy and the stored local ones', async () => {
    const store = new MemoryStore();
    assert.equal(allowsSign(new CommandLists(NO_POLICY, store)), true);
    await store.put('localCommandLists', BLOCKED);
    const lists = new CommandLists(NO_POLICY, store);
    assert.equal(allowsSign(lists), false);
    assert.deepEqual(lists.localLists, BLOCKED);
  });

  it('have a new revision after each change, with which the change is in force', async () => {
    const store = new MemoryStore();
    const lists = new CommandLists(NO_POLICY, store);
    const first = lists.revision;
    const changed = lists.replaceLocal(BLOCKED);
    assert.deepEqual([lists.revision, allowsSign(lists)], [first, true], 'it is not durable yet');
    await changed;
    assert.deepEqual([lists.revision, allowsSign(lists)], [first + 1, false]);
    assert.deepEqual(store.get('localCommandLists'), BLOCKED);
    lists.policyChanged({ ...NO_POLICY, settings: { ...NO_POLICY.settings, ignoreLocalList: true } });
    assert.deepEqual([lists.revision, allowsSign(lists)], [first + 2, true]);
  });
});
