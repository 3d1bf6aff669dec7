import { uint32 } from '../../ts-core/domain/tpm/byte-fields.js';
import { TPM_ORD } from '../../ts-core/domain/tpm12/codes.js';
import { TPM_CC, TPM_RH, TPM_RS_PW } from '../../ts-core/domain/tpm20/codes.js';
import { command12 } from './tpm12-commands.js';
import { command, getRandom } from './tpm20-commands.js';

/** Bytes of a few commands that tests send as they are. */
export const GET_RANDOM_20 = Buffer.from(getRandom(8));
export const GET_RANDOM_12 = Buffer.from(command12(TPM_ORD.GetRandom, uint32(8)));
/** TPM2_Clear with an empty password session on TPM_RH_LOCKOUT. */
export const CLEAR_20 = passwordCommand(TPM_CC.Clear, [TPM_RH.LOCKOUT], '');
/** TPM2_FieldUpgradeStart, header only. */
export const FIELD_UPGRADE_20 = Buffer.from(command('FieldUpgradeStart', []));

/** A TPM 2.0 command with one password session. */
export function passwordCommand(
  code: number,
  handles: readonly number[],
  password: string,
  parameters: Uint8Array = Buffer.alloc(0),
): Buffer {
  return sessionCommand(code, handles, [{ handle: TPM_RS_PW, hmac: password }], parameters);
}

/** A TPM 2.0 command with these sessions, without nonces and attributes. */
export function sessionCommand(
  code: number,
  handles: readonly number[],
  sessions: readonly { readonly handle: number; readonly hmac: string }[],
  parameters: Uint8Array = Buffer.alloc(0),
): Buffer {
  const area = Buffer.concat(
    sessions.map(({ handle, hmac }) => {
      const bytes = Buffer.from(hmac, 'utf8');
      return Buffer.concat([u32(handle), u16(0), Buffer.from([0]), u16(bytes.length), bytes]);
    }),
  );
  const body = Buffer.concat([...handles.map(u32), u32(area.length), area, parameters]);
  return Buffer.concat([u16(0x8002), u32(10 + body.length), u32(code), body]);
}

/** TPM2_CreatePrimary of an ECC key with this authorization value, in the owner hierarchy unless another is given. */
export function createPrimaryEcc(
  authValue: string,
  attributes: number,
  parent: { readonly hierarchy?: number; readonly password?: string } = {},
): Buffer {
  const secret = Buffer.from(authValue, 'utf8');
  const sensitive = Buffer.concat([u16(secret.length), secret, u16(0)]);
  const publicArea = Buffer.concat([
    ...[u16(0x0023), u16(0x000b), u32(attributes), u16(0)],
    ...[u16(0x0010), u16(0x0018), u16(0x000b), u16(0x0003), u16(0x0010)],
    ...[u16(0), u16(0)],
  ]);
  const parameters = Buffer.concat([
    ...[u16(sensitive.length), sensitive, u16(publicArea.length), publicArea],
    ...[u16(0), u32(0)],
  ]);
  return passwordCommand(TPM_CC.CreatePrimary, [parent.hierarchy ?? TPM_RH.OWNER], parent.password ?? '', parameters);
}

/**
 * TPM2_CreatePrimary in the null hierarchy: an RSA signing key of this many bits. Another `seed` makes another key; how
 * long that takes depends on the seed.
 */
export function createPrimaryRsa(seed: number, bits = 2048): Buffer {
  const sensitive = Buffer.concat([u16(0), u16(0)]);
  const publicArea = Buffer.concat([
    ...[u16(0x0001), u16(0x000b), u32(SIGNING_KEY.noDa), u16(0)],
    ...[u16(0x0010), u16(0x0014), u16(0x000b), u16(bits), u32(0)],
    ...[u16(4), u32(seed)],
  ]);
  const parameters = Buffer.concat([
    ...[u16(sensitive.length), sensitive, u16(publicArea.length), publicArea],
    ...[u16(0), u32(0)],
  ]);
  return passwordCommand(TPM_CC.CreatePrimary, [TPM_RH.NULL], '', parameters);
}

/** TPM2_FlushContext. */
export function flushContext20(handle: number): Buffer {
  return Buffer.concat([u16(0x8001), u32(14), u32(TPM_CC.FlushContext), u32(handle)]);
}

/** userWithAuth, sign, sensitiveDataOrigin, fixedTPM, fixedParent; with or without TPMA_OBJECT_NO_DA. */
export const SIGNING_KEY = { noDa: 0x00040472, underDa: 0x00040072 } as const;

/** TPM2_Sign of 32 zero bytes with this key's authorization value. */
export function signWith(handle: number, authValue: string): Buffer {
  const parameters = Buffer.concat([u16(32), Buffer.alloc(32), u16(0x0010), u16(0x8024), u32(0x40000007), u16(0)]);
  return passwordCommand(TPM_CC.Sign, [handle], authValue, parameters);
}

/** TPM2_DictionaryAttackParameters with the empty lockout authorization. */
export function dictionaryAttackParameters(
  maxTries: number,
  recoverySeconds = 10,
  lockoutRecoverySeconds = 10,
): Buffer {
  const parameters = Buffer.concat([u32(maxTries), u32(recoverySeconds), u32(lockoutRecoverySeconds)]);
  return passwordCommand(TPM_CC.DictionaryAttackParameters, [TPM_RH.LOCKOUT], '', parameters);
}

export function responseCode(response: Uint8Array): number {
  return Buffer.from(response).readUInt32BE(6);
}

export function handleIn(response: Uint8Array): number {
  return Buffer.from(response).readUInt32BE(10);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
