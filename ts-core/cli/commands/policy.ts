import type { Argv } from 'yargs';
import type { Policy, PolicyDifference, PolicyExplanation } from '../../endpoints/rpc/protocol/policy.js';
import { CliFailure } from '../cli-failure.js';
import { type CommonOptions, withBroker } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { readInput, writeOutput } from '../files.js';
import { paint, printJson, printLine, printTable } from '../output.js';

/** `tbs policy show|explain|refresh|set|test|report|import|export`. */
export function policyCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command('policy', 'Show, compare and change policy', (args) =>
    [show, explain, refresh, set, test, report, importPol, exportPolicy]
      .reduce((each, add) => add(each), args as Argv<CommonOptions>)
      .demandCommand(1, 'Name one: show, explain, refresh, set, test, report, import or export.'),
  ) as Argv<CommonOptions>;
}

function show(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'show',
    'Show each setting with its source',
    (each) => each,
    (options) => withBroker(options, async (broker) => printPolicy(await broker.call('policy/get'), options.json)),
  );
}

function explain(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'explain [setting..]',
    'Show every source that mentions a setting, and which one decides',
    (args) =>
      args.positional('setting', {
        type: 'string',
        array: true,
        describe: 'Only these settings (default: all that any source sets)',
      }),
    (options) =>
      withBroker(options, async (broker) => {
        const { settings } = await broker.call('policy/explain');
        const wanted = (options.setting ?? []).map((name) => String(name).toLowerCase());
        const unknown = wanted.find((name) => !settings.some((one) => one.name.toLowerCase() === name));
        if (unknown !== undefined) throw badInput(`There is no policy setting ${JSON.stringify(unknown)}.`);
        const chosen = settings.filter(({ name, statements }) =>
          wanted.length > 0 ? wanted.includes(name.toLowerCase()) : statements.length > 1,
        );
        if (options.json) printJson({ settings: chosen });
        else printExplanations(chosen);
        return undefined;
      }),
  );
}

function refresh(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'refresh',
    'Read every policy source again now',
    (each) => each,
    (options) => withBroker(options, async (broker) => printPolicy(await broker.call('policy/refresh'), options.json)),
  );
}

function report(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'report <file>',
    'Write the resultant set of policy as an HTML page',
    (args) =>
      args.positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'The file to write; - for standard output',
      }),
    (options) =>
      withBroker(options, async (broker) => {
        const { html } = await broker.call('policy/report');
        await writeOutput(options.file, html);
        return undefined;
      }),
  );
}

function set(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'set <setting..>',
    'Change settings in the local policy file: name=value; name= removes one',
    (args) =>
      args
        .positional('setting', { type: 'string', array: true, demandOption: true, describe: 'name=value, or name=' })
        .option('dry-run', { type: 'boolean', default: false, describe: 'Only show the differences' })
        .example('$0 policy set standardUserAuthorizationFailureIndividualThreshold=3', 'Three failures'),
    (options) =>
      withBroker(options, async (broker) => {
        const settings = Object.fromEntries(options.setting.map((text) => parseSetting(String(text))));
        const result = await broker.call('policy/set', { settings, dryRun: options['dry-run'] });
        if (options.json) printJson(result);
        else printDifferences(result.differences);
        return undefined;
      }),
  );
}

function test(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'test <file>',
    'Compare the policy in force with a policy file',
    (args) =>
      args
        .positional('file', { type: 'string', demandOption: true, describe: 'The policy file to compare with' })
        .epilog('Exit code 2: not compliant.'),
    (options) =>
      withBroker(options, async (broker) => {
        const settings = parseJson((await readInput(options.file)).toString(), options.file);
        // Every policy complies with it. `$schema` is only for editors.
        if (Object.keys(settings).every((name) => name === '$schema')) {
          throw badInput(`There is nothing to compare: ${options.file} names no setting.`);
        }
        const result = await broker.call('policy/test', { settings });
        if (options.json) printJson(result);
        else if (result.compliant) printLine(paint('green', 'compliant'));
        else printDifferences(result.differences);
        return result.compliant ? EXIT.ok : EXIT.no;
      }),
  );
}

function importPol(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'import <file>',
    'Import a Registry.pol as a policy source',
    (args) => args.positional('file', { type: 'string', demandOption: true, describe: 'The Registry.pol to import' }),
    (options) =>
      withBroker(options, async (broker) => {
        const registryPol = (await readInput(options.file)).toString('base64');
        return printPolicy(await broker.call('policy/import', { registryPol }), options.json);
      }),
  );
}

function exportPolicy(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'export [file]',
    'Write the policy in force as a policy file',
    (args) => args.positional('file', { type: 'string', describe: 'The file to write (default: standard output)' }),
    (options) =>
      withBroker(options, async (broker) => {
        const { policy } = await broker.call('policy/export');
        if (options.file === undefined) printJson(policy);
        else await writeOutput(options.file, `${JSON.stringify(policy, null, 2)}\n`);
        return undefined;
      }),
  );
}

/** Parses `name=value`. The value is JSON if it parses as JSON, otherwise text; an empty value removes the setting. */
function parseSetting(text: string): [string, unknown] {
  const at = text.indexOf('=');
  if (at <= 0) throw badInput(`${JSON.stringify(text)} is not name=value.`);
  const value = text.slice(at + 1);
  if (value === '') return [text.slice(0, at), null];
  try {
    return [text.slice(0, at), JSON.parse(value)];
  } catch {
    return [text.slice(0, at), value];
  }
}

function parseJson(text: string, file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Reported below, with the file's name.
  }
  throw badInput(`${file} does not hold one JSON object.`);
}

function badInput(message: string): CliFailure {
  return new CliFailure(EXIT.usage, 'TBS_E_BAD_PARAMETER', message, 'See `tbs policy --help`.');
}

function printPolicy(policy: Policy, json: boolean): undefined {
  if (json) {
    printJson(policy);
    return;
  }
  printTable(policy.settings, [
    { title: 'Setting', value: ({ name }) => name },
    { title: 'Value', value: ({ value }) => settingText(value), flexible: true },
    {
      title: 'Source',
      value: ({ source }) => source,
      style: ({ sourceKind }) => (sourceKind === 'default' ? 'gray' : 'cyan'),
    },
  ]);
  for (const { source, message } of policy.problems) printLine(`${paint('yellow', 'Problem:')} ${message} (${source})`);
}

function printExplanations(explanations: readonly PolicyExplanation[]): void {
  if (explanations.length === 0) printLine('No source sets anything: every setting has its default.');
  for (const { name, statements } of explanations) {
    if (process.stdout.isTTY) printLine(paint('bold', name));
    printTable(statements, [
      ...(process.stdout.isTTY ? [] : [{ title: 'Setting', value: () => name }]),
      { title: 'Effect', value: ({ effect }) => effect, style: ({ effect }) => EFFECT_STYLES[effect] },
      { title: 'Value', value: ({ disables, value }) => (disables ? 'disabled' : settingText(value)), flexible: true },
      { title: 'Source', value: ({ source }) => source, flexible: true },
      { title: 'Why', value: ({ reason }) => reason, flexible: true },
    ]);
    if (process.stdout.isTTY) printLine();
  }
}

const EFFECT_STYLES = { decides: 'green', contributes: 'cyan', overridden: 'gray' } as const;

/** Formats a value: JSON for scripts, its meaning for people. */
function settingText(value: unknown): string {
  if (!process.stdout.isTTY) return JSON.stringify(value);
  if (value === null) return 'not set';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(hexadecimal).join(', ');
  if (typeof value !== 'object') return String(value);
  const lists = Object.entries(value).filter(([, codes]) => (codes as unknown[]).length > 0);
  return lists.length === 0 ? 'none' : lists.map(([name, codes]) => `${name}: ${settingText(codes)}`).join('; ');
}

function hexadecimal(code: number): string {
  return `0x${code.toString(16).toUpperCase()}`;
}

function printDifferences(differences: readonly PolicyDifference[]): void {
  if (differences.length === 0) {
    printLine('nothing differs');
    return;
  }
  printTable(differences, [
    { title: 'Setting', value: ({ name }) => name },
    { title: 'In force', value: ({ current }) => settingText(current) },
    { title: 'Desired', value: ({ desired }) => settingText(desired), flexible: true },
    { title: 'Source', value: ({ source }) => source },
  ]);
}
