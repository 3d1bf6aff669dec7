/** Implements Initialize-Tpm, Get-TpmProvisioningState, Enable- and Disable-TpmAutoProvisioning. */
import type { Caller } from '../../domain/caller.js';
import { PPI_OPERATION } from '../../domain/firmware/physical-presence.js';
import type { HierarchyStates } from '../../domain/owner-auth/hierarchy-state.js';
import type { ProvisioningVerdict } from '../../domain/owner-auth/provisioning-information.js';
import { refusedBySetting } from '../../domain/policy/setting-refusal.js';
import type { EffectivePolicy } from '../../domain/policy/settings.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { Log } from '../ports/logs.js';
import type { Clock } from '../ports/operating-system.js';
import type { HierarchyAuths } from './hierarchies.js';
import type { OwnerAuthCoordinator } from './owner-auth-coordinator.js';
import type { AutoProvisioning } from './owner-auth-record.js';
import type { ProvisioningSteps } from './provisioning-steps.js';
import { refusedByLevel } from './refused-by-level.js';

/** What Initialize-Tpm may do beyond its harmless steps. */
export interface ProvisioningPermissions {
  /** Clear the TPM if nothing else makes it usable. */
  readonly allowClear: boolean;
  /** Submit a request to the firmware, which asks a person at the next start of the machine. */
  readonly allowPhysicalPresence: boolean;
  /** Close the storage and endorsement hierarchies of a TPM 2.0; policy (`closeHierarchies`) can require the same. */
  readonly closeHierarchies: boolean;
}

export interface ProvisioningReport extends ProvisioningVerdict {
  /** Undefined for a TPM 1.2, which has no hierarchies. */
  readonly hierarchies: HierarchyStates | undefined;
  /** Whether policy requires closed hierarchies, so that provisioning closes them unasked. */
  readonly policyClosesHierarchies: boolean;
}

export interface ProvisioningParts {
  readonly coordinator: OwnerAuthCoordinator;
  readonly steps: ProvisioningSteps;
  readonly policy: () => EffectivePolicy;
  readonly clock: Clock;
  readonly log: Log;
}

const HARMLESS: ProvisioningPermissions = {
  allowClear: false,
  allowPhysicalPresence: false,
  closeHierarchies: false,
};

/** Physical presence operations, the most complete first. All of them clear, enable and activate the TPM. */
const CLEARING_OPERATIONS: readonly number[] = [
  PPI_OPERATION.EnableActivateClearEnableActivate,
  PPI_OPERATION.EnableActivateClear,
  PPI_OPERATION.ClearEnableActivate,
  PPI_OPERATION.Clear,
];
const ENABLING_OPERATIONS: readonly number[] = [
  PPI_OPERATION.EnableActivateSetOwnerInstallTrue,
  PPI_OPERATION.EnableActivate,
];

export class ManageProvisioning {
  readonly #parts: ProvisioningParts;

  constructor(parts: ProvisioningParts) {
    this.#parts = parts;
  }

  async initialize(
    caller: Caller | undefined,
    asked: Partial<ProvisioningPermissions> = {},
  ): Promise<ProvisioningReport> {
    const permissions = { ...HARMLESS, ...asked };
    this.#requireClosable(permissions);
    const verdict = await this.#coordinator.exclusive(() => this.#provision(caller, permissions));
    this.#coordinator.parts.events.raise('ownerAuthorization', 'The TPM was provisioned as far as possible.', {
      caller,
      details: { ready: verdict.ready, needs: verdict.needs },
    });
    return this.#report(verdict);
  }

  /**
   * Opens hierarchies that provisioning, or an earlier version of the broker, closed; uses the stored values unless
   * others are given.
   */
  async openHierarchies(caller: Caller, given: HierarchyAuths): Promise<ProvisioningReport> {
    const { tpm, hierarchies, events } = this.#coordinator.parts;
    if (tpm.version !== '2.0') throw noHierarchies();
    if (this.#closingIsPolicy) throw policyClosesHierarchies(this.#parts.policy());
    const opened = await this.#coordinator.exclusive(async () => hierarchies.open(await tpm.ownership(), given));
    if (opened.length > 0) {
      events.raise('ownerAuthorization', `The hierarchies are open now: ${opened.join(' and ')}.`, {
        caller,
        details: { hierarchies: opened },
      });
    }
    return this.state();
  }

  async #provision(
    caller: Caller | undefined,
    { allowClear, allowPhysicalPresence, closeHierarchies }: ProvisioningPermissions,
  ): Promise<ProvisioningVerdict> {
    const { steps } = this.#parts;
    const close = closeHierarchies || this.#closingIsPolicy;
    let reached = await steps.run(close);
    if (reached.clearRequired && allowClear && (await steps.clearAsOwner())) reached = await steps.run(close);
    const operations = operationsFor(reached, allowClear);
    if (caller === undefined || !allowPhysicalPresence || operations.length === 0) return reached;
    const { firmware } = this.#coordinator.parts;
    if ((await firmware.pendingRequest()) !== undefined) return reached;
    return (await firmware.requestFirstOffered(caller, operations)) ? steps.verdict() : reached;
  }

  async state(): Promise<ProvisioningReport> {
    return this.#report(await this.#parts.steps.verdict());
  }

  async #report(verdict: ProvisioningVerdict): Promise<ProvisioningReport> {
    const { tpm, hierarchies } = this.#coordinator.parts;
    if (tpm.version !== '2.0') return { ...verdict, hierarchies: undefined, policyClosesHierarchies: false };
    const states = hierarchies.states(await tpm.ownership());
    const anyOpen = states.storage === 'open' || states.endorsement === 'open';
    return {
      ...verdict,
      hierarchies: states,
      policyClosesHierarchies: this.#closingIsPolicy && hierarchies.mayBeClosed && anyOpen,
    };
  }

  get #coordinator(): OwnerAuthCoordinator {
    return this.#parts.coordinator;
  }

  get #closingIsPolicy(): boolean {
    return this.#parts.policy().settings.closeHierarchies;
  }

  #requireClosable({ closeHierarchies }: ProvisioningPermissions): void {
    const { tpm, hierarchies } = this.#coordinator.parts;
    if (!closeHierarchies) return;
    if (tpm.version !== '2.0') throw noHierarchies();
    if (!hierarchies.mayBeClosed) throw levelStoresNoHierarchy(this.#parts.policy());
  }

  get autoProvisioning(): AutoProvisioning {
    return this.#coordinator.parts.records.current.autoProvisioning;
  }

  async setAutoProvisioning(caller: Caller, value: AutoProvisioning): Promise<AutoProvisioning> {
    const disabledSinceBoot = value === 'DisabledForNextBoot' ? this.#parts.clock.bootId() : undefined;
    await this.#coordinator.parts.records.update({ autoProvisioning: value, disabledSinceBoot });
    this.#coordinator.parts.events.raise('administration', `Automatic provisioning of the TPM is ${value} now.`, {
      caller,
    });
    return this.autoProvisioning;
  }

  /** Runs at the broker's start. Never rejects. */
  async start(): Promise<void> {
    try {
      if (!(await this.#isDue())) return;
      if (!(await this.#parts.steps.verdict()).ready) await this.initialize(undefined);
    } catch (error) {
      this.#parts.log.warn({ error }, 'cannot provision the TPM automatically');
    }
  }

  /** `DisabledForNextBoot` skips exactly one boot: the next one after the boot in which it was set. */
  async #isDue(): Promise<boolean> {
    const { records } = this.#coordinator.parts;
    const { autoProvisioning, disabledSinceBoot } = records.current;
    if (autoProvisioning !== 'DisabledForNextBoot') return autoProvisioning === 'Enabled';
    const boot = this.#parts.clock.bootId();
    if (disabledSinceBoot === boot || disabledSinceBoot === `past:${boot}`) return false;
    if (disabledSinceBoot?.startsWith('past:') === true) {
      await records.update({ autoProvisioning: 'Enabled', disabledSinceBoot: undefined });
      return true;
    }
    await records.update({ disabledSinceBoot: `past:${boot}` });
    return false;
  }
}

function operationsFor({ clearRequired, needs }: ProvisioningVerdict, allowClear: boolean): readonly number[] {
  if (clearRequired) return allowClear ? CLEARING_OPERATIONS : [];
  return needs.includes('TPM_ACTIVATE') ? ENABLING_OPERATIONS : [];
}

function noHierarchies(): TbsError {
  return new TbsError('TBS_E_BAD_PARAMETER', {
    message: 'A TPM 1.2 has no storage and endorsement hierarchies.',
    details: { parameter: 'tpmVersion' },
  });
}

function levelStoresNoHierarchy(policy: EffectivePolicy): TbsError {
  return refusedByLevel(policy, {
    message:
      'The level in force does not store the authorizations of the hierarchies, so nobody could use them once they are closed.',
    levels: 'Full or Delegated',
  });
}

function policyClosesHierarchies(policy: EffectivePolicy): TbsError {
  return refusedBySetting('TBS_E_PROVISIONING_NOT_ALLOWED', policy, {
    setting: 'closeHierarchies',
    message: 'Policy requires the storage and endorsement hierarchies to be closed.',
    change: 'Set closeHierarchies to false',
  });
}
