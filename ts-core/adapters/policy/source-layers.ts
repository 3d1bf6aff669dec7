/**
 * Turns the policy sources into layers for the merge. A source that is damaged or briefly missing is replaced by its
 * last content, so that restrictions never lapse while files are being replaced.
 */
import { type DeliveredGpo, type GroupPolicyDelivery, sourceOfGpo } from '../../domain/policy/group-policy-delivery.js';
import { layerOf, type PolicyLayer } from '../../domain/policy/merge.js';
import { readPolicyText } from '../../domain/policy/policy-file.js';
import { decodeRegistryPol, type PolEntry } from '../../domain/policy/registry-pol.js';
import { mayConcernTpm, settingsOfRegistry } from '../../domain/policy/registry-settings.js';
import { RegistryValues } from '../../domain/policy/registry-values.js';
import type { PolicyProblem, SettingSource } from '../../domain/policy/settings.js';
import { decodeDelivery, encodeDelivery } from './delivery-record.js';
import type { GroupPolicyPlace, GroupPolicyReading } from './group-policy-sources.js';
import type { GoodSource, LastGoodSources } from './last-good-sources.js';
import type { FolderListing, SourceFile } from './source-files.js';
import { WINDOWS_REGISTRY_SOURCE, type WindowsRegistryReading } from './windows-registry.js';

/** The contents of all sources, weakest first. */
export interface ReadSources {
  readonly folder: string;
  readonly listing: FolderListing;
  readonly registryPol: readonly SourceFile[];
  readonly groupPolicy: readonly { readonly place: GroupPolicyPlace; readonly reading: GroupPolicyReading }[];
  readonly windowsRegistry: WindowsRegistryReading;
}

/** Reports how long a source has been missing, or a delivery incomplete or without a refresh. */
export interface AbsenceClock {
  /** True while the source's last content stays in force. The time starts at the first call for the path. */
  isWithinGrace(path: string): boolean;
  /** Returns whether the state has lasted longer than writing a delivery takes. */
  hasLasted(path: string): boolean;
  /** Returns whether the domain client should have refreshed since. */
  isOverdue(refreshedAt: Date): boolean;
}

export interface SourceLayers {
  /** Weakest first. */
  readonly layers: readonly PolicyLayer[];
  /** The settings of each registry source alone, weakest first; the layers contain their combination. */
  readonly registryStatements: readonly PolicyLayer[];
  /** The contents that are now in force, to be recorded. */
  readonly good: readonly GoodSource[];
}

type Decoded =
  | { readonly verdict: 'policyFile'; readonly layer: PolicyLayer }
  | { readonly verdict: 'registryPol'; readonly entries: readonly PolEntry[] }
  | { readonly verdict: 'damaged'; readonly reason: string };

const KEPT_DELIVERY = 'what the domain delivered last stays in force';

export function sourceLayers(sources: ReadSources, lastGood: LastGoodSources, absence: AbsenceClock): SourceLayers {
  const collector = new LayerCollector(lastGood, absence);
  collector.addFolder(sources.folder, sources.listing);
  for (const file of sources.registryPol) collector.addFile(file);
  for (const { place, reading } of sources.groupPolicy) collector.addGroupPolicy(place, reading);
  collector.addWindowsRegistry(sources.windowsRegistry);
  return collector.result();
}

class LayerCollector {
  readonly #lastGood: LastGoodSources;
  readonly #absence: AbsenceClock;
  readonly #layers: PolicyLayer[] = [];
  readonly #registry = new RegistryValues();
  readonly #registryProblems: PolicyProblem[] = [];
  readonly #registryStatements: PolicyLayer[] = [];
  readonly #good: GoodSource[] = [];

  constructor(lastGood: LastGoodSources, absence: AbsenceClock) {
    this.#lastGood = lastGood;
    this.#absence = absence;
  }

  addFolder(folder: string, listing: FolderListing): void {
    if (listing.state === 'listed') {
      for (const file of listing.files) this.addFile(file);
    } else if (listing.state === 'unusable') {
      // If the folder cannot be trusted, neither can its present or missing files.
      this.#useLastFolder(folder, listing.reason);
    } else if (this.#lastGood.paths('policyFile').length > 0 && this.#absence.isWithinGrace(folder)) {
      this.#useLastFolder(folder, 'the folder does not exist');
    }
  }

  addFile({ kind, path, content }: SourceFile): void {
    if (content.state === 'missing') {
      // A policy file that vanished after the listing is simply gone, but the configuration names each Registry.pol.
      if (kind === 'registryPol') this.#addMissing(path);
      return;
    }
    const reason = content.state === 'unusable' ? content.reason : this.#use(kind, path, content.bytes);
    if (reason !== undefined) this.#useLastGood(kind, path, reason);
  }

  /** What a domain has delivered stays in force until a later delivery replaces it, however long that takes. */
  addGroupPolicy(place: GroupPolicyPlace, reading: GroupPolicyReading): void {
    if (reading.state === 'read') {
      this.#useDelivery(place.folder, reading.delivery);
      this.#reportOverdue(place.folder, reading.delivery);
      return;
    }
    const bytes = this.#lastGood.get(place.folder);
    const kept = bytes === undefined ? undefined : decodeDelivery(bytes);
    if (kept !== undefined) this.#useDelivery(place.folder, kept);
    // A machine outside a domain never gets a delivery, so this is not a problem to report.
    if (reading.state === 'missing' && kept === undefined) return;
    if (reading.state !== 'unusable' && !this.#absence.hasLasted(place.folder)) return;
    const consequence = kept === undefined ? 'it sets nothing' : KEPT_DELIVERY;
    this.#reportDelivery(place.folder, `${whatIsWrong(reading)}; ${consequence}`);
  }

  /** Adds Windows' registry, which has the same keys as Registry.pol files and overrides them value by value. */
  addWindowsRegistry(reading: WindowsRegistryReading): void {
    if (reading.state === 'read') {
      this.#registry.put(reading.values);
      if (reading.values.length > 0) this.#addStatement(RegistryValues.from(reading.values));
      return;
    }
    this.#registryProblems.push({
      source: WINDOWS_REGISTRY_SOURCE,
      setting: undefined,
      message: `the registry cannot be read (${reading.reason}); it sets nothing`,
    });
  }

  result(): SourceLayers {
    const registry = settingsOfRegistry(this.#registry);
    const problems = [...this.#registryProblems, ...registry.problems];
    return {
      layers: [...this.#layers, { ...registry, problems }],
      registryStatements: this.#registryStatements,
      good: this.#good,
    };
  }

  #useLastFolder(folder: string, reason: string): void {
    const kept = this.#lastGood.paths('policyFile');
    const consequence = kept.length === 0 ? 'its files set nothing' : 'the last content of its files stays in force';
    this.#report('policyFile', folder, `${reason}; ${consequence}`);
    for (const path of kept) {
      const bytes = this.#lastGood.get(path);
      if (bytes !== undefined) this.#use('policyFile', path, bytes);
    }
  }

  #addMissing(path: string): void {
    const bytes = this.#lastGood.get(path);
    if (bytes === undefined || !this.#absence.isWithinGrace(path)) {
      this.#report('registryPol', path, 'the file does not exist; it sets nothing');
    } else if (this.#use('registryPol', path, bytes) === undefined) {
      this.#report('registryPol', path, 'the file does not exist; its last content stays in force for a short time');
    }
  }

  #useLastGood(kind: SourceFile['kind'], path: string, reason: string): void {
    const bytes = this.#lastGood.get(path);
    const used = bytes !== undefined && this.#use(kind, path, bytes) === undefined;
    this.#report(kind, path, `${reason}; ${used ? 'its last good content stays in force' : 'it sets nothing'}`);
  }

  /** Puts the content into force; returns what is wrong with it if that fails. */
  #use(kind: SourceFile['kind'], path: string, bytes: Uint8Array): string | undefined {
    const decoded = decode(kind, path, bytes);
    if (decoded.verdict === 'damaged') return `the file is damaged: ${decoded.reason}`;
    if (decoded.verdict === 'policyFile') this.#layers.push(decoded.layer);
    else this.#applyEntries(decoded.entries, sourceOf(kind, path));
    this.#good.push({ kind, path, bytes });
    return undefined;
  }

  #useDelivery(folder: string, delivery: GroupPolicyDelivery): void {
    for (const gpo of delivery.gpos) this.#applyGpo(gpo);
    this.#good.push({ kind: 'groupPolicy', path: folder, bytes: encodeDelivery(delivery) });
  }

  /** The domain's changes no longer arrive; only the age of the last delivery shows that. */
  #reportOverdue(folder: string, { refreshedAt }: GroupPolicyDelivery): void {
    if (refreshedAt === undefined || !this.#absence.isOverdue(refreshedAt)) return;
    this.#reportDelivery(
      folder,
      `the domain client has completed no refresh since ${refreshedAt.toISOString()}; ${KEPT_DELIVERY}`,
    );
  }

  #reportDelivery(folder: string, message: string): void {
    const source: SettingSource = { kind: 'groupPolicy', location: folder };
    this.#registryProblems.push({ source, setting: undefined, message });
  }

  #applyGpo({ gpo, entries, problems }: DeliveredGpo): void {
    const source = sourceOfGpo(gpo);
    this.#applyEntries(entries, source);
    // Problems of a GPO without TPM settings do not matter here.
    if (entries.length === 0 && !problems.some((problem) => problem.includes('Registry.pol'))) return;
    for (const message of problems) this.#registryProblems.push({ source, setting: undefined, message });
  }

  #applyEntries(entries: readonly PolEntry[], source: SettingSource): void {
    this.#registry.apply(entries, source);
    const alone = new RegistryValues();
    alone.apply(entries, source);
    this.#addStatement(alone);
  }

  #addStatement(registry: RegistryValues): void {
    this.#registryStatements.push({ ...settingsOfRegistry(registry), problems: [] });
  }

  #report(kind: SourceFile['kind'], path: string, message: string): void {
    const problem: PolicyProblem = { source: sourceOf(kind, path), setting: undefined, message };
    if (kind === 'registryPol') this.#registryProblems.push(problem);
    else this.#layers.push({ values: {}, sources: {}, problems: [problem] });
  }
}

function whatIsWrong(reading: Exclude<GroupPolicyReading, { state: 'read' }>): string {
  if (reading.state === 'unusable') return reading.reason;
  if (reading.state === 'missing') return 'the policy that the domain delivered has vanished';
  return 'the delivery of the domain is incomplete: a refresh was interrupted, and the next one completes it';
}

function decode(kind: SourceFile['kind'], path: string, bytes: Uint8Array): Decoded {
  if (kind === 'registryPol') {
    const reading = decodeRegistryPol(bytes, mayConcernTpm);
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
