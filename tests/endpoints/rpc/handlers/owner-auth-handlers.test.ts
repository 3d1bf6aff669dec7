import assert from 'node:assert/strict';
import { OWNER_AUTH_TYPES } from '../../../../ts-core/domain/owner-auth/kept-material.js';
import { ownerAuthHandlers } from '../../../../ts-core/endpoints/rpc/handlers/owner-auth-handlers.js';
import { ROOT } from '../../../support/callers.js';
import { applicationWith, sessionOf } from '../../../support/rpc-session.js';

const OLD = Buffer.alloc(20, 1);
const NEW = Buffer.alloc(20, 2);

function setUp() {
  const given: (Uint8Array | undefined)[] = [];
  const values: string[] = [];
  const stored = Uint8Array.from(OLD);
  const asked: number[] = [];
  const note = (...secrets: (Uint8Array | undefined)[]) => {
    given.push(...secrets);
    values.push(...secrets.map((secret) => (secret === undefined ? 'none' : Buffer.from(secret).toString('base64'))));
  };
  const handlers = ownerAuthHandlers(
    applicationWith({
      ownerAuth: {
        set: async (_caller, current, next) => {
          note(current, next);
          return { kept: true, backup: 'off' };
        },
        import: async (_caller, value) => note(value),
        get: async (_caller, type) => {
          asked.push(type);
          return stored;
        },
      },
    }),
  );
  return { handlers, given, values, stored, asked };
}

describe('the handlers of the owner authorization', () => {
  it('pass the decoded values to the use case and wipe them afterwards', async () => {
    const { handlers, given, values } = setUp();
    const params = { ownerAuth: OLD.toString('base64'), newOwnerAuth: NEW.toString('base64') };
    assert.deepEqual(await handlers.ownerAuthSet(sessionOf(ROOT), params), { kept: true, backup: 'off' });
    await handlers.ownerAuthSet(sessionOf(ROOT), { newOwnerAuth: NEW.toString('base64') });
    assert.deepEqual(await handlers.ownerAuthImport(sessionOf(ROOT), { ownerAuth: OLD.toString('base64') }), {});
    const [old, next] = [OLD, NEW].map((value) => value.toString('base64'));
    assert.deepEqual(values, [old, next, 'none', next, old]);
    for (const secret of given) assert.ok(secret === undefined || secret.every((byte) => byte === 0));
  });

  it('return a stored value as base64, and wipe its bytes', async () => {
    const { handlers, stored } = setUp();
    const { ownerAuth } = await handlers.ownerAuthGet(sessionOf(ROOT), { type: 1 });
    assert.equal(ownerAuth, OLD.toString('base64'));
    assert.ok(stored.every((byte) => byte === 0));
  });

  it('accept each type by its name and by its number', async () => {
    const { handlers, asked } = setUp();
    for (const { name, number } of OWNER_AUTH_TYPES) {
      await handlers.ownerAuthGet(sessionOf(ROOT), { type: name });
      await handlers.ownerAuthGet(sessionOf(ROOT), { type: number });
    }
    assert.deepEqual(asked, [1, 1, 2, 2, 3, 3, 4, 4, 12, 12, 13, 13]);
  });
});
