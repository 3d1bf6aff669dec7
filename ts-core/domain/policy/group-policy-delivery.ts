/**
 * Reads the Group Policy that a domain client delivered to this machine: the GPOs that apply, weakest first, and their
 * settings. The source is the manifest that the Samba extension (packaging/samba/gp_tbs_ext.py) writes beside its
 * Registry.pol.
 */
import { decodeRegistryPol, type PolEntry } from './registry-pol.js';
import { mayConcernTpm } from './registry-settings.js';
import type { GroupPolicyObject, SettingSource } from './settings.js';

export interface DeliveredGpo {
  readonly gpo: GroupPolicyObject;
  readonly entries: readonly PolEntry[];
  /** What an administrator should know about this GPO here, in sentences without a full stop. */
  readonly problems: readonly string[];
}

export interface GroupPolicyDelivery {
  /** Weakest first. Empty when no GPO applies, or after the machine's policy was unapplied. */
  readonly gpos: readonly DeliveredGpo[];
  /** When the domain client completed its last refresh; undefined if it does not tell, or no longer refreshes. */
  readonly refreshedAt?: Date | undefined;
}

export interface Manifest {
  readonly sha256: string;
  readonly refreshedAt: Date | undefined;
  readonly gpos: readonly (Omit<DeliveredGpo, 'entries'> & { readonly entryCount: number })[];
}

export type ManifestReading =
  | { readonly verdict: 'read'; readonly manifest: Manifest }
  | { readonly verdict: 'damaged'; readonly reason: string };

export type DeliveryReading =
  | { readonly verdict: 'read'; readonly delivery: GroupPolicyDelivery }
  | { readonly verdict: 'damaged'; readonly reason: string };

const MANIFEST_VERSION = 1;
/** Windows applies at most 999 GPOs to a computer. */
const MAX_GPOS = 999;

const damaged = (reason: string): { readonly verdict: 'damaged'; readonly reason: string } => ({
  verdict: 'damaged',
  reason,
});

export function readManifest(text: string): ManifestReading {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return damaged('the manifest is not JSON');
  }
  if (!isObject(content)) return damaged('the manifest is not an object');
  if (content['version'] !== MANIFEST_VERSION)
    return damaged(`the manifest has version ${String(content['version'])}, not 1`);
  const { registryPol, gpos } = content;
  if (!isObject(registryPol) || typeof registryPol['sha256'] !== 'string') return damaged('the manifest has no hash');
  if (!Array.isArray(gpos) || gpos.length > MAX_GPOS) return damaged('the manifest has no list of GPOs');
  const known = gpos.map(readGpo).filter((gpo) => gpo !== undefined);
  if (known.length < gpos.length) return damaged('the manifest has a GPO without guid, name or count');
  return {
    verdict: 'read',
    manifest: { sha256: registryPol['sha256'], refreshedAt: refreshTime(content), gpos: known },
  };
}

/** A machine whose policy was unapplied on purpose expects no further refresh. */
function refreshTime({ state, time }: Readonly<Record<string, unknown>>): Date | undefined {
  if (state !== 'applied' || typeof time !== 'string') return undefined;
  const refreshedAt = new Date(time);
  return Number.isNaN(refreshedAt.getTime()) ? undefined : refreshedAt;
}

function readGpo(value: unknown): Manifest['gpos'][number] | undefined {
  if (!isObject(value)) return undefined;
  const { guid, name, link, enforced, entries, problems } = value;
  if (typeof guid !== 'string' || typeof name !== 'string') return undefined;
  if (typeof entries !== 'number' || !Number.isInteger(entries) || entries < 0) return undefined;
  return {
    gpo: { guid, name, link: typeof link === 'string' ? link : undefined, isEnforced: enforced === true },
    entryCount: entries,
    problems: Array.isArray(problems) ? problems.filter((problem) => typeof problem === 'string').slice(0, 16) : [],
  };
}

/** Assigns the entries of the merged Registry.pol to the GPOs of the manifest; both have the same order. */
export function deliveryOf(manifest: Manifest, registryPol: Uint8Array): DeliveryReading {
  const reading = decodeRegistryPol(registryPol);
  if (reading.verdict === 'damaged') return damaged(`its Registry.pol is damaged: ${reading.reason}`);
  const announced = manifest.gpos.reduce((sum, { entryCount }) => sum + entryCount, 0);
  if (announced !== reading.entries.length) {
    return damaged(`its Registry.pol has ${reading.entries.length} values and the manifest names ${announced}`);
  }
  let next = 0;
  const gpos = manifest.gpos.map(({ gpo, entryCount, problems }) => {
    const entries = reading.entries.slice(next, next + entryCount).filter(({ key }) => mayConcernTpm(key));
    next += entryCount;
    return { gpo, entries, problems };
  });
  return { verdict: 'read', delivery: { gpos, refreshedAt: manifest.refreshedAt } };
}

/** Describes the GPO as administrators know it: by its name and its link. */
export function sourceOfGpo(gpo: GroupPolicyObject): SettingSource {
  const where = gpo.link === undefined ? '' : ` linked to ${gpo.link}`;
  const how = gpo.isEnforced ? ', enforced' : '';
  return { kind: 'groupPolicy', location: `GPO "${gpo.name}"${where}${how}`, gpo };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
