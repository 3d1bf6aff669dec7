/**
 * Implements Get-Tpm, Get-TpmEndorsementKeyInfo, Get-TpmSupportedFeature, and the cmdlets for the parameters of the
 * TPM's own lockout.
 */
import { type Caller, isAdministrator } from '../../domain/caller.js';
import { TbsError, type TbsSymbol } from '../../domain/tbs-error.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import { TPM_ORD } from '../../domain/tpm12/codes.js';
import { TPM_CC } from '../../domain/tpm20/codes.js';
import {
  type DictionaryAttackParameters,
  setDictionaryAttackParameters,
} from '../../domain/tpm20/dictionary-attack.js';
import type { LockoutAuthBlock, LockoutAuthorizationWatch } from './lockout-authorization-watch.js';
import type { OwnerAuthCoordinator } from './owner-auth-coordinator.js';
import type { EndorsementKey, OwnershipState, TpmLockout } from './owner-tpm.js';
import { withTpmFailures } from './tpm-failure.js';

/**
 * The features that Windows' `Get-TpmSupportedFeature` knows, with the commands that they need: proving that a key is
 * in the TPM, and that the TPM is the one with a given endorsement key.
 */
const FEATURES: readonly {
  readonly name: string;
  readonly commands: Readonly<Record<TpmVersion, readonly number[]>>;
}[] = [
  {
    name: 'key attestation',
    commands: {
      '2.0': [TPM_CC.ActivateCredential, TPM_CC.Certify],
      '1.2': [TPM_ORD.MakeIdentity, TPM_ORD.ActivateIdentity, TPM_ORD.CertifyKey],
    },
  },
];

/** The TPM's own lockout, including what the TPM does not report but its responses have shown. */
export interface LockoutReport extends TpmLockout {
  readonly authorization: LockoutAuthBlock;
}

export interface OwnershipReport extends OwnershipState {
  readonly lockout: LockoutReport;
  readonly selfTest: Uint8Array;
}

const TPM_ABSENT: readonly TbsSymbol[] = ['TBS_E_IOERROR', 'TBS_E_TPM_NOT_FOUND'];

export class ReportTpm {
  readonly #coordinator: OwnerAuthCoordinator;
  readonly #lockoutAuthorization: LockoutAuthorizationWatch;

  constructor(coordinator: OwnerAuthCoordinator, lockoutAuthorization: LockoutAuthorizationWatch) {
    this.#coordinator = coordinator;
    this.#lockoutAuthorization = lockoutAuthorization;
  }

  /** Returns undefined if no TPM can be reached. */
  async ownershipIfPresent(): Promise<OwnershipReport | undefined> {
    try {
      return await this.ownership();
    } catch (error) {
      if (error instanceof TbsError && TPM_ABSENT.includes(error.symbol)) return undefined;
      throw error;
    }
  }

  async ownership(): Promise<OwnershipReport> {
    const { tpm } = this.#coordinator.parts;
    return { ...(await tpm.ownership()), lockout: await this.lockoutParameters(), selfTest: await tpm.selfTest() };
  }

  async endorsementKey(caller: Caller): Promise<EndorsementKey | undefined> {
    const { tpm, secrets } = this.#coordinator.parts;
    if (!isAdministrator(caller) || tpm.version === '2.0') return tpm.endorsementKey();
    const [owner, delegation] = [await secrets.get('owner'), await secrets.get('endorsementDelegation')];
    try {
      return await tpm.endorsementKey({ owner, delegation });
    } finally {
      owner?.fill(0);
      delegation?.fill(0);
    }
  }

  /** Returns the features that the TPM offers, in Windows' spelling. */
  async supportedFeatures(): Promise<readonly string[]> {
    const { tpm } = this.#coordinator.parts;
    const offered: string[] = [];
    for (const { name, commands } of FEATURES) {
      if (await tpm.offersCommands(commands[tpm.version])) offered.push(name);
    }
    return offered;
  }

  async lockoutParameters(): Promise<LockoutReport> {
    const lockout = await this.#coordinator.parts.tpm.lockout();
    return { ...lockout, authorization: await this.#lockoutAuthorization.block(lockout.lockoutRecoverySeconds) };
  }

  /** Sets the given parameters and leaves the others; TPM 2.0 only. */
  async setLockoutParameters(
    caller: Caller,
    change: Partial<DictionaryAttackParameters>,
    ownerAuth: Uint8Array | undefined,
  ): Promise<LockoutReport> {
    const { tpm, context, records, events } = this.#coordinator.parts;
    if (tpm.version !== '2.0') {
      throw new TbsError('TBS_E_BAD_PARAMETER', {
        message: 'The dictionary-attack parameters of a TPM 1.2 are fixed by its manufacturer.',
        details: { parameter: 'tpmVersion' },
      });
    }
    await this.#coordinator.exclusive(async () => {
      const auth = await this.#coordinator.currentOwnerAuth(ownerAuth);
      const next = completed(change, await tpm.lockout());
      await withTpmFailures(context.run(() => setDictionaryAttackParameters(auth, next)));
      await records.update({ lockoutParametersSet: true });
      events.raise('administration', 'The dictionary-attack parameters of the TPM were set.', {
        caller,
        details: { ...next },
      });
    });
    return this.lockoutParameters();
  }
}

/** Completes a change with the present values. Zeros instead of unknown values would turn the protection off. */
function completed(change: Partial<DictionaryAttackParameters>, now: TpmLockout): DictionaryAttackParameters {
  const maxTries = change.maxTries ?? now.maxTries;
  const recoverySeconds = change.recoverySeconds ?? now.recoverySeconds;
  const lockoutRecoverySeconds = change.lockoutRecoverySeconds ?? now.lockoutRecoverySeconds;
  if (maxTries !== null && recoverySeconds !== null && lockoutRecoverySeconds !== null) {
    return { maxTries, recoverySeconds, lockoutRecoverySeconds };
  }
  throw new TbsError('TBS_E_BAD_PARAMETER', {
    message: 'The TPM does not report its present dictionary-attack parameters, so nothing can be left as it is.',
    action: 'Give all three parameters, or try again.',
    details: { parameter: 'maxTries' },
  });
}

/** Returns the offered features that the caller requested; all of them if the caller named none. */
export function featuresAmong(offered: readonly string[], asked: readonly string[]): readonly string[] {
  const wanted = asked.map((name) => name.toLowerCase());
  return offered.filter((name) => wanted.length === 0 || wanted.includes(name));
}
