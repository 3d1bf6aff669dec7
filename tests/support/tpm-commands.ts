import { uint32 } from '../../ts-core/domain/tpm/byte-fields.js';
import { TPM_ORD } from '../../ts-core/domain/tpm12/codes.js';
import { TPM_ALG, TPM_CC, TPM_ECC_CURVE, TPM_RH, TPM_RS_PW } from '../../ts-core/domain/tpm20/codes.js';
import { command12 } from './tpm12-commands.js';
import { authorized, command, getRandom, NULL_TICKET, sized, u16, u32 } from './tpm20-commands.js';

/** A signature scheme that the broker itself never uses. TCG Algorithm Registry, 6.1. */
const RSASSA = 0x0014;

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
  parameters: Uint8Array = new Uint8Array(),
): Buffer {
  return sessionCommand(code, handles, [{ handle: TPM_RS_PW, hmac: password }], parameters);
}

/** A TPM 2.0 command with these sessions, without nonces and attributes. */
export function sessionCommand(
  code: number,
  handles: readonly number[],
  sessions: readonly { readonly handle: number; readonly hmac: string }[],
  parameters: Uint8Array = new Uint8Array(),
): Buffer {
  const filled = sessions.map(({ handle, hmac }) => ({ session: handle, hmac: utf8(hmac) }));
  return Buffer.from(authorized(code, handles, [...parameters], filled));
}

/** TPM2_CreatePrimary of an ECC key with this authorization value, in the owner hierarchy unless another is given. */
export function createPrimaryEcc(
  authValue: string,
  attributes: number,
  parent: { readonly hierarchy?: number; readonly password?: string } = {},
): Buffer {
  const template = [
    ...[...u16(TPM_ALG.ECC), ...u16(TPM_ALG.SHA256), ...u32(attributes), ...sized([])],
    ...[TPM_ALG.NULL, TPM_ALG.ECDSA, TPM_ALG.SHA256, TPM_ECC_CURVE.NIST_P256, TPM_ALG.NULL].flatMap(u16),
    ...[...sized([]), ...sized([])],
  ];
  return createPrimary(authValue, template, parent.hierarchy ?? TPM_RH.OWNER, parent.password ?? '');
}

/**
 * TPM2_CreatePrimary in the null hierarchy: an RSA signing key of this many bits. Another `seed` creates another key;
 * how long that takes depends on the seed.
 */
export function createPrimaryRsa(seed: number, bits = 2048): Buffer {
  const template = [
    ...[...u16(TPM_ALG.RSA), ...u16(TPM_ALG.SHA256), ...u32(SIGNING_KEY.noDa), ...sized([])],
    ...[TPM_ALG.NULL, RSASSA, TPM_ALG.SHA256, bits].flatMap(u16),
    ...[...u32(0), ...sized(u32(seed))],
  ];
  return createPrimary('', template, TPM_RH.NULL, '');
}

function createPrimary(authValue: string, template: readonly number[], hierarchy: number, password: string): Buffer {
  const sensitive = [...sized(utf8(authValue)), ...sized([])];
  const creationData = [...sized([]), ...u32(0)];
  const parameters = [...sized(sensitive), ...sized(template), ...creationData];
  return passwordCommand(TPM_CC.CreatePrimary, [hierarchy], password, Uint8Array.from(parameters));
}

/** userWithAuth, sign, sensitiveDataOrigin, fixedTPM, fixedParent; with or without TPMA_OBJECT_NO_DA. */
export const SIGNING_KEY = { noDa: 0x00040472, underDa: 0x00040072 } as const;

/** TPM2_Sign of 32 zero bytes with this key's authorization value. */
export function signWith(handle: number, authValue: string): Buffer {
  const parameters = [...sized(new Array<number>(32).fill(0)), ...u16(TPM_ALG.NULL), ...NULL_TICKET];
  return passwordCommand(TPM_CC.Sign, [handle], authValue, Uint8Array.from(parameters));
}

/** TPM2_DictionaryAttackParameters with the empty lockout authorization. */
export function dictionaryAttackParameters(
  maxTries: number,
  recoverySeconds = 10,
  lockoutRecoverySeconds = 10,
): Buffer {
  const parameters = Uint8Array.from([maxTries, recoverySeconds, lockoutRecoverySeconds].flatMap(u32));
  return passwordCommand(TPM_CC.DictionaryAttackParameters, [TPM_RH.LOCKOUT], '', parameters);
}

export function responseCode(response: Uint8Array): number {
  return Buffer.from(response).readUInt32BE(6);
}

function utf8(text: string): number[] {
  return [...Buffer.from(text, 'utf8')];
}
