/**
 * Recognises the TPM that the stored state belongs to. If the state was stored with another TPM, because a disk was
 * moved or a backup restored, sets it aside before any of it is used, and restores it when its TPM returns. State of
 * users and of the machine stays in force: command lists, the failure ledger, the level of owner authorization.
 */
import type { HashFunction } from '../../domain/firmware/hash-algorithms.js';
import type { DeviceFacts } from '../../domain/tpm/device-facts.js';
import type { Exchange } from '../../domain/tpm/exchange.js';
import { compareIdentities, identityName, mergeIdentities, type TpmIdentity } from '../../domain/tpm/tpm-identity.js';
import type { Crypto12 } from '../../domain/tpm12/crypto12.js';
import { readIdentityMarks as readIdentityMarks12 } from '../../domain/tpm12/read-identity.js';
import { readIdentityMarks as readIdentityMarks20 } from '../../domain/tpm20/read-identity.js';
import { RAW_CHANGE_RECORD } from '../owner-auth/external-owner-change-monitor.js';
import { LOCKOUT_AUTHORIZATION_RECORD } from '../owner-auth/lockout-authorization-watch.js';
import { OWNER_AUTH_RECORD, settingsOfMachine } from '../owner-auth/owner-auth-record.js';
import type { OwnerAuthFiles } from '../ports/owner-auth-stores.js';
import type { StateRecords, StateStore } from '../ports/state-store.js';

/** Reports that the state was stored with another TPM than the one in use. */
export interface ReplacedTpm {
  /** Name of the TPM whose state was set aside. */
  readonly earlier: string;
  readonly found: string;
  /** Whether state that had been set aside for this TPM is in use again. */
  readonly isBack: boolean;
}

export interface TpmBoundStateParts {
  readonly store: StateStore;
  readonly files: OwnerAuthFiles;
  readonly nowMs: number;
}

/** The records that mean nothing to another TPM. The sealed owner authorization is in files. */
const BOUND_RECORDS = ['virtualizer', OWNER_AUTH_RECORD, RAW_CHANGE_RECORD, LOCKOUT_AUTHORIZATION_RECORD] as const;

type BoundRecords = Partial<Pick<StateRecords, (typeof BOUND_RECORDS)[number]>>;

interface SetAside {
  readonly identity: TpmIdentity;
  readonly sinceMs: number;
  readonly records: BoundRecords;
}

interface TpmRecord {
  readonly identity: TpmIdentity;
  /** State of other TPMs, by their names. */
  readonly setAside: Readonly<Record<string, SetAside>>;
  /** An incomplete replacement of the state. Its steps can be repeated. */
  readonly unfinished?: { readonly aside: string; readonly back: string | undefined } | undefined;
}

const RECORD = 'feature:tpm';
/** Beyond this, the oldest state is forgotten: a machine with a new TPM at each boot would fill the store. */
const MAX_SET_ASIDE = 16;

/** Reads the identity of the TPM. */
export function* readTpmIdentity(
  { version, manufacturerId }: DeviceFacts,
  crypto12: Crypto12,
  hash: HashFunction,
): Exchange<TpmIdentity> {
  const found = version === '2.0' ? yield* readIdentityMarks20() : yield* readIdentityMarks12(crypto12);
  const marks: Record<string, string> = {};
  for (const { kind, bytes } of found) marks[kind] = hexOf(hash('sha256', bytes) ?? bytes);
  return { version, manufacturerId, marks };
}

/** Returns what is known of the TPM that the stored state belongs to; undefined before the first start is complete. */
export function knownTpm(store: StateStore): TpmIdentity | undefined {
  return tpmRecord(store.get(RECORD))?.identity;
}

/**
 * Replaces the stored state by that of the TPM that was found. Returns undefined if it already belongs to this TPM, as
 * far as the TPM can be recognised. Rejects with TBS_E_INTERNAL_ERROR if the state cannot be changed.
 */
export async function adoptTpm(parts: TpmBoundStateParts, found: TpmIdentity): Promise<ReplacedTpm | undefined> {
  const { store } = parts;
  const record = await finishExchange(parts, tpmRecord(store.get(RECORD)));
  if (record === undefined) {
    await put(store, { identity: found, setAside: {} });
    return undefined;
  }
  const verdict = compareIdentities(record.identity, found);
  const back = Object.keys(record.setAside).find((name) => isSame(record.setAside[name], found));
  if (verdict === 'same' || (verdict === 'unknown' && back === undefined)) {
    const identity = mergeIdentities(record.identity, found);
    if (!haveSameMarks(identity, record.identity)) await put(store, { ...record, identity });
    return undefined;
  }
  const earlier = identityName(record.identity);
  const old: SetAside = { identity: record.identity, sinceMs: parts.nowMs, records: boundRecords(store) };
  await finishExchange(parts, {
    identity: back === undefined ? found : mergeIdentities((record.setAside[back] as SetAside).identity, found),
    setAside: forgetOldest({ ...record.setAside, [earlier]: old }, back, parts.files),
    unfinished: { aside: earlier, back },
  });
  return { earlier, found: identityName(found), isBack: back !== undefined };
}

/** Finishes the replacement that the record describes; any of its steps may have run before a crash. */
async function finishExchange(
  { store, files }: TpmBoundStateParts,
  record: TpmRecord | undefined,
): Promise<TpmRecord | undefined> {
  if (record?.unfinished === undefined) return record;
  await put(store, record);
  const { aside, back } = record.unfinished;
  files.setAside(aside);
  const leaving = record.setAside[aside]?.records ?? {};
  const coming = back === undefined ? freshRecords(leaving) : (record.setAside[back]?.records ?? {});
  for (const name of BOUND_RECORDS) {
    const value = coming[name];
    if (value === undefined) await store.delete(name);
    else await store.put(name, value as StateRecords[typeof name]);
  }
  if (back !== undefined) files.bringBack(back);
  const setAside = Object.fromEntries(Object.entries(record.setAside).filter(([name]) => name !== back));
  const finished = { identity: record.identity, setAside };
  await put(store, finished);
  return finished;
}

function boundRecords(store: StateStore): BoundRecords {
  return Object.fromEntries(
    BOUND_RECORDS.map((name) => [name, store.get(name)] as const).filter(([, value]) => value !== undefined),
  );
}

/** Returns the records for a new TPM: an administrator's settings for the machine apply to it too. */
function freshRecords(leaving: BoundRecords): BoundRecords {
  const settings = settingsOfMachine(leaving[OWNER_AUTH_RECORD]);
  return settings === undefined ? {} : { [OWNER_AUTH_RECORD]: settings };
}

function isSame(candidate: SetAside | undefined, found: TpmIdentity): boolean {
  return candidate !== undefined && compareIdentities(candidate.identity, found) === 'same';
}

function forgetOldest(
  setAside: Readonly<Record<string, SetAside>>,
  back: string | undefined,
  files: OwnerAuthFiles,
): Readonly<Record<string, SetAside>> {
  const newestFirst = Object.entries(setAside).sort(([, left], [, right]) => right.sinceMs - left.sinceMs);
  const forgotten = newestFirst.slice(MAX_SET_ASIDE).filter(([name]) => name !== back);
  for (const [name] of forgotten) files.forgetSetAside(name);
  return Object.fromEntries(newestFirst.filter((entry) => !forgotten.includes(entry)));
}

function put(store: StateStore, record: TpmRecord): Promise<void> {
  return store.put(RECORD, record);
}

/** Returns undefined for an invalid record: the state then counts as that of the TPM that is found. */
function tpmRecord(kept: unknown): TpmRecord | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined;
  const { identity, setAside } = kept as Partial<TpmRecord>;
  const isWhole = typeof identity?.manufacturerId === 'number' && typeof identity.marks === 'object';
  return isWhole && typeof setAside === 'object' ? (kept as TpmRecord) : undefined;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function haveSameMarks(left: TpmIdentity, right: TpmIdentity): boolean {
  const kinds = Object.keys(left.marks);
  return (
    kinds.length === Object.keys(right.marks).length && kinds.every((kind) => left.marks[kind] === right.marks[kind])
  );
}
