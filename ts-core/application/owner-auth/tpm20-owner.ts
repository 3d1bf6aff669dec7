/** The owner authorization on TPM 2.0: lockoutAuth. */
import { TbsError } from '../../domain/tbs-error.js';
import { leadingDerSequence } from '../../domain/tpm/der-certificate.js';
import { readDictionaryAttackState } from '../../domain/tpm/device-facts.js';
import type { Exchange } from '../../domain/tpm/exchange.js';
import { offersCommand20 } from '../../domain/tpm/offered-commands.js';
import type { Crypto12 } from '../../domain/tpm12/crypto12.js';
import { runCommand } from '../../domain/tpm20/authorized-command.js';
import { EK_CERTIFICATE_INDICES, EK_HANDLE, SRK_HANDLE, TPM_CC, TPM_RH } from '../../domain/tpm20/codes.js';
import { dictionaryAttackLockReset } from '../../domain/tpm20/dictionary-attack.js';
import { readNvIndex } from '../../domain/tpm20/endorsement-certificate.js';
import { readPublic, readPublicKey } from '../../domain/tpm20/keys.js';
import { clear, hierarchyChangeAuth } from '../../domain/tpm20/ownership.js';
import { readPermanentState } from '../../domain/tpm20/permanent-state.js';
import { seal, unseal } from '../../domain/tpm20/sealed-data.js';
import { readSized16 } from '../../domain/tpm20/structures.js';
import type { BrokerContext } from './broker-context.js';
import type { EndorsementKey, OwnershipState, OwnerTpm, TpmLockout } from './owner-tpm.js';
import { STORAGE_ROOT_KEY, type TriedAuthorization, withTpmFailures } from './tpm-failure.js';

export class Tpm20Owner implements OwnerTpm {
  readonly version = '2.0';
  readonly #tpm: BrokerContext;
  readonly #crypto: Crypto12;

  constructor(tpm: BrokerContext, crypto: Crypto12) {
    this.#tpm = tpm;
    this.#crypto = crypto;
  }

  ownership(): Promise<OwnershipState> {
    return this.run(function* () {
      const state = yield* readPermanentState();
      const srk = yield* readPublic(SRK_HANDLE);
      const ek = yield* readPublic(EK_HANDLE);
      return {
        owned: state.lockoutAuthSet,
        enabled: state.hierarchiesEnabled,
        activated: state.hierarchiesEnabled,
        ownerClearDisabled: state.clearDisabled,
        storageAuthSet: state.ownerAuthSet,
        endorsementAuthSet: state.endorsementAuthSet,
        hasStorageRootKey: srk !== undefined,
        hasEndorsementKey: ek !== undefined,
      };
    });
  }

  changeOwnerAuth(current: Uint8Array, next: Uint8Array): Promise<void> {
    return this.run(() => hierarchyChangeAuth(TPM_RH.LOCKOUT, current, next));
  }

  proveHierarchy(name: 'storage' | 'endorsement', auth: Uint8Array): Promise<void> {
    return this.run(() => hierarchyChangeAuth(name === 'storage' ? TPM_RH.OWNER : TPM_RH.ENDORSEMENT, auth, auth));
  }

  clear(ownerAuth: Uint8Array): Promise<void> {
    return this.run(() => clear(ownerAuth));
  }

  resetLockout(ownerAuth: Uint8Array): Promise<void> {
    return this.run(() => dictionaryAttackLockReset(ownerAuth));
  }

  async lockout(): Promise<TpmLockout> {
    const state = await this.run(() => readDictionaryAttackState());
    return {
      lockedOut: state?.inLockout ?? false,
      failedTries: state?.failedTries ?? 0,
      maxTries: state?.maxTries ?? null,
      recoverySeconds: state?.recoverySeconds ?? null,
      lockoutRecoverySeconds: state?.lockoutRecoverySeconds ?? null,
    };
  }

  seal(data: Uint8Array): Promise<Uint8Array> {
    return this.run(() => seal(data), STORAGE_ROOT_KEY);
  }

  unseal(blob: Uint8Array): Promise<Uint8Array> {
    return this.run(() => unseal(blob), STORAGE_ROOT_KEY);
  }

  async srkThumbprint(): Promise<Uint8Array> {
    const area = await this.run(() => readPublic(SRK_HANDLE));
    if (area === undefined) {
      throw new TbsError('TBS_E_PROVISIONING_INCOMPLETE', {
        message: 'The TPM has no storage root key.',
        action: 'Run Initialize-Tpm first.',
      });
    }
    return this.#crypto.sha1(readPublicKey(area).unique);
  }

  endorsementKey(): Promise<EndorsementKey | undefined> {
    return this.run(function* (): Exchange<EndorsementKey | undefined> {
      const area = yield* readPublic(EK_HANDLE);
      if (area === undefined) return undefined;
      const certificates: Uint8Array[] = [];
      for (const index of EK_CERTIFICATE_INDICES) {
        const certificate = leadingDerSequence((yield* readNvIndex(index)) ?? new Uint8Array());
        if (certificate !== undefined) certificates.push(certificate);
      }
      return { publicKey: readPublicKey(area), certificates };
    });
  }

  offersCommands(codes: readonly number[]): Promise<boolean> {
    return this.run(function* () {
      for (const code of codes) if (!(yield* offersCommand20(code))) return false;
      return true;
    });
  }

  async selfTest(): Promise<Uint8Array> {
    return this.run(function* () {
      const { parameters } = yield* runCommand({ code: TPM_CC.GetTestResult });
      return readSized16(parameters).slice();
    });
  }

  /** Runs an exchange; provisioning uses it too. */
  run<Result>(begin: () => Exchange<Result>, tried?: TriedAuthorization): Promise<Result> {
    return withTpmFailures(this.#tpm.run(begin), tried);
  }
}
