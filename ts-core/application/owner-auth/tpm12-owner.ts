/** The owner authorization on TPM 1.2: the owner's secret, and the delegations created with it. */
import { OWNER_AUTH_BYTES } from '../../domain/owner-auth/owner-auth-value.js';
import { TbsError } from '../../domain/tbs-error.js';
import { concat, FieldReader } from '../../domain/tpm/byte-fields.js';
import type { Exchange } from '../../domain/tpm/exchange.js';
import { offersCommand12 } from '../../domain/tpm/offered-commands.js';
import { openDsap } from '../../domain/tpm12/authorization-sessions.js';
import { runCommand, type Session, Tpm12CommandError } from '../../domain/tpm12/authorized-command.js';
import { OWNER_PERMISSIONS, TPM_ET, TPM_KH, TPM_ORD, TPM_RESULT } from '../../domain/tpm12/codes.js';
import type { Crypto12, RsaPublicKey } from '../../domain/tpm12/crypto12.js';
import {
  createDelegationFamily,
  createOwnerDelegation,
  enableDelegationFamily,
  invalidateDelegationFamily,
} from '../../domain/tpm12/delegation.js';
import { readDictionaryAttackInfo, resetLockValue } from '../../domain/tpm12/dictionary-attack.js';
import { readEndorsementCertificate } from '../../domain/tpm12/endorsement-certificate.js';
import { changeOwnerSecret, ownerClear, readPubek, WELL_KNOWN_SECRET } from '../../domain/tpm12/ownership.js';
import { ownerReadInternalPub, readInternalPub, readPermanentState } from '../../domain/tpm12/permanent-state.js';
import { seal, unseal } from '../../domain/tpm12/sealed-data.js';
import type { BrokerContext } from './broker-context.js';
import type { DelegationFamily } from './owner-auth-record.js';
import type {
  Delegations,
  EndorsementKey,
  EndorsementReader,
  OwnershipState,
  OwnerTpm,
  TpmLockout,
} from './owner-tpm.js';
import { STORAGE_ROOT_KEY, STORED_DELEGATION, type TriedAuthorization, withTpmFailures } from './tpm-failure.js';

/** For people who list the TPM's families. */
const FAMILY_LABEL = 'T'.charCodeAt(0);

const READS = OWNER_PERMISSIONS.ownerReadPubek | OWNER_PERMISSIONS.ownerReadInternalPub;
const ADMINISTRATOR =
  READS |
  OWNER_PERMISSIONS.resetLockValue |
  OWNER_PERMISSIONS.setOrdinalAuditStatus |
  OWNER_PERMISSIONS.ownerSetDisable |
  OWNER_PERMISSIONS.nvDefineSpace |
  OWNER_PERMISSIONS.nvWriteValue |
  OWNER_PERMISSIONS.nvReadValue |
  OWNER_PERMISSIONS.makeIdentity |
  OWNER_PERMISSIONS.activateIdentity |
  OWNER_PERMISSIONS.createCounter |
  OWNER_PERMISSIONS.releaseCounterOwner;

export class Tpm12Owner implements OwnerTpm {
  readonly version = '1.2';
  readonly #tpm: BrokerContext;
  readonly #crypto: Crypto12;

  constructor(tpm: BrokerContext, crypto: Crypto12) {
    this.#tpm = tpm;
    this.#crypto = crypto;
  }

  async ownership(): Promise<OwnershipState> {
    const crypto = this.#crypto;
    return this.run(function* () {
      const state = yield* readPermanentState(crypto);
      return {
        owned: state.owned,
        enabled: !state.disabled,
        activated: !state.deactivated,
        ownerClearDisabled: state.ownerClearDisabled,
        storageAuthSet: false,
        endorsementAuthSet: false,
        hasStorageRootKey: state.owned,
        hasEndorsementKey: yield* hasEndorsementKey(crypto),
      };
    });
  }

  changeOwnerAuth(current: Uint8Array, next: Uint8Array): Promise<void> {
    return this.run(() => changeOwnerSecret(this.#crypto, current, next));
  }

  clear(ownerAuth: Uint8Array): Promise<void> {
    return this.run(() => ownerClear(this.#crypto, ownerAuth));
  }

  resetLockout(ownerAuth: Uint8Array): Promise<void> {
    return this.run(() => resetLockValue(this.#crypto, ownerAuth));
  }

  resetLockoutDelegated(delegation: Uint8Array): Promise<void> {
    const crypto = this.#crypto;
    return this.run(function* () {
      const session = yield* openDelegated(crypto, delegation);
      yield* runCommand(crypto, { ordinal: TPM_ORD.ResetLockValue }, [{ session }]);
    }, STORED_DELEGATION);
  }

  /** Every delegation permits reading the public endorsement key, so that proves it. */
  takesDelegation(delegation: Uint8Array): Promise<boolean> {
    const crypto = this.#crypto;
    return this.run(function* () {
      try {
        yield* readDelegated(crypto, delegation);
        return true;
      } catch (error) {
        if (error instanceof Tpm12CommandError && error.responseCode !== TPM_RESULT.DEFEND_LOCK_RUNNING) return false;
        throw error;
      }
    }, STORED_DELEGATION);
  }

  async lockout(): Promise<TpmLockout> {
    const info = await this.run(() => readDictionaryAttackInfo(this.#crypto));
    return {
      lockedOut: info?.active ?? false,
      failedTries: info?.currentCount ?? 0,
      maxTries: info?.thresholdCount ?? null,
      recoverySeconds: info?.remainingSeconds ?? null,
      lockoutRecoverySeconds: info?.remainingSeconds ?? null,
    };
  }

  seal(data: Uint8Array): Promise<Uint8Array> {
    const srk = { handle: TPM_KH.SRK, secret: WELL_KNOWN_SECRET };
    return this.run(() => seal(this.#crypto, srk, data, WELL_KNOWN_SECRET), STORAGE_ROOT_KEY);
  }

  unseal(blob: Uint8Array): Promise<Uint8Array> {
    const srk = { handle: TPM_KH.SRK, secret: WELL_KNOWN_SECRET };
    return this.run(() => unseal(this.#crypto, srk, blob, WELL_KNOWN_SECRET), STORAGE_ROOT_KEY);
  }

  async srkThumbprint(ownerAuth: Uint8Array | undefined): Promise<Uint8Array> {
    if (ownerAuth === undefined) {
      throw new TbsError('TBS_E_OWNERAUTH_NOT_FOUND', {
        message: 'Reading the public part of the storage root key requires the owner authorization.',
      });
    }
    const key = await this.run(() => ownerReadInternalPub(this.#crypto, ownerAuth, TPM_KH.SRK));
    return this.#crypto.sha1(key.modulus);
  }

  async endorsementKey({ owner, delegation }: EndorsementReader = {}): Promise<EndorsementKey | undefined> {
    const crypto = this.#crypto;
    return this.run(
      function* (): Exchange<EndorsementKey | undefined> {
        if (!(yield* hasEndorsementKey(crypto))) return undefined;
        let key = yield* readable(readPubek(crypto));
        if (key === undefined && owner !== undefined) key = yield* ownerReadInternalPub(crypto, owner, TPM_KH.EK);
        if (key === undefined && delegation !== undefined) key = yield* readDelegated(crypto, delegation);
        const certificate = yield* readEndorsementCertificate(crypto, owner);
        return {
          publicKey:
            key === undefined
              ? { algorithm: 'other', unique: new Uint8Array(), exponent: 0 }
              : { algorithm: 'rsa', unique: key.modulus, exponent: key.exponent },
          certificates: certificate === undefined ? [] : [certificate],
        };
      },
      owner === undefined ? STORED_DELEGATION : undefined,
    );
  }

  delegate(ownerAuth: Uint8Array, previous: DelegationFamily | undefined): Promise<Delegations> {
    const crypto12 = this.#crypto;
    return this.run(function* () {
      if (previous !== undefined) yield* readable(invalidateDelegationFamily(crypto12, ownerAuth, previous.id));
      const familyId = yield* createDelegationFamily(crypto12, ownerAuth, FAMILY_LABEL);
      yield* enableDelegationFamily(crypto12, ownerAuth, familyId, true);
      const make = function* (label: number, permissions: number): Exchange<Uint8Array> {
        const secret = crypto12.randomBytes(OWNER_AUTH_BYTES);
        const delegation = { label, permissions, familyId, verificationCount: 1 };
        return concat(secret, yield* createOwnerDelegation(crypto12, ownerAuth, delegation, secret));
      };
      return {
        family: { id: familyId },
        administrator: yield* make(1, ADMINISTRATOR),
        user: yield* make(2, READS),
        endorsement: yield* make(3, READS),
      };
    });
  }

  offersCommands(codes: readonly number[]): Promise<boolean> {
    return this.run(function* () {
      for (const code of codes) if (!(yield* offersCommand12(code))) return false;
      return true;
    });
  }

  async selfTest(): Promise<Uint8Array> {
    const crypto = this.#crypto;
    return this.run(function* () {
      const { parameters } = yield* runCommand(crypto, { ordinal: TPM_ORD.GetTestResult });
      return new FieldReader(parameters).sized().slice();
    });
  }

  /** Runs an exchange; provisioning uses it too. */
  run<Result>(begin: () => Exchange<Result>, tried?: TriedAuthorization): Promise<Result> {
    return withTpmFailures(this.#tpm.run(begin), tried);
  }
}

/** Opens a session with a stored delegation: its authorization value, then the TPM_DELEGATE_OWNER_BLOB. */
function openDelegated(crypto: Crypto12, delegation: Uint8Array): Exchange<Session> {
  return openDsap(crypto, {
    type: TPM_ET.DEL_OWNER_BLOB,
    keyHandle: 0,
    value: delegation.slice(OWNER_AUTH_BYTES),
    secret: delegation.slice(0, OWNER_AUTH_BYTES),
  });
}

function* readDelegated(crypto: Crypto12, delegation: Uint8Array): Exchange<RsaPublicKey> {
  const session = yield* openDelegated(crypto, delegation);
  return yield* readInternalPub(crypto, { session }, TPM_KH.EK);
}

/** Returns undefined if the TPM does not have the value or refuses to return it. */
function* readable<Result>(exchange: Exchange<Result>): Exchange<Result | undefined> {
  try {
    return yield* exchange;
  } catch (error) {
    if (error instanceof Tpm12CommandError) return undefined;
    throw error;
  }
}

/** Returns whether the TPM has an endorsement key. One that is owned or deactivated does not show it. */
function* hasEndorsementKey(crypto: Crypto12): Exchange<boolean> {
  try {
    yield* readPubek(crypto);
    return true;
  } catch (error) {
    if (error instanceof Tpm12CommandError) return error.responseCode !== TPM_RESULT.NO_ENDORSEMENT;
    throw error;
  }
}
