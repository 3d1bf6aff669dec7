/** Tests the reported state of the lockout authorization after a wrong value, on a real software TPM 2.0. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { EMPTY_AUTH, runCommand } from '../../../ts-core/domain/tpm20/authorized-command.js';
import { TPM_CC, TPM_RH } from '../../../ts-core/domain/tpm20/codes.js';
import { dictionaryAttackLockReset } from '../../../ts-core/domain/tpm20/dictionary-attack.js';
import { clear } from '../../../ts-core/domain/tpm20/ownership.js';
import type { Machine } from '../../support/owner-auth-machine.js';
import { tpmOfEachTest } from '../../support/tpm-of-each-test.js';

const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };
const WRONG = new Uint8Array(20).fill(9);
const A_DAY_MS = 86_400_000;
const A_MINUTE_MS = 60_000;

describe('the lockout authorization after a wrong value', function () {
  this.timeout(60_000);
  const its = tpmOfEachTest('2.0');

  const lockoutOf = async ({ owner }: Machine) => (await owner.tpm.ownership()).lockout;
  const guess = ({ owner }: Machine) =>
    assert.rejects(owner.ownerAuth.unblock(ROOT, WRONG), { symbol: 'TPM_20_E_AUTH_FAIL' });

  async function assertBlockedForADay(machine: Machine): Promise<void> {
    const { authorization, lockedOut, failedTries } = await lockoutOf(machine);
    assert.deepEqual([authorization.blocked, lockedOut, failedTries], [true, false, 0]);
    const remainingMs = (authorization.untilMs ?? 0) - Date.now();
    assert.ok(Math.abs(remainingMs - A_DAY_MS) < A_MINUTE_MS, `${remainingMs} ms`);
  }

  it('is shown as blocked for the recovery time, while the TPM itself counts no failure', async () => {
    await using machine = await its.start();
    await machine.owner.provisioning.initialize(ROOT);
    assert.deepEqual((await lockoutOf(machine)).authorization, { blocked: false, untilMs: null });
    await guess(machine);
    await assertBlockedForADay(machine);
    const { authorization } = await machine.owner.tpm.lockoutParameters();
    assert.equal(authorization.blocked, true);
    assert.ok(machine.events.some(({ kind, message }) => kind === 'warning' && /accepts none/.test(message)));
  });

  it('is shown as blocked after a wrong value in a caller’s own command as well', async () => {
    await using machine = await its.start();
    await machine.owner.provisioning.initialize(ROOT);
    await assert.rejects(machine.raw(dictionaryAttackLockReset(WRONG)));
    await assertBlockedForADay(machine);
  });

  it('is remembered across a restart of the broker, or learned from the next use', async () => {
    {
      await using machine = await its.start();
      await machine.owner.provisioning.initialize(ROOT);
      await guess(machine);
    }
    {
      await using machine = await its.start();
      await assertBlockedForADay(machine);
    }
    rmSync(join(its.folder, 'state.json'));
    await using machine = await its.start();
    assert.equal((await lockoutOf(machine)).authorization.blocked, false);
    await assert.rejects(machine.owner.ownerAuth.unblock(ROOT, WRONG), { symbol: 'TPM_20_E_LOCKOUT' });
    await assertBlockedForADay(machine);
  });

  it('is blocked until the TPM is reset if the recovery time is 0', async () => {
    {
      await using machine = await its.start();
      await machine.owner.provisioning.initialize(ROOT);
      await machine.owner.tpm.setLockoutParameters(ROOT, { lockoutRecoverySeconds: 0 }, undefined);
      await guess(machine);
      assert.deepEqual((await lockoutOf(machine)).authorization, { blocked: true, untilMs: null });
    }
    await its.tpm.restart();
    await using machine = await its.start();
    assert.deepEqual((await lockoutOf(machine)).authorization, { blocked: false, untilMs: null });
    await machine.owner.ownerAuth.unblock(ROOT, undefined);
  });

  it('is blocked for the right value too, but no longer after the platform has cleared the TPM', async () => {
    await using machine = await its.start();
    // Before provisioning the empty value is the right one.
    await guess(machine);
    await assert.rejects(machine.raw(clear(EMPTY_AUTH)));
    assert.equal((await lockoutOf(machine)).authorization.blocked, true);
    await machine.raw(runCommand({ code: TPM_CC.Clear, handles: [TPM_RH.PLATFORM], auths: [EMPTY_AUTH] }));
    assert.equal((await lockoutOf(machine)).authorization.blocked, false);
    await machine.raw(clear(EMPTY_AUTH));
  });
});
