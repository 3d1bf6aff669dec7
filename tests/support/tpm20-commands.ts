/** Complete TPM 2.0 commands for tests, by name, and readers of their responses. TPM 2.0 Library Part 3. */
import { HEADER_BYTES, readUint16, readUint32, responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import {
  type CommandName,
  TPM_ALG,
  TPM_CAP,
  TPM_CC,
  TPM_ECC_CURVE,
  TPM_RH,
  TPM_RS_PW,
  TPM_SE,
  TPM_ST,
  TPM_SU,
  TPMA_OBJECT,
  TPMA_SESSION,
} from '../../ts-core/domain/tpm20/codes.js';

export const CONTINUE_SESSION = TPMA_SESSION.CONTINUE_SESSION;
export const AUDIT_SESSION = 0x80;

export function u8(value: number): number[] {
  return [value & 0xff];
}
export function u16(value: number): number[] {
  return [(value >>> 8) & 0xff, value & 0xff];
}
export function u32(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
export function sized(bytes: readonly number[]): number[] {
  return [...u16(bytes.length), ...bytes];
}

/** The name of a command, or the code of one without a name. */
export type Code = CommandName | number;

function codeOf(code: Code): number {
  return typeof code === 'number' ? code : TPM_CC[code];
}

export function command(code: Code, body: readonly number[]): Uint8Array {
  return Uint8Array.from([
    ...u16(TPM_ST.NO_SESSIONS),
    ...u32(HEADER_BYTES + body.length),
    ...u32(codeOf(code)),
    ...body,
  ]);
}

export interface Authorization {
  readonly session?: number;
  readonly attributes?: number;
  /** The HMAC; in a password session, the password. */
  readonly hmac?: readonly number[];
}

/** Returns a command with an authorization area, which contains one empty password unless sessions are given. */
export function authorized(
  code: Code,
  handles: readonly number[],
  parameters: readonly number[],
  sessions: readonly Authorization[] = [{}],
): Uint8Array {
  const area = sessions.flatMap(({ session = TPM_RS_PW, attributes = 0, hmac = [] }) => [
    ...u32(session),
    ...sized([]),
    attributes,
    ...sized(hmac),
  ]);
  const body = [...handles.flatMap(u32), ...u32(area.length), ...area, ...parameters];
  return Uint8Array.from([...u16(TPM_ST.SESSIONS), ...u32(HEADER_BYTES + body.length), ...u32(codeOf(code)), ...body]);
}

/** Attributes of keys that the TPM creates and whose authorization value users know. */
const USER_KEY =
  TPMA_OBJECT.FIXED_TPM | TPMA_OBJECT.FIXED_PARENT | TPMA_OBJECT.SENSITIVE_DATA_ORIGIN | TPMA_OBJECT.USER_WITH_AUTH;
/** Attributes of a key that signs, with or without the protection against dictionary attacks. */
export const SIGNING_KEY = {
  noDa: USER_KEY | TPMA_OBJECT.NO_DA | TPMA_OBJECT.SIGN,
  underDa: USER_KEY | TPMA_OBJECT.SIGN,
} as const;

const EMPTY_SENSITIVE = sized([...sized([]), ...sized([])]);
/** An ECC P-256 storage key, restricted, AES-128-CFB. */
const ECC_PARENT = sized([
  ...u16(TPM_ALG.ECC),
  ...u16(TPM_ALG.SHA256),
  ...u32(USER_KEY | TPMA_OBJECT.RESTRICTED | TPMA_OBJECT.DECRYPT),
  ...sized([]),
  ...u16(TPM_ALG.AES),
  ...u16(128),
  ...u16(TPM_ALG.CFB),
  ...u16(TPM_ALG.NULL),
  ...u16(TPM_ECC_CURVE.NIST_P256),
  ...u16(TPM_ALG.NULL),
  ...sized([]),
  ...sized([]),
]);
/** An ECC P-256 key that signs, ECDSA with SHA-256. */
const ECC_SIGNER = sized([
  ...u16(TPM_ALG.ECC),
  ...u16(TPM_ALG.SHA256),
  ...u32(SIGNING_KEY.underDa),
  ...sized([]),
  ...u16(TPM_ALG.NULL),
  ...u16(TPM_ALG.ECDSA),
  ...u16(TPM_ALG.SHA256),
  ...u16(TPM_ECC_CURVE.NIST_P256),
  ...u16(TPM_ALG.NULL),
  ...sized([]),
  ...sized([]),
]);
const NO_CREATION_DATA = [...sized([]), ...u32(0)];

const HIERARCHIES = {
  owner: TPM_RH.OWNER,
  endorsement: TPM_RH.ENDORSEMENT,
  platform: TPM_RH.PLATFORM,
  null: TPM_RH.NULL,
} as const;

export type Hierarchy = keyof typeof HIERARCHIES;

export interface PrimaryOptions {
  /** `null` unless given. */
  readonly hierarchy?: Hierarchy;
  /** The hierarchy's authorization value; empty unless given. */
  readonly auth?: string;
}

export function createPrimary(options: PrimaryOptions = {}): Uint8Array {
  return createPrimaryFrom(ECC_PARENT, options);
}
export function createSigner(options: PrimaryOptions = {}): Uint8Array {
  return createPrimaryFrom(ECC_SIGNER, options);
}
function createPrimaryFrom(template: readonly number[], { hierarchy = 'null', auth = '' }: PrimaryOptions): Uint8Array {
  const parameters = [...EMPTY_SENSITIVE, ...template, ...NO_CREATION_DATA];
  return authorized('CreatePrimary', [HIERARCHIES[hierarchy]], parameters, [{ hmac: utf8(auth) }]);
}
/** TPMT_TK_HASHCHECK of a digest that no TPM computed. */
export const NULL_TICKET = [...u16(0x8024), ...u32(TPM_RH.NULL), ...sized([])];

/** ECDSA over 32 bytes. */
export function sign(key: number, sessions?: readonly Authorization[]): Uint8Array {
  const digest = new Array<number>(32).fill(7);
  return authorized('Sign', [key], [...sized(digest), ...u16(TPM_ALG.NULL), ...NULL_TICKET], sessions);
}
/** Certifies a key with another one, which signs ECDSA. */
export function certify(key: number, signer: number): Uint8Array {
  return authorized('Certify', [key, signer], [...sized([]), ...u16(TPM_ALG.NULL)], [{}, {}]);
}
export function readPublic(handle: number): Uint8Array {
  return command('ReadPublic', u32(handle));
}
export function flushContext(handle: number): Uint8Array {
  return command('FlushContext', u32(handle));
}
export function contextSave(handle: number): Uint8Array {
  return command('ContextSave', u32(handle));
}
export function contextLoad(blob: Uint8Array): Uint8Array {
  return command('ContextLoad', [...blob]);
}
export function getRandom(bytes: number): Uint8Array {
  return command('GetRandom', u16(bytes));
}
/** GetRandom(4) audited by an unbound HMAC session, whose HMAC is empty because it has no key. */
export function getRandomWithSession(session: number, attributes: number): Uint8Array {
  return authorized('GetRandom', [], u16(4), [{ session, attributes }]);
}
export function getCapability(capability: number, property: number, count: number): Uint8Array {
  return command('GetCapability', [...u32(capability), ...u32(property), ...u32(count)]);
}
/** GetCapability of the handles from `first` on, at most `count`. */
export function listHandles(first: number, count = 100): Uint8Array {
  return getCapability(TPM_CAP.HANDLES, first, count);
}
/** GetCapability of the properties from `first` on, at most `count`. */
export function listProperties(first: number, count = 100): Uint8Array {
  return getCapability(TPM_CAP.TPM_PROPERTIES, first, count);
}
export function startAuthSession(type: 'hmac' | 'policy' | 'trial' = 'policy'): Uint8Array {
  const types = { hmac: TPM_SE.HMAC, policy: TPM_SE.POLICY, trial: TPM_SE.TRIAL };
  const nonce = new Array<number>(16).fill(1);
  const body = [
    ...u32(TPM_RH.NULL),
    ...u32(TPM_RH.NULL),
    ...sized(nonce),
    ...sized([]),
    types[type],
    ...u16(TPM_ALG.NULL),
  ];
  return command('StartAuthSession', [...body, ...u16(TPM_ALG.SHA256)]);
}
export function policyGetDigest(session: number): Uint8Array {
  return command('PolicyGetDigest', u32(session));
}
export function policyRestart(session: number): Uint8Array {
  return command('PolicyRestart', u32(session));
}
export function policyCommandCode(session: number, code: number): Uint8Array {
  return command('PolicyCommandCode', [...u32(session), ...u32(code)]);
}
export function hashSequenceStart(algorithm = TPM_ALG.SHA256): Uint8Array {
  return command('HashSequenceStart', [...sized([]), ...u16(algorithm)]);
}
export function sequenceUpdate(sequence: number, data: readonly number[]): Uint8Array {
  return authorized('SequenceUpdate', [sequence], sized(data));
}
export function sequenceComplete(sequence: number, data: readonly number[]): Uint8Array {
  return authorized('SequenceComplete', [sequence], [...sized(data), ...u32(TPM_RH.NULL)]);
}
export function eventSequenceComplete(pcr: number, sequence: number, data: readonly number[]): Uint8Array {
  return authorized('EventSequenceComplete', [pcr, sequence], sized(data), [{}, {}]);
}
export function clear(): Uint8Array {
  return authorized('Clear', [TPM_RH.LOCKOUT], []);
}
/** Enables or disables a hierarchy, authorized by the platform. */
export function hierarchyControl(hierarchy: Hierarchy, state: 'on' | 'off'): Uint8Array {
  return authorized('HierarchyControl', [TPM_RH.PLATFORM], [...u32(HIERARCHIES[hierarchy]), state === 'on' ? 1 : 0]);
}
export function changeEps(): Uint8Array {
  return authorized('ChangeEPS', [TPM_RH.PLATFORM], []);
}
export function changePps(): Uint8Array {
  return authorized('ChangePPS', [TPM_RH.PLATFORM], []);
}
export function hmacStart(key: number): Uint8Array {
  return authorized('HMAC_Start', [key], [...sized([]), ...u16(TPM_ALG.SHA256)]);
}
export function startup(type: 'clear' | 'state' = 'clear'): Uint8Array {
  return command('Startup', u16(type === 'state' ? TPM_SU.STATE : TPM_SU.CLEAR));
}
export function shutdown(type: 'clear' | 'state'): Uint8Array {
  return command('Shutdown', u16(type === 'state' ? TPM_SU.STATE : TPM_SU.CLEAR));
}

/** A signature scheme that the broker itself never uses. TCG Algorithm Registry, 6.1. */
const RSASSA = 0x0014;

export const GET_RANDOM_20 = Buffer.from(getRandom(8));
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
  return createPrimaryOf(authValue, template, parent.hierarchy ?? TPM_RH.OWNER, parent.password ?? '');
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
  return createPrimaryOf('', template, TPM_RH.NULL, '');
}

function createPrimaryOf(authValue: string, template: readonly number[], hierarchy: number, password: string): Buffer {
  const sensitive = [...sized(utf8(authValue)), ...sized([])];
  const creationData = [...sized([]), ...u32(0)];
  const parameters = [...sized(sensitive), ...sized(template), ...creationData];
  return passwordCommand(TPM_CC.CreatePrimary, [hierarchy], password, Uint8Array.from(parameters));
}

/** TPM2_Sign of 32 zero bytes with this key's authorization value. */
export function signWith(handle: number, authValue: string): Buffer {
  const parameters = [...sized(new Array<number>(32).fill(0)), ...u16(TPM_ALG.NULL), ...NULL_TICKET];
  return passwordCommand(TPM_CC.Sign, [handle], authValue, Uint8Array.from(parameters));
}

/** TPM2_HierarchyChangeAuth from the authorization value `auth`, empty unless given, to `next`. */
export function hierarchyChangeAuth(hierarchy: number, next: string, auth = ''): Buffer {
  return passwordCommand(TPM_CC.HierarchyChangeAuth, [hierarchy], auth, Uint8Array.from(sized(utf8(next))));
}

/** TPM2_DictionaryAttackLockReset with this lockout authorization, empty unless given. */
export function dictionaryAttackLockReset(auth = ''): Buffer {
  return passwordCommand(TPM_CC.DictionaryAttackLockReset, [TPM_RH.LOCKOUT], auth);
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

function utf8(text: string): number[] {
  return [...Buffer.from(text, 'utf8')];
}

/** TPM2_CreatePrimary of an RSA-3072 key in the null hierarchy: takes long, and its response is big. */
export function createRsaPrimary(): Uint8Array {
  const seed = Math.floor(Math.random() * 0x100000000);
  return createPrimaryRsa(seed, 3072);
}

/** TPM2_PCR_Extend(PCR 20) with a SHA-256 digest of zeros, which takes a locality above 0. */
export function extendPcr20(): Uint8Array {
  return authorized('PCR_Extend', [20], [...u32(1), ...u16(TPM_ALG.SHA256), ...new Array<number>(32).fill(0)]);
}

export function handleIn(response: Uint8Array): number {
  const code = responseCodeOf(response);
  if (code !== 0) throw new Error(`no handle in a response with code 0x${code.toString(16)}`);
  return readUint32(response, HEADER_BYTES);
}
/** Returns the TPMS_CONTEXT of a ContextSave response. */
export function blobIn(response: Uint8Array): Uint8Array {
  const code = responseCodeOf(response);
  if (code !== 0) throw new Error(`no context in a response with code 0x${code.toString(16)}`);
  return response.slice(HEADER_BYTES);
}
export function handleListIn(response: Uint8Array): {
  readonly handles: readonly number[];
  readonly moreData: boolean;
} {
  const count = readUint32(response, HEADER_BYTES + 5);
  const handles = Array.from({ length: count }, (_, index) => readUint32(response, HEADER_BYTES + 9 + 4 * index));
  return { handles, moreData: response[HEADER_BYTES] !== 0 };
}
export function propertiesIn(response: Uint8Array): ReadonlyMap<number, number> {
  const properties = new Map<number, number>();
  const count = readUint32(response, HEADER_BYTES + 5);
  for (let index = 0; index < count; index++) {
    const offset = HEADER_BYTES + 9 + 8 * index;
    properties.set(readUint32(response, offset), readUint32(response, offset + 4));
  }
  return properties;
}
/** Returns the first sized buffer in the parameters of a response to a command without sessions. */
export function firstBufferIn(response: Uint8Array): Uint8Array {
  return response.slice(HEADER_BYTES + 2, HEADER_BYTES + 2 + readUint16(response, HEADER_BYTES));
}
