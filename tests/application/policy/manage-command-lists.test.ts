import assert from 'node:assert/strict';
import { CommandLists } from '../../../ts-core/application/policy/command-lists.js';
import { ManageCommandLists } from '../../../ts-core/application/policy/manage-command-lists.js';
import { mergePolicy } from '../../../ts-core/domain/policy/merge.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { ROOT } from '../../support/callers.js';
import { MemoryStore } from '../../support/memory-store.js';
import { recordedEvents } from '../../support/recorded-events.js';

function setUp() {
  const store = new MemoryStore();
  const lists = new CommandLists(mergePolicy([], 1), store);
  const { events, told } = recordedEvents();
  const blockLists = new ManageCommandLists('2.0', lists, events);
  const blocked = () => lists.localLists.blocked['2.0'];
  return { store, lists, blockLists, told, blocked };
}

describe('the local lists of commands', () => {
  it('accept a command by name or code, each only once, and report what has changed', async () => {
    const { blockLists, blocked, told } = setUp();
    const change = await blockLists.block(ROOT, ['GetRandom', TPM_CC.GetRandom, 'Clear'], undefined);
    assert.deepEqual([change.changed, change.unchanged], [[TPM_CC.GetRandom, TPM_CC.Clear], []]);
    assert.deepEqual(blocked(), [TPM_CC.Clear, TPM_CC.GetRandom]);
    const again = await blockLists.block(ROOT, ['GetRandom'], undefined);
    assert.deepEqual([again.changed, again.unchanged], [[], [TPM_CC.GetRandom]]);
    assert.deepEqual(
      told.map(({ kind, userKey, details }) => [kind, userKey, details]),
      [TPM_CC.GetRandom, TPM_CC.Clear].map((code) => ['listChanged', ROOT.userKey, { code }]),
    );
  });

  it('release a blocked command again, and only that one', async () => {
    const { blockLists, blocked } = setUp();
    await blockLists.block(ROOT, ['GetRandom', 'Clear'], undefined);
    const { changed, unchanged } = await blockLists.unblock(ROOT, ['Clear', 'Hash'], undefined);
    assert.deepEqual([changed, unchanged, blocked()], [[TPM_CC.Clear], [TPM_CC.Hash], [TPM_CC.GetRandom]]);
  });

  it('explain the commands that changed, as they are now, for each class', async () => {
    const { blockLists } = setUp();
    const { commands } = await blockLists.block(ROOT, ['GetRandom'], undefined);
    assert.deepEqual(
      commands.map((each) => each.map(({ verdict }) => verdict.allowed)),
      [[false, false, false]],
    );
    assert.equal(blockLists.test('GetRandom', 'standardUser', undefined, undefined).verdict.allowed, false);
  });

  it('grant to one class alone', async () => {
    const { blockLists, lists } = setUp();
    await blockLists.grant(ROOT, ['Clear'], 'standardUser');
    assert.deepEqual(lists.localLists.allowed, {
      ...lists.localLists.allowed,
      administrator: [],
      sandboxedApp: [],
      standardUser: [TPM_CC.Clear],
    });
    const { changed } = await blockLists.revoke(ROOT, ['Clear'], 'standardUser');
    assert.deepEqual([changed, lists.localLists.allowed.standardUser], [[TPM_CC.Clear], []]);
  });

  it('lose no change if several are made at once', async () => {
    const { blockLists, blocked } = setUp();
    await Promise.all(['GetRandom', 'Clear', 'Hash'].map((name) => blockLists.block(ROOT, [name], undefined)));
    assert.deepEqual(
      blocked(),
      [TPM_CC.Clear, TPM_CC.GetRandom, TPM_CC.Hash].sort((a, b) => a - b),
    );
  });

  it('stay as they are, without an event, where the change cannot be stored, and take the next one', async () => {
    const { store, blockLists, blocked, told } = setUp();
    const { put } = store;
    store.put = () => Promise.reject(new Error('ENOSPC'));
    await assert.rejects(blockLists.block(ROOT, ['GetRandom'], undefined), /ENOSPC/);
    assert.deepEqual([blocked(), told], [[], []]);
    store.put = put;
    await blockLists.block(ROOT, ['Clear'], undefined);
    assert.deepEqual(blocked(), [TPM_CC.Clear]);
  });

  it('refuse a name that no command has, and change nothing, even if others are right', async () => {
    const { blockLists, blocked } = setUp();
    assert.throws(() => blockLists.block(ROOT, ['Clear', 'GetRandon'], undefined), {
      symbol: 'TBS_E_BAD_PARAMETER',
      message: /GetRandom/,
    });
    assert.deepEqual(blocked(), []);
  });

  it('are kept apart for the versions of the TPM', async () => {
    const { blockLists, lists, blocked } = setUp();
    await blockLists.block(ROOT, ['TakeOwnership'], '1.2');
    assert.deepEqual([blocked(), lists.localLists.blocked['1.2'].length], [[], 1]);
  });
});
