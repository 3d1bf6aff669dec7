/** What every command with a rule of its own is, and how it refuses. */
import { errorResponse } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RT_AUTH, TPM_RT_KEY, TPM_RT_TRANS } from '../../tpm12/codes.js';
import type { HeldResource } from './resource-table.js';
import type { Tpm12Virtualizer } from './tpm12-virtualizer.js';

export interface SpecialCommand {
  run(virtualizer: Tpm12Virtualizer, contextId: number, command: Uint8Array): Exchange<Uint8Array>;
}

export function refuse(responseCode: number): Uint8Array {
  return errorResponse('1.2', responseCode);
}

/** Resource kinds that TPM_FlushSpecific and TPM_SaveContext name by TPM_RT_*. */
export function kindOfResourceType(resourceType: number): HeldResource['kind'] | undefined {
  if (resourceType === TPM_RT_KEY) return 'key';
  if (resourceType === TPM_RT_AUTH) return 'authSession';
  return resourceType === TPM_RT_TRANS ? 'transportSession' : undefined;
}
