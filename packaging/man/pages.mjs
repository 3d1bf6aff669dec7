// The manual pages tbs(1), tbsd(8), tbsd.json(5) and policy(5), written from the definition of the command line, tbsd's help,
// the schema of the configuration and the table of policy settings.
//   node packaging/man/pages.mjs FOLDER     writes them, after a build
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { configurationSections } from '../../tools/docs-configuration.mjs';
import { policySettings } from '../../tools/docs-policy.mjs';
import { readCommandLine } from './command-line.mjs';
import { definitions, literal, manualPage, paragraph, subsection } from './roff.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const MANUAL = 'TPM Base Services';

const ENVIRONMENT = [
  ['TPMTBS_SOCKET', 'The socket of the broker, unless `--socket` names it.'],
  [
    'TPMTBS_BROKER_TIMEOUT',
    'Seconds of silence after which a broker is given up, unless `--broker-timeout` sets them.',
  ],
  ['TPMTBS_BROKER_UID', 'The number of the user whose broker is trusted, beside root and the caller.'],
  ['NO_COLOR', 'Prints no colours.'],
];
const FILES = {
  socket: ['/run/tpmtbs/rpc.sock', "The socket of the system's broker."],
  configuration: ['/etc/tpmtbs/tbsd.json', "The configuration of the system's broker: `tbsd.json`(5)."],
  policy: ['/etc/tpmtbs/policy.d/*.json', 'Policy: `policy`(5).'],
  state: ['/var/lib/tpmtbs', 'What the broker stores.'],
  audit: ['/var/log/tpmtbs/audit.jsonl', 'The audit log.'],
};
const SEE_ALSO = {
  'tbs.1': '`tbs`(1)',
  'tbsd.8': '`tbsd`(8)',
  'tbsd.json.5': '`tbsd.json`(5)',
  'policy.5': '`policy`(5)',
};

/** Returns the text of each page by its file name. `epoch`: seconds since 1970, for the date in the heading. */
export function manualPages(epoch) {
  const date = new Date(epoch * 1000).toISOString().slice(0, 10);
  const page = (name, section, summary, sections) => {
    const file = `${name}.${section}`;
    const others = Object.keys(SEE_ALSO).filter((each) => each !== file);
    const seeAlso = [...others.map((each) => SEE_ALSO[each]), 'the pages in /usr/share/doc/tpmtbs'].join(', ');
    const all = [...sections, ['SEE ALSO', paragraph(seeAlso)]];
    return [file, manualPage({ name, section, summary, version, date, manual: MANUAL, sections: all })];
  };
  return Object.fromEntries([
    page('tbs', 1, 'manage the TPM broker, and send commands to the TPM', commandLineSections()),
    page('tbsd', 8, 'the TPM broker', daemonSections()),
    page('tbsd.json', 5, 'configuration of the TPM broker', configurationPageSections()),
    page('policy', 5, 'policy of the TPM broker', policySections()),
  ]);
}

function commandLineSections() {
  const { commands, options, epilog } = readCommandLine();
  return [
    ['SYNOPSIS', paragraph('`tbs` COMMAND [options]')],
    [
      'DESCRIPTION',
      paragraph(
        'Asks the broker `tbsd`(8), with the rights of the user who runs `tbs`. On a terminal it prints tables and colours; ' +
          "piped, tab-separated text; with `--json`, the broker's answer as it is. A TPM command is named by its name or " +
          'its number: `TPM2_GetRandom`, `GetRandom`, `0x17B`, `379`.',
      ),
    ],
    ['COMMANDS', commands.flatMap((each) => commandParts('tbs', each)).join('\n')],
    ['OPTIONS OF ALL COMMANDS', definitions([...optionEntries(options), ['--help', 'Shows help.'], VERSION_ENTRY])],
    ['EXIT STATUS', exitStatus(epilog)],
    ['ENVIRONMENT', definitions(ENVIRONMENT)],
    ['FILES', definitions([FILES.socket])],
  ];
}

const VERSION_ENTRY = ['--version', 'Shows the version.'];

function commandParts(parent, command) {
  const title = `${parent} ${command.name}`;
  const below = command.commands.flatMap((each) => commandParts(title, each));
  // A command that only has others below it needs no entry of its own.
  if (below.length > 0) return below;
  const entries = [...positionalEntries(command.positionals), ...optionEntries(command.options)];
  const examples = command.examples.flatMap(({ syntax, meaning }) => [paragraph(`${meaning}:`), literal([syntax])]);
  return [
    subsection(
      `${title} ${command.positional}`.trim(),
      paragraph(sentence(command.summary)),
      definitions(entries),
      ...examples,
      command.epilog === '' ? '' : paragraph(sentence(command.epilog)),
    ),
  ];
}

function optionEntries(options) {
  return Object.entries(options).map(([name, definition]) => {
    const value = definition.type === 'boolean' ? '' : ` ${placeholderOf(definition)}`;
    return [`--${name}${value}`, meaningOf(definition)];
  });
}

function positionalEntries(positionals) {
  return Object.entries(positionals)
    .filter(([, { describe }]) => describe !== undefined)
    .map(([name, definition]) => [name, meaningOf(definition)]);
}

function placeholderOf({ type, choices }) {
  if (choices !== undefined) return choices.join('|');
  return type === 'number' ? 'NUMBER' : 'TEXT';
}

function meaningOf({ describe, default: preset, demandOption }) {
  const facts = [
    sentence(describe),
    preset === undefined || preset === false ? '' : `Default: \`${preset}\`.`,
    demandOption === true ? 'Must be given.' : '',
  ];
  return facts.filter(Boolean).join(' ');
}

function sentence(words) {
  return /[.!?]$/.test(words) ? words : `${words}.`;
}

/** `Exit codes: 0 done, 1 refused, 3 degraded and 4 down (status)` as a list. */
function exitStatus(line) {
  const [, codes] = /^Exit codes: ([\s\S]*)$/.exec(line);
  const entries = codes.split(/(?:, | and )(?=\d)/).map((each) => /^(\d+) ([\s\S]*)$/.exec(each.trim()));
  return definitions(entries.map(([, code, meaning]) => [code, sentence(meaning)]));
}

function daemonSections() {
  const help = execFileSync(process.execPath, [path.join(root, 'bin', 'tbsd.js'), '--help'], { encoding: 'utf8' });
  const [usage, description, options, exitCodes] = help.trim().split('\n\n');
  const entries = options.split('\n').map((line) => /^\s*(--\S+(?: [A-Z]+)?)\s+([\s\S]*)$/.exec(line));
  return [
    ['SYNOPSIS', paragraph(usage.replace(/^tbsd/, '`tbsd`'))],
    ['DESCRIPTION', paragraph(description.replaceAll('\n', ' '))],
    ['OPTIONS', definitions(entries.map(([, option, meaning]) => [option, sentence(capital(meaning))]))],
    ['EXIT STATUS', exitStatus(exitCodes.replaceAll('\n', ' '))],
    ['FILES', definitions(Object.values(FILES))],
  ];
}

function capital(words) {
  return `${words[0].toUpperCase()}${words.slice(1)}`;
}

function configurationPageSections() {
  const sections = configurationSections().map(({ title, settings }) => {
    const entries = settings.map(({ name, defaultValue, values, meaning }) => [
      name,
      [sentence(meaning || 'An object'), factsOf(values, defaultValue)].join(' '),
    ]);
    return [title === 'General' ? 'GENERAL SETTINGS' : `SETTINGS OF ${title}`, definitions(entries)];
  });
  return [
    [
      'DESCRIPTION',
      paragraph(
        '`tbsd`(8) reads this JSON file when it starts: `/etc/tpmtbs/tbsd.json`, or the file that `--config` names. Each ' +
          'setting that is left out has its default. The broker does not start with a setting that is unknown or wrong ' +
          "(exit status 78). The file and its folder must belong to root or to the broker's user, and nobody else may " +
          'write them.',
      ),
    ],
    ...sections,
    ['EXAMPLES', literal(['{', '  "administratorsGroup": "tpm-admins",', '  "transport": { "kind": "device" }', '}'])],
  ];
}

function policySections() {
  const entries = policySettings().map(({ name, values, defaultValue, registryPlace, meaning }) => [
    name,
    [
      sentence(meaning),
      factsOf(values, defaultValue),
      registryPlace === '-' ? '' : `In the registry: ${registryPlace}.`,
    ]
      .filter(Boolean)
      .join(' '),
  ]);
  return [
    [
      'DESCRIPTION',
      paragraph(
        'Policy governs what callers of the broker may do. The files `/etc/tpmtbs/policy.d/*.json` are read in the order of ' +
          'their names, and again when one of them changes. Value by value the last one that sets it wins; Group Policy is ' +
          'stronger than these files. `tbs policy show` shows each setting with the source that it came from, and ' +
          '`tbs policy set` writes the file `50-local.json`. Command codes are numbers or text: `379`, `"0x17B"`.',
      ),
    ],
    ['SETTINGS', definitions(entries)],
    [
      'EXAMPLES',
      literal([
        '{',
        '  "blockedCommandsEnabled": true,',
        '  "blockedCommands": ["0x126"],',
        '  "standardUserAuthorizationFailureTotalThreshold": 20',
        '}',
      ]),
    ],
  ];
}

function factsOf(values, defaultValue) {
  const preset = defaultValue === '-' ? '' : `Default: ${defaultValue}.`;
  return [values === '' ? '' : `Values: ${values}.`, preset].filter(Boolean).join(' ');
}

/** Writes every page into FOLDER. */
export function writeManualPages(folder, epoch) {
  mkdirSync(folder, { recursive: true });
  for (const [file, page] of Object.entries(manualPages(epoch))) writeFileSync(path.join(folder, file), page);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeManualPages(process.argv[2] ?? '.', Math.floor(Date.now() / 1000));
}
