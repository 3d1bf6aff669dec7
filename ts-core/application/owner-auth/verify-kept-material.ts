/** Finds stored material that the TPM no longer accepts, with at most one attempt for each. */
import { MATERIAL_NAMES, type MaterialName } from '../../domain/owner-auth/kept-material.js';
import { decodePendingChange } from '../../domain/owner-auth/pending-change.js';
import type { KeptSecrets } from './kept-secrets.js';
import { isSealBroken } from './kept-secrets.js';
import type { OwnershipState, OwnerTpm } from './owner-tpm.js';
import { isWrongAuthorization } from './tpm-failure.js';

interface Parts {
  readonly tpm: OwnerTpm;
  readonly secrets: KeptSecrets;
}

/**
 * Returns `everything` if the sealed key cannot be unsealed or the TPM no longer has an owner. Rejects while the TPM is
 * locked out.
 */
export async function materialThatIsVoid(
  { tpm, secrets }: Parts,
  state: OwnershipState,
  names: readonly MaterialName[],
): Promise<readonly MaterialName[] | 'everything'> {
  try {
    if (tpm.version === '1.2') {
      if (!state.owned) return 'everything';
      return (await isOwnerOf12(tpm, secrets)) ? [] : MATERIAL_NAMES['1.2'];
    }
    const found: MaterialName[] = [];
    for (const name of names) if (!(await isInForce20({ tpm, secrets }, state, name))) found.push(name);
    return found;
  } catch (error) {
    if (isSealBroken(error)) return 'everything';
    throw error;
  }
}

async function isInForce20({ tpm, secrets }: Parts, state: OwnershipState, name: MaterialName): Promise<boolean> {
  const isSet = { owner: state.owned, storage: state.storageAuthSet, endorsement: state.endorsementAuthSet };
  if (name !== 'owner' && name !== 'storage' && name !== 'endorsement') return true;
  if (!isSet[name]) return false;
  if (name === 'owner') return isOwner({ tpm, secrets });
  const value = await secrets.get(name);
  return value === undefined || taken(value, (auth) => tpm.proveHierarchy?.(name, auth));
}

async function isOwnerOf12(tpm: OwnerTpm, secrets: KeptSecrets): Promise<boolean> {
  if (secrets.has('owner') || secrets.has('pending')) return isOwner({ tpm, secrets });
  const delegation = await secrets.get('administratorDelegation');
  if (delegation === undefined) return true;
  const taken = (await tpm.takesDelegation?.(delegation)) ?? true;
  delegation.fill(0);
  return taken;
}

/** Returns whether the TPM accepts the stored owner value; also true if none is stored, since nothing is void then. */
async function isOwner({ tpm, secrets }: Parts): Promise<boolean> {
  const value = (await secrets.get('owner')) ?? (await valueOfUnbackedChange(secrets));
  return value === undefined || taken(value, (auth) => tpm.changeOwnerAuth(auth, auth));
}

async function valueOfUnbackedChange(secrets: KeptSecrets): Promise<Uint8Array | undefined> {
  const bytes = await secrets.get('pending');
  if (bytes === undefined) return undefined;
  const pending = decodePendingChange(bytes);
  bytes.fill(0);
  pending?.oldValue?.fill(0);
  if (pending?.phase === 'unbacked' || pending?.phase === 'committing') return pending.newValue;
  pending?.newValue.fill(0);
  return undefined;
}

async function taken(value: Uint8Array, prove: (value: Uint8Array) => Promise<void> | undefined): Promise<boolean> {
  try {
    await prove(value);
    return true;
  } catch (error) {
    if (isWrongAuthorization(error)) return false;
    throw error;
  } finally {
    value.fill(0);
  }
}
