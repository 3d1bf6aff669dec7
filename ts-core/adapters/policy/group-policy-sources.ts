/**
 * Reads the Group Policy that a domain client has delivered to this machine, from the Samba extension's folder or from
 * adsys' cache.
 */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import {
  type DeliveredGpo,
  deliveryOf,
  type GroupPolicyDelivery,
  readManifest,
} from '../../domain/policy/group-policy-delivery.js';
import { decodeRegistryPol, MAX_POL_BYTES } from '../../domain/policy/registry-pol.js';
import { mayConcernTpm } from '../../domain/policy/registry-settings.js';
import { readTrustedFile } from './trusted-file.js';

/** `samba`: a folder with Registry.pol and manifest.json. `adsys`: the cache folder of adsys. */
export interface GroupPolicyPlace {
  readonly kind: 'samba' | 'adsys';
  readonly folder: string;
}

export type GroupPolicyReading =
  | { readonly state: 'read'; readonly delivery: GroupPolicyDelivery }
  /** Nothing was ever delivered, or the delivery has vanished. */
  | { readonly state: 'missing' }
  /** A delivery is being written or was interrupted, so its files do not match yet. */
  | { readonly state: 'incomplete' }
  | { readonly state: 'unusable'; readonly reason: string };

const MAX_MANIFEST_BYTES = 16_777_216;

const unusable = (reason: string): GroupPolicyReading => ({ state: 'unusable', reason });

export function readGroupPolicy(place: GroupPolicyPlace, brokerUid: number): GroupPolicyReading {
  return place.kind === 'samba' ? readSambaFolder(place.folder, brokerUid) : readAdsysCache(place.folder, brokerUid);
}

/** Returns the files that make up the delivery; the watch compares them. */
export function groupPolicyFiles({ kind, folder }: GroupPolicyPlace): readonly string[] {
  if (kind === 'samba') return [join(folder, 'Registry.pol'), join(folder, 'manifest.json')];
  const policies = join(folder, 'sysvol', 'Policies');
  return [adsysListFile(folder), ...gpoFolders(policies).map((name) => adsysPolFile(policies, name))];
}

function readSambaFolder(folder: string, brokerUid: number): GroupPolicyReading {
  const manifestFile = readTrustedFile(join(folder, 'manifest.json'), brokerUid, MAX_MANIFEST_BYTES);
  if (manifestFile.verdict === 'missing') return { state: 'missing' };
  if (manifestFile.verdict === 'refused') return unusable(`manifest.json ${manifestFile.reason}`);
  const reading = readManifest(new TextDecoder().decode(manifestFile.bytes));
  if (reading.verdict === 'damaged') return unusable(reason(reading.reason));
  const pol = readTrustedFile(join(folder, 'Registry.pol'), brokerUid, MAX_POL_BYTES);
  if (pol.verdict === 'missing') return { state: 'incomplete' };
  if (pol.verdict === 'refused') return unusable(`Registry.pol ${pol.reason}`);
  // The extension replaces the files one after the other; the hash in the manifest shows whether they belong together.
  if (createHash('sha256').update(pol.bytes).digest('hex') !== reading.manifest.sha256) return { state: 'incomplete' };
  const delivery = deliveryOf(reading.manifest, pol.bytes);
  return delivery.verdict === 'read' ? { state: 'read', delivery: delivery.delivery } : unusable(delivery.reason);
}

/**
 * adsys lists the GPOs that apply to the machine, strongest first, in policies/HOSTNAME/policies (YAML), and stores
 * each GPO's files under sysvol/Policies/{GUID}. It replaces a GPO's folder by removing it and renaming a new one into
 * place, so a missing folder of a listed GPO will reappear shortly.
 */
function readAdsysCache(folder: string, brokerUid: number): GroupPolicyReading {
  const list = readTrustedFile(adsysListFile(folder), brokerUid, MAX_MANIFEST_BYTES);
  if (list.verdict === 'missing') return { state: 'missing' };
  if (list.verdict === 'refused') return unusable(`${adsysListFile(folder)} ${list.reason}`);
  const listed = adsysGpos(new TextDecoder().decode(list.bytes));
  // adsys writes this file in place, so it may be half written.
  if (listed === undefined) return { state: 'incomplete' };
  const policies = join(folder, 'sysvol', 'Policies');
  const folders = new Map(gpoFolders(policies).map((name) => [name.toLowerCase(), name]));
  const gpos: DeliveredGpo[] = [];
  for (const { id, name } of listed) {
    const gpoFolder = folders.get(id.toLowerCase());
    if (gpoFolder === undefined) return { state: 'incomplete' };
    const pol = readTrustedFile(adsysPolFile(policies, gpoFolder), brokerUid, MAX_POL_BYTES);
    if (pol.verdict === 'refused') return unusable(`the Registry.pol of GPO "${name}" ${pol.reason}`);
    const reading = pol.verdict === 'read' ? decodeRegistryPol(pol.bytes, mayConcernTpm) : NO_ENTRIES;
    if (reading.verdict === 'damaged') {
      return unusable(`the Registry.pol of GPO "${name}" is damaged: ${reading.reason} (at byte ${reading.offset})`);
    }
    const gpo = { guid: id, name, link: undefined, isEnforced: false };
    gpos.push({ gpo, entries: reading.entries, problems: [] });
  }
  return { state: 'read', delivery: { gpos: gpos.reverse() } };
}

const NO_ENTRIES = { verdict: 'read', entries: [] } as const;

function adsysListFile(folder: string): string {
  return join(folder, 'policies', hostname(), 'policies');
}

/** Ignores case, because the names in sysvol differ in case between domain controllers. */
function adsysPolFile(policies: string, gpoFolder: string): string {
  const inCase = (parent: string, wanted: string): string =>
    namesIn(parent).find((name) => name.toLowerCase() === wanted.toLowerCase()) ?? wanted;
  const machine = join(policies, gpoFolder, inCase(join(policies, gpoFolder), 'Machine'));
  return join(machine, inCase(machine, 'Registry.pol'));
}

function adsysGpos(text: string): readonly { readonly id: string; readonly name: string }[] | undefined {
  let content: unknown;
  try {
    content = parseYaml(text, { maxAliasCount: 0 });
  } catch {
    return undefined;
  }
  const gpos = (content as { gpos?: unknown } | null)?.gpos;
  if (!Array.isArray(gpos)) return undefined;
  const read: { id: string; name: string }[] = [];
  for (const gpo of gpos as readonly unknown[]) {
    const { id, name } = (gpo ?? {}) as { id?: unknown; name?: unknown };
    if (typeof id !== 'string' || typeof name !== 'string') return undefined;
    read.push({ id, name });
  }
  return read;
}

const GPO_FOLDER = /^\{[0-9a-f-]{36}\}$/i;

function gpoFolders(policies: string): readonly string[] {
  return namesIn(policies).filter((name) => GPO_FOLDER.test(name));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function reason(text: string): string {
  return `the delivery is damaged: ${text}`;
}
