/** Initialize-Tpm, Get-TpmProvisioningState, Enable- and Disable-TpmAutoProvisioning. */
import type { Caller } from '../../domain/caller.js';
import type { ProvisioningVerdict } from '../../domain/owner-auth/provisioning-information.js';
import type { Clock, Log } from '../ports.js';
import type { OwnerAuthCoordinator } from './owner-auth-coordinator.js';
import type { AutoProvisioning } from './owner-auth-record.js';
import type { ProvisioningSteps } from './provisioning-steps.js';

/** What Initialize-Tpm may do beside what harms nothing. */
export interface ProvisioningPermissions {
  /** Clear the TPM where nothing else makes it usable. */
  readonly allowClear: boolean;
  /** Ask the firmware, which asks a person at the next start of the machine. */
  readonly allowPhysicalPresence: boolean;
}

const HARMLESS: ProvisioningPermissions = { allowClear: false, allowPhysicalPresence: false };

/** Physical presence operations, the most complete first: all of them clear; all of them enable and activate. */
const CLEARING_OPERATIONS: readonly number[] = [22, 21, 14, 5];
const ENABLING_OPERATIONS: readonly number[] = [10, 6];

export class ManageProvisioning {
  constructor(
    private readonly coordinator: OwnerAuthCoordinator,
    private readonly steps: ProvisioningSteps,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  async initialize(
    caller: Caller | undefined,
    permissions: ProvisioningPermissions = HARMLESS,
  ): Promise<ProvisioningVerdict> {
    const verdict = await this.coordinator.exclusive(() => this.provision(caller, permissions));
    this.coordinator.parts.events.raise('ownerAuthorization', 'The TPM was provisioned as far as possible.', {
      caller,
      details: { ready: verdict.ready, needs: verdict.needs },
    });
    return verdict;
  }

  private async provision(
    caller: Caller | undefined,
    { allowClear, allowPhysicalPresence }: ProvisioningPermissions,
  ): Promise<ProvisioningVerdict> {
    let reached = await this.steps.run();
    if (reached.clearRequired && allowClear && (await this.steps.clearAsOwner())) reached = await this.steps.run();
    const operations = operationsFor(reached, allowClear);
    if (caller === undefined || !allowPhysicalPresence || operations.length === 0) return reached;
    const { firmware } = this.coordinator.parts;
    if ((await firmware.pendingRequest()) !== undefined) return reached;
    return (await firmware.requestFirstOffered(caller, operations)) ? this.steps.verdict() : reached;
  }

  state(): Promise<ProvisioningVerdict> {
    return this.steps.verdict();
  }

  get autoProvisioning(): AutoProvisioning {
    return this.coordinator.parts.records.current.autoProvisioning;
  }

  async setAutoProvisioning(caller: Caller, value: AutoProvisioning): Promise<AutoProvisioning> {
    const disabledSinceBoot = value === 'DisabledForNextBoot' ? this.clock.bootId() : undefined;
    await this.coordinator.parts.records.update({ autoProvisioning: value, disabledSinceBoot });
    this.coordinator.parts.events.raise('administration', `Automatic provisioning of the TPM is ${value} now.`, {
      caller,
    });
    return this.autoProvisioning;
  }

  /** At the broker's start. Never rejects. */
  async start(): Promise<void> {
    try {
      if (!(await this.isDue())) return;
      if (!(await this.steps.verdict()).ready) await this.initialize(undefined);
    } catch (error) {
      this.log.warn({ error }, 'the TPM could not be provisioned automatically');
    }
  }

  /** `DisabledForNextBoot` skips exactly the first boot after the one in which it was said. */
  private async isDue(): Promise<boolean> {
    const { records } = this.coordinator.parts;
    const { autoProvisioning, disabledSinceBoot } = records.current;
    if (autoProvisioning !== 'DisabledForNextBoot') return autoProvisioning === 'Enabled';
    const boot = this.clock.bootId();
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
