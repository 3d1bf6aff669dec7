/** Reads the files that policy comes from, weakest first. */
import { readdirSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MAX_POL_BYTES } from '../../domain/policy/registry-pol.js';
import { type GroupPolicyPlace, groupPolicyFiles } from './group-policy-sources.js';
import { errorCode, readTrustedFile, whyFolderIsNotTrusted } from './trusted-file.js';

export interface SourceFile {
  readonly kind: 'policyFile' | 'registryPol';
  readonly path: string;
  readonly content:
    | { readonly state: 'read'; readonly bytes: Uint8Array }
    | { readonly state: 'missing' }
    | { readonly state: 'unusable'; readonly reason: string };
}

export interface SourcePlaces {
  /** Folder of policy files (`*.json`, applied in order of name). */
  readonly folder: string;
  /** Registry.pol files, weakest first. */
  readonly registryPol: readonly string[];
  /** Where domain clients deliver Group Policy, weakest first; stronger than the Registry.pol files. */
  readonly groupPolicy: readonly GroupPolicyPlace[];
  readonly brokerUid: number;
}

export type FolderListing =
  | { readonly state: 'listed'; readonly files: readonly SourceFile[] }
  | { readonly state: 'missing' }
  | { readonly state: 'unusable'; readonly reason: string };

const MAX_POLICY_FILES = 256;
const MAX_POLICY_FILE_BYTES = 1_048_576;

/**
 * Reads the policy folder. A folder that others may write is not read at all: even if its files are trustworthy,
 * someone may have removed others.
 */
export function readPolicyFolder({ folder, brokerUid }: SourcePlaces): FolderListing {
  let names: readonly string[];
  try {
    const distrust = whyFolderIsNotTrusted(folder, brokerUid);
    if (distrust !== undefined) return { state: 'unusable', reason: distrust };
    names = policyFileNames(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { state: 'missing' };
    return { state: 'unusable', reason: `the folder cannot be read (${errorCode(error)})` };
  }
  if (names.length > MAX_POLICY_FILES) {
    return {
      state: 'unusable',
      reason: `the folder has ${names.length} policy files; at most ${MAX_POLICY_FILES} are read`,
    };
  }
  const paths = names.map((name) => join(folder, name));
  return {
    state: 'listed',
    files: paths.map((path) => readSource('policyFile', path, brokerUid, MAX_POLICY_FILE_BYTES)),
  };
}

export function readRegistryPolFiles({ registryPol, brokerUid }: SourcePlaces): readonly SourceFile[] {
  return registryPol.map((path) => readSource('registryPol', path, brokerUid, MAX_POL_BYTES));
}

/** Sorts by code unit, so that the order is the same in every locale. Skips names that begin with a dot. */
function policyFileNames(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
    .sort((a, b) => (a < b ? -1 : 1));
}

function readSource(kind: SourceFile['kind'], path: string, brokerUid: number, maxBytes: number): SourceFile {
  const read = readTrustedFile(path, brokerUid, maxBytes);
  if (read.verdict === 'read') return { kind, path, content: { state: 'read', bytes: read.bytes } };
  if (read.verdict === 'missing') return { kind, path, content: { state: 'missing' } };
  return { kind, path, content: { state: 'unusable', reason: read.reason } };
}

/**
 * Returns a text that changes whenever a source may have changed; cheap enough for frequent calls. It includes the
 * folder of each file, because the folder's owner and permissions decide whether the file is trusted.
 */
export function sourcesFingerprint(places: SourcePlaces): string {
  const { folder } = places;
  const files = watchedFiles(places);
  const marks = [...new Set([folder, ...files.flatMap((file) => [file, dirname(file)])])].map(markOf);
  try {
    marks.push(...policyFileNames(folder).map((name) => `${name}:${markOf(join(folder, name))}`));
  } catch {
    marks.push('unreadable');
  }
  return marks.join('\n');
}

/** Returns every file outside the policy folder that policy comes from. */
export function watchedFiles({ registryPol, groupPolicy }: SourcePlaces): readonly string[] {
  return [...registryPol, ...groupPolicy.flatMap(groupPolicyFiles)];
}

function markOf(path: string): string {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs, mode, uid }: Stats = statSync(path);
    return [dev, ino, size, mtimeMs, ctimeMs, mode, uid].join('/');
  } catch (error) {
    return errorCode(error);
  }
}
