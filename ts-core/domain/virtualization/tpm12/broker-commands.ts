/** Commands that the broker sends for itself: which handles are in the TPM, and how much room it has. */
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_CAP, TPM_CAP_PROP } from '../../tpm12/codes.js';
import type { ResourceKind } from '../../tpm12/command-shape.js';
import { getCapability } from '../../tpm12/commands.js';
import { handleListOf, numberOf } from '../../tpm12/responses.js';

/** Returns the handles of a resource type that are in the TPM; undefined if the TPM does not report them. */
export function* listHandles(resourceType: number): Exchange<readonly number[] | undefined> {
  return handleListOf(yield getCapability(TPM_CAP.HANDLE, resourceType));
}

const ROOM_PROPERTY: Readonly<Record<ResourceKind, number>> = {
  key: TPM_CAP_PROP.KEYS,
  authSession: TPM_CAP_PROP.AUTHSESS,
  transportSession: TPM_CAP_PROP.TRANSESS,
};

/** Returns how many more resources of a kind fit into the TPM now; undefined if the TPM does not report it. */
export function* readRoom(kind: ResourceKind): Exchange<number | undefined> {
  return numberOf(yield getCapability(TPM_CAP.PROPERTY, ROOM_PROPERTY[kind]));
}

/** Returns the most sessions that the TPM holds, loaded and saved together. */
export function* readSessionCapacity(): Exchange<number> {
  const loaded = numberOf(yield getCapability(TPM_CAP.PROPERTY, TPM_CAP_PROP.MAX_AUTHSESS)) ?? 0;
  const saved = numberOf(yield getCapability(TPM_CAP.PROPERTY, TPM_CAP_PROP.MAX_CONTEXT)) ?? 0;
  return loaded + saved;
}
