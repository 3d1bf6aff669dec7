/** Turns the files of policy into layers for the merge, each damaged one standing in with its last good content. */
import { layerOf, type PolicyLayer } from '../../domain/policy/merge.js';
import { readPolicyText } from '../../domain/policy/policy-file.js';
import { decodeRegistryPol, type PolEntry } from '../../domain/policy/registry-pol.js';
import { settingsOfRegistry } from '../../domain/policy/registry-settings.js';
import { RegistryValues } from '../../domain/policy/registry-values.js';
import type { PolicyProblem, SettingSource } from '../../domain/policy/settings.js';
import type { LastGoodSources } from './last-good-sources.js';
import type { FolderListing, SourceFile } from './source-files.js';
import { WINDOWS_REGISTRY_SOURCE, type WindowsRegistryReading } from './windows-registry.js';

export interface GoodFile {
  readonly kind: SourceFile['kind'];
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface FileLayers {
  /** Weakest first. */
  readonly layers: readonly PolicyLayer[];
  /** What is in force now, to be remembered. */
  readonly good: readonly GoodFile[];
}

type Decoded =
  | { readonly verdict: 'policyFile'; readonly layer: PolicyLayer }
  | { readonly verdict: 'registryPol'; readonly entries: readonly PolEntry[] }
  | { readonly verdict: 'damaged'; readonly reason: string };

export function fileLayers(
  folder: string,
  listing: FolderListing,
  registryPol: readonly SourceFile[],
  lastGood: LastGoodSources,
  windowsRegistry: WindowsRegistryReading = { state: 'read', values: [] },
): FileLayers {
  const collector = new LayerCollector(lastGood);
  if (listing.state === 'listed') for (const file of listing.files) collector.add(file);
  else collector.addUnlisted(folder, listing.reason);
  for (const file of registryPol) collector.add(file);
  collector.addWindowsRegistry(windowsRegistry);
  return collector.result();
}

class LayerCollector {
  readonly #lastGood: LastGoodSources;
  readonly #layers: PolicyLayer[] = [];
  readonly #registry = new RegistryValues();
  readonly #registryProblems: PolicyProblem[] = [];
  readonly #good: GoodFile[] = [];

  constructor(lastGood: LastGoodSources) {
    this.#lastGood = lastGood;
  }

  add({ kind, path, content }: SourceFile): void {
    if (content.state === 'missing') {
      // A policy file that vanished after the listing is simply gone; a Registry.pol is named in the configuration.
      if (kind === 'registryPol') this.#report(kind, path, 'the file does not exist; it sets nothing');
      return;
    }
    const reason = content.state === 'unusable' ? content.reason : this.#use(kind, path, content.bytes);
    if (reason !== undefined) this.#useLastGood(kind, path, reason);
  }

  /** The folder cannot be trusted, so neither can what is in it now, or is missing. */
  addUnlisted(folder: string, reason: string): void {
    const kept = this.#lastGood.paths('policyFile');
    const consequence = kept.length === 0 ? 'its files set nothing' : 'what its files held last stays in force';
    this.#report('policyFile', folder, `${reason}; ${consequence}`);
    for (const path of kept) {
      const bytes = this.#lastGood.get(path);
      if (bytes !== undefined) this.#use('policyFile', path, bytes);
    }
  }

  /** The same keys as in Registry.pol files, and stronger: value by value the registry wins. */
  addWindowsRegistry(reading: WindowsRegistryReading): void {
    if (reading.state === 'read') this.#registry.put(reading.values);
    else
      this.#registryProblems.push({
        source: WINDOWS_REGISTRY_SOURCE,
        setting: undefined,
        message: `the registry cannot be read (${reading.reason}); it sets nothing`,
      });
  }

  result(): FileLayers {
    const registry = settingsOfRegistry(this.#registry);
    const problems = [...this.#registryProblems, ...registry.problems];
    return { layers: [...this.#layers, { ...registry, problems }], good: this.#good };
  }

  #useLastGood(kind: SourceFile['kind'], path: string, reason: string): void {
    const bytes = this.#lastGood.get(path);
    const used = bytes !== undefined && this.#use(kind, path, bytes) === undefined;
    this.#report(kind, path, `${reason}; ${used ? 'its last good content stays in force' : 'it sets nothing'}`);
  }

  /** Undefined when the content is in force now, else what is wrong with it. */
  #use(kind: SourceFile['kind'], path: string, bytes: Uint8Array): string | undefined {
    const decoded = decode(kind, path, bytes);
    if (decoded.verdict === 'damaged') return `the file is damaged: ${decoded.reason}`;
    if (decoded.verdict === 'policyFile') this.#layers.push(decoded.layer);
    else this.#registry.apply(decoded.entries, sourceOf(kind, path));
    this.#good.push({ kind, path, bytes });
    return undefined;
  }

  #report(kind: SourceFile['kind'], path: string, message: string): void {
    const problem: PolicyProblem = { source: sourceOf(kind, path), setting: undefined, message };
    if (kind === 'registryPol') this.#registryProblems.push(problem);
    else this.#layers.push({ values: {}, sources: {}, problems: [problem] });
  }
}

function decode(kind: SourceFile['kind'], path: string, bytes: Uint8Array): Decoded {
  if (kind === 'registryPol') {
    const reading = decodeRegistryPol(bytes);
    if (reading.verdict === 'read') return { verdict: 'registryPol', entries: reading.entries };
    return { verdict: 'damaged', reason: `${reading.reason} (at byte ${reading.offset})` };
  }
  const text = utf8(bytes);
  if (text === undefined) return { verdict: 'damaged', reason: 'it is not UTF-8 text' };
  const reading = readPolicyText(text);
  if (reading.verdict === 'damaged') return reading;
  return { verdict: 'policyFile', layer: layerOf(sourceOf(kind, path), reading.values, reading.refused) };
}

function sourceOf(kind: SourceFile['kind'], path: string): SettingSource {
  return { kind, location: path };
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
