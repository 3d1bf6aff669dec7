/**
 * Reads `tbsd.json` once at start, applies command-line overrides, and validates the result. Unknown settings are
 * reported by name.
 */
import { join } from 'node:path';
import type * as z from 'zod';
import { readTrustedFile } from '../adapters/policy/trusted-file.js';
import { type BrokerFolders, type BrokerMode, brokerFolders, type Environment } from './configuration-folders.js';
import { type ConfigurationSettings, configurationSchema } from './configuration-schema.js';
import { defaultTransportKind } from './default-transport.js';

const MAX_FILE_BYTES = 1_048_576;

export interface Configuration extends ConfigurationSettings {
  readonly mode: BrokerMode;
  readonly folders: BrokerFolders;
  /** The file that was read; undefined if there is none, so that every setting has its default. */
  readonly file: string | undefined;
}

export interface LoadConfigurationOptions {
  /** Must exist if given. Otherwise `tbsd.json` in the configuration folder, which may be missing. */
  readonly path?: string | undefined;
  /** Merged into the file's settings: objects are merged, everything else is replaced. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly env: Environment;
  /** Effective user id of the broker; 0 on platforms without user ids. */
  readonly uid: number;
  /** Default: by user id, so that root runs the system's broker. */
  readonly mode?: BrokerMode | undefined;
}

/** The configuration is invalid; `problems` name each setting. The broker exits with code 78 (EX_CONFIG). */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly string[];

  constructor(
    readonly file: string | undefined,
    problems: readonly string[],
    cause?: unknown,
  ) {
    super(`${file ?? 'configuration'}: ${problems.join('; ')}`, cause === undefined ? undefined : { cause });
    this.problems = problems;
  }
}

export function loadConfiguration(options: LoadConfigurationOptions): Configuration {
  const mode = options.mode ?? (options.uid === 0 ? 'system' : 'user');
  const folders = brokerFolders(mode, options.env, options.uid);
  const file = options.path ?? join(folders.configuration, 'tbsd.json');
  const fromFile = readConfigurationFile(file, options.path === undefined, options.uid);
  const input = layOver(fromFile ?? {}, options.overrides ?? {});
  const schema = configurationSchema(folders, defaultTransportKind(mode, process.platform));
  // The schema is used once, and compiling it would take longer than interpreting it.
  const parsed = schema.safeParse(input, { jitless: true });
  if (!parsed.success) throw new ConfigurationError(fromFile && file, parsed.error.issues.flatMap(issueMessages));
  const { $schema: _forEditors, ...settings } = parsed.data;
  return { ...settings, mode, folders, file: fromFile === undefined ? undefined : file };
}

function readConfigurationFile(file: string, mayBeMissing: boolean, uid: number): Record<string, unknown> | undefined {
  const text = readOwnedFile(file, mayBeMissing, uid);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigurationError(file, [`is not JSON: ${error instanceof Error ? error.message : error}`], error);
  }
  if (!isObject(value)) throw new ConfigurationError(file, ['must hold one JSON object']);
  return value;
}

function readOwnedFile(file: string, mayBeMissing: boolean, uid: number): string | undefined {
  const read = readTrustedFile(file, uid, MAX_FILE_BYTES);
  if (read.verdict === 'read') return new TextDecoder().decode(read.bytes);
  if (read.verdict === 'refused') throw new ConfigurationError(file, [read.reason], read.cause);
  if (mayBeMissing) return undefined;
  throw new ConfigurationError(file, ['does not exist']);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function layOver(base: Readonly<Record<string, unknown>>, over: Readonly<Record<string, unknown>>): object {
  const merged: Record<string, unknown> = Object.assign(Object.create(null), base);
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = merged[key];
    merged[key] = isObject(below) && isObject(value) ? layOver(below, value) : value;
  }
  return { ...merged };
}

function issueMessages(issue: z.core.$ZodIssue): string[] {
  const place = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `unknown setting "${[...place, key].join('.')}"`);
  }
  return [`${place.join('.') || 'the file'}: ${issue.message}`];
}
