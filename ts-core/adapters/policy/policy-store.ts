/**
 * Merges the policy in force from configuration, policy folder, Registry.pol files and Windows' registry; watches them.
 */
import { join } from 'node:path';
import type { Log } from '../../application/ports/logs.js';
import type { Clock } from '../../application/ports/operating-system.js';
import type { PolicyStore } from '../../application/ports/policy-store.js';
import type { Caller } from '../../domain/caller.js';
import { OneAtATime } from '../../domain/one-at-a-time.js';
import { LOCAL_POLICY_FILE } from '../../domain/policy/change-advice.js';
import { explainPolicy, type SettingExplanation } from '../../domain/policy/explain-policy.js';
import { layerOf, mergePolicy, type PolicyLayer } from '../../domain/policy/merge.js';
import type { SettingValues } from '../../domain/policy/policy-file.js';
import { decodeRegistryPol } from '../../domain/policy/registry-pol.js';
import { POLICY_SETTING_NAMES } from '../../domain/policy/setting-table.js';
import type { EffectivePolicy, PolicyProblem } from '../../domain/policy/settings.js';
import { TbsError } from '../../domain/tbs-error.js';
import { makeFolder, removeFile, replaceFile } from './atomic-write.js';
import { type GroupPolicyPlace, readGroupPolicy } from './group-policy-sources.js';
import { LastGoodSources } from './last-good-sources.js';
import { type PolicyChanges, writeLocalPolicy } from './local-policy-file.js';
import { SourceAbsences, type SourceTolerances } from './source-absences.js';
import { readPolicyFolder, readRegistryPolFiles, type SourcePlaces } from './source-files.js';
import { type ReadSources, sourceLayers } from './source-layers.js';
import { SourceWatch } from './source-watch.js';
import { errorCode } from './trusted-file.js';
import { type RegistryReader, readWindowsRegistry, type WindowsRegistryReading } from './windows-registry.js';

/** Settings in tbsd.json, the weakest source above the defaults. */
export interface ConfiguredSettings {
  readonly values: SettingValues;
  readonly location: string;
}

export interface FilePolicyStoreOptions extends SourceTolerances {
  /** Folder of policy files (`*.json`, applied in order of name); need not exist. */
  readonly folder: string;
  /** Registry.pol files that other software delivers, weakest first. */
  readonly registryPol: readonly string[];
  /** Where domain clients deliver Group Policy, weakest first. */
  readonly groupPolicy: readonly GroupPolicyPlace[];
  readonly configured: ConfiguredSettings;
  /** The broker's own folder, for the imported Registry.pol and the last good policy. */
  readonly stateFolder: string;
  readonly brokerUid: number;
  /** Windows' registry; undefined on other platforms. */
  readonly windowsRegistry?: RegistryReader | undefined;
  readonly pollMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export const IMPORTED_REGISTRY_POL = 'imported-Registry.pol';

export class FilePolicyStore implements PolicyStore {
  onChange: PolicyStore['onChange'];
  readonly #options: FilePolicyStoreOptions;
  readonly #places: SourcePlaces;
  readonly #importedPath: string;
  readonly #lastGood: LastGoodSources;
  readonly #watch: SourceWatch;
  readonly #absences: SourceAbsences;
  #configured: ConfiguredSettings;
  #policy: EffectivePolicy;
  #statements: readonly PolicyLayer[] = [];
  /** Of the policy and the statements above, once somebody has asked. */
  #explanations: readonly SettingExplanation[] | undefined;
  #lastGoodRegistry: WindowsRegistryReading | undefined;
  /** Runs writes one at a time, so that none reads content that another is about to replace. */
  readonly #writes = new OneAtATime();
  /** Who makes the running write: the watch may notice what is written before the write has ended. */
  #writer: Caller | undefined;
  #closed = false;

  constructor(options: FilePolicyStoreOptions) {
    this.#options = options;
    this.#configured = options.configured;
    this.#importedPath = join(options.stateFolder, IMPORTED_REGISTRY_POL);
    this.#places = {
      folder: options.folder,
      registryPol: options.registryPol,
      groupPolicy: options.groupPolicy,
      brokerUid: options.brokerUid,
    };
    this.#absences = new SourceAbsences(options.clock, options, () => this.#reload());
    this.#lastGood = new LastGoodSources(options.stateFolder, options.brokerUid, options.log);
    this.#watch = new SourceWatch({
      places: { ...this.#places, registryPol: [this.#importedPath, ...options.registryPol] },
      registryFingerprint: () => JSON.stringify(this.#lookAtRegistry(), bytesAsBase64),
      clock: options.clock,
      log: options.log,
      pollMs: options.pollMs,
      onChange: () => this.#reload(),
    });
    this.#policy = this.#read(1);
  }

  current(): EffectivePolicy {
    return this.#policy;
  }

  /** Replaces the settings of tbsd.json, which was read again. */
  configure(configured: ConfiguredSettings): EffectivePolicy {
    this.#configured = configured;
    return this.#reload();
  }

  async refresh(): Promise<EffectivePolicy> {
    await this.#writes.settled();
    return this.#reload();
  }

  set(settings: PolicyChanges, caller?: Caller): Promise<EffectivePolicy> {
    const { folder, brokerUid } = this.#options;
    return this.#exclusively(caller, () => writeLocalPolicy(folder, settings, brokerUid));
  }

  importRegistryPol(bytes: Uint8Array, caller?: Caller): Promise<EffectivePolicy> {
    const reading = decodeRegistryPol(bytes);
    if (reading.verdict === 'damaged') return Promise.reject(damagedImport(reading.reason, reading.offset));
    return this.#exclusively(caller, () => this.#keepImported(bytes, reading.entries.length === 0));
  }

  explain(): readonly SettingExplanation[] {
    this.#explanations ??= explainPolicy(this.#policy, this.#statements);
    return this.#explanations;
  }

  exportJson(): Readonly<Record<string, unknown>> {
    const { settings } = this.#policy;
    const set = POLICY_SETTING_NAMES.filter((name) => settings[name] !== undefined);
    return Object.fromEntries(set.map((name) => [name, settings[name]]));
  }

  /** Waits for writes that have begun. From now on the policy no longer changes and `onChange` is not called. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch.close();
    this.#absences.close();
    await this.#writes.settled();
    await this.#lastGood.settled();
  }

  #exclusively(caller: Caller | undefined, write: () => Promise<void>): Promise<EffectivePolicy> {
    return this.#writes.run(async () => {
      this.#writer = caller;
      try {
        await write();
        return this.#reload();
      } finally {
        this.#writer = undefined;
      }
    });
  }

  /** A file without entries sets nothing, so importing one removes the imported policy. */
  async #keepImported(bytes: Uint8Array, isEmpty: boolean): Promise<void> {
    try {
      await makeFolder(this.#options.stateFolder, 0o700);
      if (isEmpty) await removeFile(this.#importedPath);
      else await replaceFile(this.#importedPath, bytes, 0o600);
    } catch (cause) {
      throw new TbsError('TBS_E_INTERNAL_ERROR', {
        message: `Cannot store the imported policy in ${this.#importedPath}: ${errorCode(cause)}.`,
        action: 'Free disk space or repair the state folder, and try again; the policy in force has not changed.',
        details: { path: this.#importedPath },
        cause,
      });
    }
  }

  #reload(): EffectivePolicy {
    if (this.#closed) return this.#policy;
    const next = this.#read(this.#policy.revision + 1);
    if (isSamePolicy(this.#policy, next)) return this.#policy;
    this.#policy = next;
    this.onChange?.(next, this.#writer);
    return next;
  }

  #read(revision: number): EffectivePolicy {
    const { folder, brokerUid } = this.#options;
    const configured = this.#configured;
    const sources: ReadSources = {
      folder,
      listing: readPolicyFolder(this.#places),
      registryPol: [...this.#importedIfPresent(), ...readRegistryPolFiles(this.#places)],
      groupPolicy: this.#places.groupPolicy.map((place) => ({ place, reading: readGroupPolicy(place, brokerUid) })),
      windowsRegistry: this.#readRegistry(),
    };
    const round = this.#absences.startRound();
    const { layers, registryStatements, good } = sourceLayers(sources, this.#lastGood, round);
    this.#absences.endRound(round);
    this.#lastGood.replace(good);
    const configuredLayer = layerOf({ kind: 'configuration', location: configured.location }, configured.values);
    const policy = mergePolicy([configuredLayer, ...layers], revision);
    // The last layer is the merged registry, whose sources are explained one by one instead.
    this.#statements = [configuredLayer, ...layers.slice(0, -1), ...registryStatements];
    this.#explanations = undefined;
    return { ...policy, problems: [...policy.problems, ...overriddenHere(layers, policy, this.#localPath())] };
  }

  /** If the registry can no longer be read, its last content stays in force. */
  #readRegistry(): WindowsRegistryReading {
    const reading = this.#lookAtRegistry();
    if (reading.state === 'read') this.#lastGoodRegistry = reading;
    else this.#options.log.warn({ reason: reading.reason }, "cannot read Windows' registry");
    return reading.state === 'read' ? reading : (this.#lastGoodRegistry ?? reading);
  }

  #lookAtRegistry(): WindowsRegistryReading {
    const { windowsRegistry } = this.#options;
    return windowsRegistry === undefined ? { state: 'read', values: [] } : readWindowsRegistry(windowsRegistry);
  }

  #importedIfPresent() {
    const imported = readRegistryPolFiles({ ...this.#places, registryPol: [this.#importedPath] });
    return imported.filter(({ content }) => content.state !== 'missing');
  }

  #localPath(): string {
    return join(this.#options.folder, LOCAL_POLICY_FILE);
  }
}

/** Reports local settings that a stronger source overrides, and names that source. */
function overriddenHere(
  layers: readonly PolicyLayer[],
  policy: EffectivePolicy,
  localPath: string,
): readonly PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  for (const { values, sources } of layers) {
    for (const name of POLICY_SETTING_NAMES) {
      const source = sources[name];
      if (source?.location !== localPath || policy.sources[name].location.includes(localPath)) continue;
      if (JSON.stringify(values[name]) === JSON.stringify(policy.settings[name])) continue;
      const stronger = policy.sources[name].location;
      problems.push({
        source,
        setting: name,
        message: `${name} has no effect here: ${stronger} sets it and is stronger`,
      });
    }
  }
  return problems;
}

function bytesAsBase64(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}

function isSamePolicy(a: EffectivePolicy, b: EffectivePolicy): boolean {
  const comparable = ({ settings, sources, codeSources, problems }: EffectivePolicy) =>
    JSON.stringify([settings, sources, codeSources, problems]);
  return comparable(a) === comparable(b);
}

function damagedImport(reason: string, offset: number): TbsError {
  return new TbsError('TBS_E_BAD_PARAMETER', {
    message: `The Registry.pol is damaged at byte ${offset}: ${reason}. Nothing was imported.`,
    action: 'Export the policy again, or copy the file again in binary mode.',
    details: { parameter: 'registryPol', offset, reason },
  });
}
