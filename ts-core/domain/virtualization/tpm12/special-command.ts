/** What a command with a rule of its own is. */
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RT } from '../../tpm12/codes.js';
import type { HeldResource } from './resource-table.js';
import type { Tpm12Virtualizer } from './tpm12-virtualizer.js';

export interface SpecialCommand {
  run(virtualizer: Tpm12Virtualizer, contextId: number, command: Uint8Array): Exchange<Uint8Array>;
}

/** Resource kinds that TPM_FlushSpecific and TPM_SaveContext name by TPM_RT_*. */
export function kindOfResourceType(resourceType: number): HeldResource['kind'] | undefined {
  if (resourceType === TPM_RT.KEY) return 'key';
  if (resourceType === TPM_RT.AUTH) return 'authSession';
  return resourceType === TPM_RT.TRANS ? 'transportSession' : undefined;
}
