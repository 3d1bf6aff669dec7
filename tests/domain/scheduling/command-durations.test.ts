import assert from 'node:assert/strict';
import { type DurationClass, durationClass, timeoutMs } from '../../../ts-core/domain/scheduling/command-durations.js';
import { knownCommands } from '../../../ts-core/domain/tpm/command-names.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { TPM_ORD } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';

const CLASSES: readonly DurationClass[] = ['short', 'medium', 'long'];
const VENDOR_20 = 0x20000001;
const VENDOR_12 = 0x20000001;

describe('the class of duration of a command', () => {
  it('of TPM 2.0 is long if it creates keys, tests or clears everything, or is a vendor’s', () => {
    for (const code of [
      TPM_CC.CreatePrimary,
      TPM_CC.Create,
      TPM_CC.CreateLoaded,
      TPM_CC.Clear,
      TPM_CC.SelfTest,
      VENDOR_20,
    ]) {
      assert.equal(durationClass('2.0', code), 'long', code.toString(16));
    }
    for (const code of [TPM_CC.Sign, TPM_CC.Load, TPM_CC.NV_Write, TPM_CC.Startup]) {
      assert.equal(durationClass('2.0', code), 'medium', code.toString(16));
    }
    for (const code of [TPM_CC.GetRandom, TPM_CC.PCR_Read, 0x1ff]) assert.equal(durationClass('2.0', code), 'short');
    assert.equal(durationClass('2.0', 0x200), 'long');
  });

  it('of TPM 1.2 is long if it creates keys, short for a few commands, and medium otherwise', () => {
    for (const ordinal of [TPM_ORD.CreateWrapKey, TPM_ORD.TakeOwnership, TPM_ORD.SelfTestFull, TPM_ORD.OwnerClear]) {
      assert.equal(durationClass('1.2', ordinal), 'long');
    }
    for (const ordinal of [TPM_ORD.OIAP, TPM_ORD.GetRandom, TPM_ORD.PcrRead])
      assert.equal(durationClass('1.2', ordinal), 'short');
    for (const ordinal of [TPM_ORD.Unseal, TPM_ORD.LoadKey2, VENDOR_12])
      assert.equal(durationClass('1.2', ordinal), 'medium');
  });

  it('has members of each version in each class', () => {
    const countOf = (version: TpmVersion) =>
      CLASSES.map((name) => knownCommands(version).filter(({ code }) => durationClass(version, code) === name).length);
    for (const version of ['1.2', '2.0'] as const) assert.ok(Math.min(...countOf(version)) >= 9, `${countOf(version)}`);
  });

  it('allows a minute for most commands, and five for key generation', () => {
    assert.deepEqual(
      CLASSES.map((duration) => timeoutMs(duration)),
      [20_000, 60_000, 300_000],
    );
  });

  it('allows no more than the configured time', () => {
    assert.deepEqual(
      CLASSES.map((duration) => timeoutMs(duration, 30_000)),
      [20_000, 30_000, 30_000],
    );
    assert.equal(timeoutMs('long', 400_000), 300_000);
  });
});
