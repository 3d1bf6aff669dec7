import assert from 'node:assert/strict';
import type { EffectiveAuthLevel } from '../../../../ts-core/domain/owner-auth/effective-level.js';
import { authLevelHandlers } from '../../../../ts-core/endpoints/rpc/handlers/auth-level-handlers.js';
import { policyOf } from '../../../domain/filter/filter-fixtures.js';
import { ROOT } from '../../../support/callers.js';
import { applicationWith, sessionOf } from '../../../support/rpc-session.js';

const BY_POLICY: EffectiveAuthLevel = {
  level: 2,
  origin: { kind: 'policy', source: { kind: 'policyFile', location: 'policy.d/10.json' } },
};

function setUp(level: EffectiveAuthLevel, activeDirectoryBackup = false) {
  const given: unknown[] = [];
  let secret: Uint8Array | undefined;
  const handlers = authLevelHandlers(
    applicationWith({
      authLevel: {
        get: () => level,
        set: async (caller, to, { newOwnerAuth, force }) => {
          secret = newOwnerAuth;
          given.push([caller.userKey, to, Buffer.from(newOwnerAuth ?? []).toString('base64'), force]);
          return level;
        },
      },
      policy: { get: () => policyOf({ activeDirectoryBackup }) },
    }),
  );
  return { handlers, given, secret: () => secret };
}

describe('the handlers of the level of owner authorization', () => {
  it('show the level by name, its source, and whether policy sets it', async () => {
    assert.deepEqual(await setUp(BY_POLICY, true).handlers.authLevelGet(sessionOf(ROOT), undefined), {
      level: 2,
      levelName: 'Delegated',
      source: 'policy.d/10.json',
      setByPolicy: true,
      activeDirectoryBackup: true,
    });
    const local = await setUp({ level: 4, origin: { kind: 'local' } }).handlers.authLevelGet(
      sessionOf(ROOT),
      undefined,
    );
    assert.deepEqual([local.setByPolicy, local.activeDirectoryBackup], [false, false]);
  });

  it('pass the decoded new value to the use case, and wipe it afterwards', async () => {
    const { handlers, given, secret } = setUp({ level: 2, origin: { kind: 'local' } });
    await handlers.authLevelSet(sessionOf(ROOT), { level: 2, newOwnerAuth: 'AQID', force: true });
    assert.deepEqual(given, [['uid:0', 2, 'AQID', true]]);
    assert.deepEqual([...(secret() ?? [])], [0, 0, 0]);
  });
});
