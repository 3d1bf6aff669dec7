import assert from 'node:assert/strict';
import { ownerAuthBackupHandlers } from '../../../../ts-core/endpoints/rpc/handlers/owner-auth-backup-handlers.js';
import { ROOT } from '../../../support/callers.js';
import { applicationWith, sessionOf } from '../../../support/rpc-session.js';

const REPORT = { lastSuccess: null, lastFailure: null, form: null, mode: 'off', pending: false } as const;

describe('the handlers of the backup of the owner authorization', () => {
  it('pass the caller and the decoded value on, and wipe the value afterwards', async () => {
    const given: unknown[] = [];
    const secrets: (Uint8Array | undefined)[] = [];
    const handlers = ownerAuthBackupHandlers(
      applicationWith({
        ownerAuthBackup: {
          get: () => REPORT,
          run: async (caller, ownerAuth) => {
            given.push([caller, ownerAuth && Buffer.from(ownerAuth).toString('base64')]);
            secrets.push(ownerAuth);
            return REPORT;
          },
        },
      }),
    );
    const ownerAuth = Buffer.alloc(20, 7).toString('base64');
    assert.deepEqual(await handlers.ownerAuthBackupRun(sessionOf(ROOT), { ownerAuth }), REPORT);
    assert.deepEqual(await handlers.ownerAuthBackupRun(sessionOf(ROOT), undefined), REPORT);
    assert.deepEqual(given, [
      [ROOT, ownerAuth],
      [ROOT, undefined],
    ]);
    assert.deepEqual(secrets[0], new Uint8Array(20));
    assert.deepEqual(handlers.ownerAuthBackupGet(sessionOf(ROOT), undefined), REPORT);
  });
});
