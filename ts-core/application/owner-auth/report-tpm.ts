/** Get-Tpm, Get-TpmEndorsementKeyInfo, Get-TpmSupportedFeature, and the parameters of the TPM's own lockout. */
import { type Caller, isAdministrator } from '../../domain/caller.js';
import { TbsError } from '../../domain/tbs-error.js';
import {
  type DictionaryAttackParameters,
  setDictionaryAttackParameters,
} from '../../domain/tpm/tpm20-commands/dictionary-attack-commands.js';
import type { OwnerAuthKeeper } from './owner-auth-keeper.js';
import type { EndorsementKey, OwnershipState, TpmLockout } from './owner-tpm.js';
import { withTpmFailures } from './tpm-failure.js';

/** What `Get-TpmSupportedFeature` knows to ask for. */
const FEATURES: Readonly<Record<'1.2' | '2.0', readonly string[]>> = {
  '2.0': ['key attestation'],
  '1.2': [],
};

export class ReportTpm {
  constructor(private readonly keeper: OwnerAuthKeeper) {}

  async ownership(): Promise<OwnershipState & { readonly lockout: TpmLockout; readonly selfTest: Uint8Array }> {
    const { tpm } = this.keeper.parts;
    return { ...(await tpm.ownership()), lockout: await tpm.lockout(), selfTest: await tpm.selfTest() };
  }

  async endorsementKey(caller: Caller): Promise<EndorsementKey | undefined> {
    const { tpm, secrets } = this.keeper.parts;
    if (!isAdministrator(caller) || tpm.version === '2.0') return tpm.endorsementKey();
    const [owner, delegation] = [await secrets.get('owner'), await secrets.get('endorsementDelegation')];
    try {
      return await tpm.endorsementKey({ owner, delegation });
    } finally {
      owner?.fill(0);
      delegation?.fill(0);
    }
  }

  supportedFeatures(asked: readonly string[]): readonly string[] {
    const known = FEATURES[this.keeper.parts.tpm.version];
    if (asked.length === 0) return known;
    const wanted = asked.map((name) => name.toLowerCase());
    return known.filter((name) => wanted.includes(name));
  }

  lockoutParameters(): Promise<TpmLockout> {
    return this.keeper.parts.tpm.lockout();
  }

  /** Sets what is given and leaves the rest; TPM 2.0 only. */
  async setLockoutParameters(
    caller: Caller,
    change: Partial<DictionaryAttackParameters>,
    ownerAuth: Uint8Array | undefined,
  ): Promise<TpmLockout> {
    const { tpm, context, records, events } = this.keeper.parts;
    if (tpm.version !== '2.0') {
      throw new TbsError('TBS_E_BAD_PARAMETER', {
        message: 'The dictionary-attack parameters of a TPM 1.2 are fixed by its manufacturer.',
        details: { parameter: 'tpmVersion' },
      });
    }
    await this.keeper.exclusive(async () => {
      const auth = await this.keeper.currentOwnerAuth(ownerAuth);
      const now = await tpm.lockout();
      const next = {
        maxTries: change.maxTries ?? now.maxTries ?? 0,
        recoverySeconds: change.recoverySeconds ?? now.recoverySeconds ?? 0,
        lockoutRecoverySeconds: change.lockoutRecoverySeconds ?? now.lockoutRecoverySeconds ?? 0,
      };
      await withTpmFailures(context.run(() => setDictionaryAttackParameters(auth, next)));
      await records.update({ lockoutParametersSet: true });
      events.raise('administration', 'The dictionary-attack parameters of the TPM were set.', {
        caller,
        details: next,
      });
    });
    return tpm.lockout();
  }
}
