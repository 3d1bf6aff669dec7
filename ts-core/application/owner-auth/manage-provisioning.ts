/** Initialize-Tpm, Get-TpmProvisioningState, Enable- and Disable-TpmAutoProvisioning. */
import type { Caller } from '../../domain/caller.js';
import type { ProvisioningVerdict } from '../../domain/owner-auth/provisioning-information.js';
import type { Clock, Log } from '../ports.js';
import type { OwnerAuthKeeper } from './owner-auth-keeper.js';
import type { AutoProvisioning } from './owner-auth-record.js';
import type { ProvisioningSteps } from './provisioning-steps.js';

export class ManageProvisioning {
  constructor(
    private readonly keeper: OwnerAuthKeeper,
    private readonly steps: ProvisioningSteps,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  async initialize(caller: Caller | undefined): Promise<ProvisioningVerdict> {
    const verdict = await this.keeper.exclusive(() => this.steps.run());
    this.keeper.parts.events.raise('ownerAuthorization', 'The TPM was provisioned as far as possible.', {
      caller,
      details: { ready: verdict.ready, needs: verdict.needs },
    });
    return verdict;
  }

  state(): Promise<ProvisioningVerdict> {
    return this.steps.verdict();
  }

  get autoProvisioning(): AutoProvisioning {
    return this.keeper.parts.records.current.autoProvisioning;
  }

  async setAutoProvisioning(caller: Caller, value: AutoProvisioning): Promise<AutoProvisioning> {
    const disabledSinceBoot = value === 'DisabledForNextBoot' ? this.clock.bootId() : undefined;
    await this.keeper.parts.records.update({ autoProvisioning: value, disabledSinceBoot });
    this.keeper.parts.events.raise('administration', `Automatic provisioning of the TPM is ${value} now.`, { caller });
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
    const { records } = this.keeper.parts;
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
