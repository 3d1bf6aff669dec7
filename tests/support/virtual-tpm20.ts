/** A Tpm20Virtualizer behind the broker's own exchange driver, with clients to send commands from. */
import type { ResourceLimits } from '../../ts-core/domain/virtualization/tpm20/quotas.js';
import { Tpm20Virtualizer } from '../../ts-core/domain/virtualization/tpm20/tpm20-virtualizer.js';
import type { VirtualizerSnapshot } from '../../ts-core/domain/virtualization/virtualizer.js';
import { ScriptedTpm20, type ScriptedTpmOptions } from './scripted-tpm20.js';
import { type Transmit, VirtualTpm } from './virtual-tpm.js';

/** Limits that are small enough for tests to reach. */
export const TEST_LIMITS: ResourceLimits = {
  resourcesPerContext: 28,
  sessionsPerContext: 4,
  objectsPerUser: 100,
  abandonedSessionsPerUser: 4,
};

export class VirtualTpm20 extends VirtualTpm<Tpm20Virtualizer> {
  static async start(
    transmit: Transmit,
    options: { readonly limits?: ResourceLimits; readonly previous?: VirtualizerSnapshot } = {},
  ): Promise<VirtualTpm20> {
    const tpm = new VirtualTpm20('2.0', new Tpm20Virtualizer(options.limits ?? TEST_LIMITS), transmit);
    await tpm.run(() => tpm.virtualizer.start(options.previous));
    return tpm;
  }
}

/** Starts a broker in front of a scripted TPM. */
export async function scriptedBroker(options: ScriptedTpmOptions = {}, limits = TEST_LIMITS) {
  const tpm = new ScriptedTpm20(options);
  const broker = await VirtualTpm20.start((bytes) => tpm.transmit(bytes), { limits });
  return { tpm, broker };
}
