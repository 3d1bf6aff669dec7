// Writes the folder en-US beside the manifest, where Get-Help finds it however the module was loaded: TpmTbs.dll-Help.xml,
// the cmdlets' help (MAML), which is generated from their sources, and about_TpmTbs.
//   node tools/build-help.mjs

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { readCmdlets } from './cmdlet-sources.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const HELP_FOLDER = path.join(root, 'en-US');
const ABOUT = 'about_TpmTbs.help.txt';

const COMMON = [
  { name: 'Confirm', help: 'Asks before each change.', aliases: ['cf'] },
  { name: 'WhatIf', help: 'Shows what would be changed, and changes nothing.', aliases: ['wi'] },
].map((parameter) => ({
  ...parameter,
  type: 'System.Management.Automation.SwitchParameter',
  values: [],
  isMandatory: false,
  position: 'named',
  sets: [],
  fromPipeline: false,
  fromProperty: false,
}));

/** Returns the whole help file. */
export function renderHelp() {
  const commands = readCmdlets().map(renderCommand).join('\n');
  return `<?xml version="1.0" encoding="utf-8"?>
<helpItems schema="maml" xmlns="http://msh">
${commands}
</helpItems>
`;
}

function renderCommand(cmdlet) {
  const [verb, noun] = cmdlet.name.split('-');
  const parameters = cmdlet.changes ? [...cmdlet.parameters, ...COMMON] : cmdlet.parameters;
  return `<command:command xmlns:maml="http://schemas.microsoft.com/maml/2004/10" xmlns:command="http://schemas.microsoft.com/maml/dev/command/2004/10" xmlns:dev="http://schemas.microsoft.com/maml/dev/2004/10">
<command:details><command:name>${cmdlet.name}</command:name><command:verb>${verb}</command:verb><command:noun>${noun}</command:noun><maml:description>${para(cmdlet.synopsis)}</maml:description></command:details>
<maml:description>${cmdlet.description.map(para).join('')}</maml:description>
<command:syntax>${syntaxes(cmdlet, parameters)}</command:syntax>
<command:parameters>${parameters.map(renderParameter).join('')}</command:parameters>
<command:inputTypes>${inputs(cmdlet)
    .map((type) => named('command:inputType', type))
    .join('')}</command:inputTypes>
<command:returnValues>${cmdlet.outputs.map((type) => named('command:returnValue', type)).join('')}</command:returnValues>
<command:examples>${cmdlet.examples.map(renderExample).join('')}</command:examples>
<command:relatedLinks>${cmdlet.links.map((link) => `<maml:navigationLink><maml:linkText>${escaped(link)}</maml:linkText><maml:uri></maml:uri></maml:navigationLink>`).join('')}</command:relatedLinks>
</command:command>`;
}

/** Renders one syntax line per parameter set; a parameter without a set belongs to all. */
function syntaxes(cmdlet, parameters) {
  const sets = [...new Set(parameters.flatMap(({ sets }) => sets))];
  const items =
    sets.length === 0 ? [''] : sets.sort((a, b) => (a === cmdlet.defaultSet ? -1 : b === cmdlet.defaultSet ? 1 : 0));
  return items
    .map((set) => {
      const own = parameters.filter((parameter) => parameter.sets.length === 0 || parameter.sets.includes(set));
      return `<command:syntaxItem><maml:name>${cmdlet.name}</maml:name>${own.map(renderParameter).join('')}</command:syntaxItem>`;
    })
    .join('');
}

function renderParameter({ name, type, help, aliases, values, isMandatory, position, fromPipeline, fromProperty }) {
  const ways = [fromPipeline && 'ByValue', fromProperty && 'ByPropertyName'].filter(Boolean);
  const input = ways.length === 0 ? 'False' : `True (${ways.join(', ')})`;
  const isSwitch = type.endsWith('SwitchParameter');
  const group = values.map(
    (value) => `<command:parameterValue required="false" variableLength="false">${value}</command:parameterValue>`,
  );
  return (
    `<command:parameter required="${isMandatory}" variableLength="${type.endsWith('[]')}" globbing="false" pipelineInput="${input}" position="${position}" aliases="${aliases.join(', ') || 'none'}">` +
    `<maml:name>${name}</maml:name><maml:description>${para(help)}</maml:description>` +
    (group.length > 0 ? `<command:parameterValueGroup>${group.join('')}</command:parameterValueGroup>` : '') +
    (isSwitch
      ? ''
      : `<command:parameterValue required="true" variableLength="false">${escaped(shortType(type))}</command:parameterValue>`) +
    `<dev:type><maml:name>${escaped(shortType(type))}</maml:name><maml:uri/></dev:type></command:parameter>`
  );
}

function inputs(cmdlet) {
  const piped = cmdlet.parameters.filter(({ fromPipeline }) => fromPipeline).map(({ type }) => type.replace('[]', ''));
  const byName = cmdlet.parameters
    .filter(({ fromProperty }) => fromProperty)
    .map(({ name, aliases }) => [name, ...aliases]);
  if (byName.length > 0) piped.push(`Objects with a property ${byName.flat().join(', ')}`);
  return piped.length > 0 ? piped : ['None'];
}

function renderExample({ code, remarks }, index) {
  return `<command:example><maml:title>Example ${index + 1}</maml:title><dev:code>${escaped(code)}</dev:code><dev:remarks>${para(remarks)}</dev:remarks></command:example>`;
}

function named(element, type) {
  return `<${element}><dev:type><maml:name>${escaped(type)}</maml:name></dev:type></${element}>`;
}

function shortType(type) {
  return type.split('.').at(-1);
}

function para(text) {
  return `<maml:para>${escaped(text)}</maml:para>`;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export function buildHelp() {
  writeIfChanged(path.join(HELP_FOLDER, 'TpmTbs.dll-Help.xml'), renderHelp());
  writeIfChanged(path.join(HELP_FOLDER, ABOUT), fs.readFileSync(path.join(root, 'module', 'en-US', ABOUT), 'utf8'));
}

function writeIfChanged(file, text) {
  if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === text) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, text);
  fs.renameSync(temporary, file);
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) buildHelp();
