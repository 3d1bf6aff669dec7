/** Writes what the Samba extension delivers and what adsys caches. */
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { encodeRegistryPol, type PolEntryInput } from './registry-pol-writer.js';

export interface WrittenGpo {
  readonly name: string;
  readonly entries: readonly PolEntryInput[];
  readonly guid?: string;
  readonly link?: string;
  readonly enforced?: boolean;
  readonly problems?: readonly string[];
}

/** Returns the content of both files, so that a test can write one without the other. */
export function sambaDelivery(
  gpos: readonly WrittenGpo[],
  refreshedAt?: Date,
): { registryPol: Uint8Array; manifest: string } {
  const registryPol = encodeRegistryPol(gpos.flatMap(({ entries }) => entries));
  const manifest = {
    version: 1,
    writtenBy: 'samba',
    state: 'applied',
    time: refreshedAt?.toISOString(),
    gpos: gpos.map((gpo, index) => ({
      order: index + 1,
      guid: gpo.guid ?? guidOf(index),
      name: gpo.name,
      link: gpo.link ?? 'DC=tpmlab,DC=example',
      enforced: gpo.enforced ?? false,
      entries: gpo.entries.length,
      problems: gpo.problems ?? [],
    })),
    registryPol: { sha256: createHash('sha256').update(registryPol).digest('hex') },
  };
  return { registryPol, manifest: JSON.stringify(manifest) };
}

/** Writes both files as the extension does: each by a rename, Registry.pol first. */
export function deliver(folder: string, gpos: readonly WrittenGpo[], refreshedAt?: Date): void {
  const { registryPol, manifest } = sambaDelivery(gpos, refreshedAt);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  replace(folder, 'Registry.pol', registryPol);
  replace(folder, 'manifest.json', manifest);
}

function replace(folder: string, name: string, content: Uint8Array | string): void {
  writeFileSync(join(folder, `.${name}.new`), content, { mode: 0o644 });
  renameSync(join(folder, `.${name}.new`), join(folder, name));
}

/** Writes the cache of adsys, which lists the strongest GPO first; `gpos` begins with the weakest, as in this file. */
export function writeAdsysCache(folder: string, gpos: readonly WrittenGpo[]): void {
  for (const [index, gpo] of gpos.entries()) replaceAdsysGpo(folder, gpo.guid ?? guidOf(index), gpo.entries);
  const listed = gpos.map(({ name, guid }, index) => `    - id: '${guid ?? guidOf(index)}'\n      name: ${name}\n`);
  mkdirSync(join(folder, 'policies', hostname()), { recursive: true, mode: 0o700 });
  const rules = "      rules:\n        dconf:\n            - key: path/to/key\n              value: '''a value'''\n";
  const text = `gpos:\n${listed.reverse().join(rules)}${rules}`;
  writeFileSync(join(folder, 'policies', hostname(), 'policies'), text, { mode: 0o600 });
}

/** Replaces a GPO as adsys does: writes a folder beside the old one, removes the old one, and renames the new one. */
export function replaceAdsysGpo(folder: string, guid: string, entries: readonly PolEntryInput[]): void {
  const target = join(folder, 'sysvol', 'Policies', guid);
  const fresh = join(folder, 'sysvol', 'Policies', `${guid}.1`);
  mkdirSync(join(fresh, 'Machine'), { recursive: true, mode: 0o700 });
  writeFileSync(join(fresh, 'Machine', 'Registry.pol'), encodeRegistryPol(entries), { mode: 0o600 });
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
}

export function guidOf(index: number): string {
  return `{00000000-0000-4000-8000-${String(index).padStart(12, '0')}}`;
}
