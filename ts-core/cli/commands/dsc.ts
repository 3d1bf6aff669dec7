/** `tbs dsc`: implements the Microsoft DSC resources in packaging/dsc. Prints one JSON object per line. */
import { readFileSync } from 'node:fs';
import type { Argv } from 'yargs';
import type { BrokerClient } from '../../client/broker-client.js';
import { AUTH_LEVEL_NAMES } from '../../domain/owner-auth/effective-level.js';
import { POLICY_SETTINGS } from '../../domain/policy/setting-table.js';
import type { OsManagedAuthLevel } from '../../domain/policy/settings.js';
import { CliFailure } from '../cli-failure.js';
import { type CommonOptions, withBroker } from '../command.js';
import { EXIT } from '../exit-codes.js';

type Instance = Readonly<Record<string, unknown>>;

/** What a resource does for each operation of DSC. */
interface Resource {
  readonly schema: object;
  get(broker: BrokerClient, desired: Instance): Promise<Instance>;
  /** The names of the properties that differ. */
  differences(broker: BrokerClient, desired: Instance): Promise<readonly string[]>;
  set(broker: BrokerClient, desired: Instance): Promise<void>;
}

const RESOURCES: Readonly<Record<string, Resource>> = {
  policy: {
    schema: objectSchema(
      'TPM policy of TpmTbs',
      Object.fromEntries(
        Object.entries(POLICY_SETTINGS).map(([name, { meaning, schema }]) => [
          name,
          { description: meaning, ...schema },
        ]),
      ),
    ),
    async get(broker, desired) {
      const { settings } = await broker.call('policy/get');
      const asked = Object.keys(desired);
      const shown = settings.filter(({ name, value }) => (asked.length === 0 ? value !== null : asked.includes(name)));
      return Object.fromEntries(shown.map(({ name, value }) => [name, value]));
    },
    async differences(broker, settings) {
      const { differences } = await broker.call('policy/test', { settings });
      return differences.map(({ name }) => name);
    },
    async set(broker, settings) {
      await broker.call('policy/set', { settings, dryRun: false });
      const { differences } = await broker.call('policy/test', { settings });
      if (differences.length > 0) throw overridden(differences);
    },
  },
  'auth-level': {
    schema: objectSchema('Level of owner authorization that TpmTbs stores', {
      level: { description: 'OSManagedAuthLevel.', enum: Object.values(AUTH_LEVEL_NAMES) },
      force: {
        description: 'Whether a new owner authorization that is stored nowhere is acceptable.',
        type: 'boolean',
        writeOnly: true,
      },
      source: { description: 'Where the level comes from.', type: 'string', readOnly: true },
    }),
    async get(broker) {
      const { levelName, source } = await broker.call('authLevel/get');
      return { level: levelName, source };
    },
    async differences(broker, { level }) {
      const { levelName } = await broker.call('authLevel/get');
      return level === undefined || level === levelName ? [] : ['level'];
    },
    async set(broker, { level, force }) {
      await broker.call('authLevel/set', { level: numberOf(level), force: force === true });
    },
  },
};

const OPERATIONS = ['get', 'set', 'test', 'export', 'schema'] as const;

/** `tbs dsc RESOURCE OPERATION`, with the instance on standard input. */
export function dscCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'dsc <resource> <operation>',
    'Run an operation of a Microsoft DSC resource; the instance is JSON on standard input',
    (args) =>
      args
        .positional('resource', { choices: Object.keys(RESOURCES), demandOption: true, describe: 'The resource' })
        .positional('operation', { choices: OPERATIONS, demandOption: true, describe: 'The operation' }),
    async (options) => {
      const resource = RESOURCES[options.resource] as Resource;
      if (options.operation === 'schema') return printLineOfJson(resource.schema);
      const desired = readInstance();
      await withBroker(options, async (broker) => {
        await OUTPUTS[options.operation as keyof typeof OUTPUTS](broker, resource, desired);
        return undefined;
      });
    },
  ) as Argv<CommonOptions>;
}

/** What each operation prints: a state, and for `stateAndDiff` the names of the properties that differ. */
const OUTPUTS = {
  get: printState,
  /** There is one instance, and DSC may name the properties to print. */
  export: printState,
  async test(broker: BrokerClient, resource: Resource, desired: Instance): Promise<void> {
    const differing = await resource.differences(broker, desired);
    printLineOfJson({ ...(await resource.get(broker, desired)), _inDesiredState: differing.length === 0 });
    printLineOfJson(differing);
  },
  async set(broker: BrokerClient, resource: Resource, desired: Instance): Promise<void> {
    const differing = await resource.differences(broker, desired);
    if (differing.length > 0) await resource.set(broker, desired);
    printLineOfJson(await resource.get(broker, desired));
    printLineOfJson(differing);
  },
};

async function printState(broker: BrokerClient, resource: Resource, desired: Instance): Promise<void> {
  printLineOfJson(await resource.get(broker, desired));
}

function objectSchema(title: string, properties: object): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title,
    type: 'object',
    properties: { ...properties, _inDesiredState: { type: ['boolean', 'null'], readOnly: true } },
    additionalProperties: false,
  };
}

function numberOf(level: unknown): OsManagedAuthLevel {
  const [number] = Object.entries(AUTH_LEVEL_NAMES).find(([, name]) => name === level) ?? [];
  if (number === undefined) throw badInstance(`level must be one of ${Object.values(AUTH_LEVEL_NAMES).join(', ')}.`);
  return Number(number) as OsManagedAuthLevel;
}

/** Reads the instance that DSC writes to standard input. It may be empty, and may carry `_inDesiredState`. */
function readInstance(): Instance {
  const text = readFileSync(0, 'utf8').trim();
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value).filter(([name]) => !name.startsWith('_')));
    }
  } catch {
    // Reported below.
  }
  throw badInstance('Standard input does not hold one JSON object.');
}

function badInstance(message: string): CliFailure {
  return new CliFailure(EXIT.usage, 'TBS_E_BAD_PARAMETER', message, 'See `tbs dsc --help`.');
}

function overridden(differences: readonly { readonly name: string; readonly source: string }[]): CliFailure {
  const settings = differences.map(({ name, source }) => `${name} is set by ${source}`).join('; ');
  return new CliFailure(
    EXIT.no,
    'overridden',
    `${settings}, which is stronger than the local policy file.`,
    'Change it there, or leave it out here.',
  );
}

function printLineOfJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
