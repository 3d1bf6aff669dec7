/**
 * A fake TPM for the use cases of the owner authorization. It has one authorization value, records each attempt to use
 * one, and can be locked out or lose its connection. It seals by complementing each byte.
 */
import type {
  Delegations,
  OwnershipState,
  OwnerTpm,
  TpmLockout,
} from '../../ts-core/application/owner-auth/owner-tpm.js';
import { TbsError } from '../../ts-core/domain/tbs-error.js';
import type { TpmVersion } from '../../ts-core/domain/tpm/tpm-version.js';

export class FakeOwnerTpm implements OwnerTpm {
  /** The attempts to use an authorization value, such as `changeOwnerAuth 01 -> 02`. */
  readonly attempts: string[] = [];
  /** The arrays that were passed in the attempts, not copies. */
  readonly given: Uint8Array[] = [];
  isLockedOut = false;
  lockoutRecoverySeconds: number | null = 0;
  /** Whether the connection breaks before the TPM executes an attempt, or after. */
  breaks: 'before' | 'after' | undefined;
  /** The number of attempts before the connection breaks. */
  unharmedAttempts = 0;
  /** The number of attempts after which the TPM is locked out. */
  locksAfter = Number.POSITIVE_INFINITY;
  /** The families that were voided. */
  readonly voided: (number | undefined)[] = [];
  readonly state: { -readonly [Name in keyof OwnershipState]: OwnershipState[Name] } = {
    ...{ owned: true, enabled: true, activated: true, ownerClearDisabled: false },
    ...{ storageAuthSet: false, endorsementAuthSet: false, hasStorageRootKey: true, hasEndorsementKey: true },
  };
  readonly hierarchyAuths = { storage: new Uint8Array(), endorsement: new Uint8Array() };
  acceptsDelegation = true;
  delegate: OwnerTpm['delegate'];
  takesDelegation: OwnerTpm['takesDelegation'];

  constructor(
    public auth: Uint8Array,
    readonly version: TpmVersion = '2.0',
  ) {
    if (version === '2.0') return;
    this.delegate = async (ownerAuth, previous) => {
      this.#attempt('delegate', ownerAuth, this.auth);
      this.voided.push(previous?.id);
      return delegationsOf((previous?.id ?? 0) + 1);
    };
    this.takesDelegation = async (delegation) => {
      this.attempts.push(`takesDelegation ${hex(delegation)}`);
      this.given.push(delegation);
      return this.acceptsDelegation;
    };
  }

  async ownership(): Promise<OwnershipState> {
    return { ...this.state };
  }
  async changeOwnerAuth(current: Uint8Array, next: Uint8Array): Promise<void> {
    this.#attempt(`changeOwnerAuth -> ${hex(next)}`, current, this.auth);
    this.auth = next.slice();
    this.#breakAfterwards();
  }
  async proveHierarchy(name: 'storage' | 'endorsement', auth: Uint8Array): Promise<void> {
    this.#attempt(`proveHierarchy ${name}`, auth, this.hierarchyAuths[name]);
  }
  async clear(ownerAuth: Uint8Array): Promise<void> {
    this.#attempt('clear', ownerAuth, this.auth);
  }
  async resetLockout(ownerAuth: Uint8Array): Promise<void> {
    this.#attempt('resetLockout', ownerAuth, this.auth);
  }
  async lockout(): Promise<TpmLockout> {
    const { isLockedOut: lockedOut, lockoutRecoverySeconds } = this;
    return { lockedOut, failedTries: 0, maxTries: 32, recoverySeconds: 600, lockoutRecoverySeconds };
  }
  async selfTest(): Promise<Uint8Array> {
    return new Uint8Array();
  }
  async offersCommands(): Promise<boolean> {
    return true;
  }
  async seal(data: Uint8Array): Promise<Uint8Array> {
    return data.map((byte) => byte ^ 0xff);
  }
  async unseal(blob: Uint8Array): Promise<Uint8Array> {
    return blob.map((byte) => byte ^ 0xff);
  }
  async srkThumbprint(): Promise<Uint8Array> {
    return Uint8Array.of(0x77);
  }
  async endorsementKey(): Promise<undefined> {
    return undefined;
  }

  #attempt(what: string, given: Uint8Array, right: Uint8Array): void {
    this.attempts.push(`${what} with ${hex(given)}`);
    this.given.push(given);
    if (this.breaks === 'before' && this.#isHarmed) throw new TbsError('TBS_E_IOERROR');
    const isV2 = this.version === '2.0';
    if (this.isLockedOut || this.attempts.length > this.locksAfter)
      throw new TbsError(isV2 ? 'TPM_20_E_LOCKOUT' : 'TPM_E_DEFEND_LOCK_RUNNING');
    if (hex(given) !== hex(right)) throw new TbsError(isV2 ? 'TPM_20_E_AUTH_FAIL' : 'TPM_E_AUTHFAIL');
  }

  get #isHarmed(): boolean {
    return this.attempts.length > this.unharmedAttempts;
  }

  #breakAfterwards(): void {
    if (this.breaks === 'after' && this.#isHarmed) throw new TbsError('TBS_E_IOERROR');
  }
}

function delegationsOf(familyId: number): Delegations {
  const delegation = (kind: number) => Uint8Array.of(familyId, kind);
  return {
    family: { id: familyId },
    ...{ administrator: delegation(1), user: delegation(2), endorsement: delegation(3) },
  };
}

function hex(bytes: Uint8Array): string {
  return bytes.length === 0 ? 'none' : Buffer.from(bytes.subarray(0, 2)).toString('hex');
}
