// Reads names, parameters and help of the cmdlets, for docs/cmdlets.md and Get-Help, from the XML documentation and the
// attributes in module/src.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const sourceFolder = path.join(root, 'module', 'src');
const cmdletFolder = path.join(sourceFolder, 'Cmdlets');

/**
 * @typedef {{ name: string, type: string, help: string, aliases: string[], values: string[], isMandatory: boolean,
 *   position: string, sets: string[], fromPipeline: boolean, fromProperty: boolean }} Parameter
 * @typedef {{ name: string, synopsis: string, description: string[], parameters: Parameter[],
 *   examples: { code: string, remarks: string }[], outputs: string[], links: string[], changes: boolean,
 *   defaultSet: string }} Cmdlet
 */

/** Returns every cmdlet of module/src/Cmdlets, sorted by name. @returns {Cmdlet[]} */
export function readCmdlets() {
  return fs
    .readdirSync(cmdletFolder)
    .map((file) => readCmdlet(file))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Reads one file, which declares one cmdlet: GetTbsStatusCommand.cs declares Get-TbsStatus. */
function readCmdlet(file) {
  const text = fs.readFileSync(path.join(cmdletFolder, file), 'utf8');
  const header = /((?:^\/\/\/.*\n)+)((?:^\[.*\]\n)*)^public sealed class (\w+) : (\w+)/m.exec(text);
  const [, documentation, attributes, className, base] = header ?? [];
  const [, verb, noun] = /\[Cmdlet\(Verbs\w+\.(\w+), "(\w+)"/.exec(attributes ?? '') ?? [];
  if (file !== `${verb}${noun}Command.cs` || className !== `${verb}${noun}Command`) {
    throw new Error(`module/src/Cmdlets/${file} must declare the class of the cmdlet that it is named for`);
  }
  const help = uncommented(documentation);
  return {
    name: `${verb}-${noun}`,
    synopsis: plain(element(help, 'summary')),
    description: paragraphs(element(help, 'remarks')),
    parameters: [...parametersOf(text), ...inheritedParameters(base)],
    examples: [...help.matchAll(/<example>([\s\S]*?)<\/example>/g)].map(([, example]) => ({
      code: decoded(element(example, 'code')),
      remarks: plain(element(example, 'para')),
    })),
    outputs: [...attributes.matchAll(/\[OutputType\(typeof\((\w+)\)/g)].map(([, type]) =>
      type === 'void' ? 'None' : typeName(type),
    ),
    links: [...help.matchAll(/<seealso>([^<]+)<\/seealso>/g)].map(([, link]) => link.trim()),
    changes: /SupportsShouldProcess = true/.test(attributes),
    defaultSet: /DefaultParameterSetName = "(\w+)"/.exec(attributes)?.[1] ?? '',
  };
}

/** Reads parameters from base classes; a base class of several cmdlets is in module/src, in a file of the same name. */
function inheritedParameters(base) {
  const file = path.join(sourceFolder, `${base}.cs`);
  if (base === 'TbsCmdlet' || !fs.existsSync(file)) return [];
  const text = fs.readFileSync(file, 'utf8');
  const further = new RegExp(`class ${base} : (\\w+)`).exec(text)?.[1] ?? 'TbsCmdlet';
  return [...parametersOf(text), ...inheritedParameters(further)];
}

function parametersOf(text) {
  const declaration = /((?:^ {4}\/\/\/.*\n)+)((?:^ {4}\[.*\]\n)+)^ {4}public ([\w.<>[\]?]+) (\w+) \{/gm;
  return [...text.matchAll(declaration)]
    .filter(([, , attributes]) => attributes.includes('[Parameter'))
    .map(([, documentation, attributes, type, name]) => {
      const uses = [...attributes.matchAll(/\[Parameter(?:\((.*)\))?\]/g)].map(([, given]) => given ?? '');
      const has = (flag) => uses.some((use) => new RegExp(`\\b${flag} = true`).test(use));
      return {
        name,
        type: parameterType(type),
        help: plain(element(uncommented(documentation), 'summary')),
        aliases: quoted(/\[Alias\((.*)\)\]/.exec(attributes)?.[1]),
        values: quoted(/\[ValidateSet\((.*)\)\]/.exec(attributes)?.[1]),
        isMandatory: has('Mandatory'),
        position: /Position = (\d+)/.exec(uses.join())?.[1] ?? 'named',
        sets: uses.map((use) => /ParameterSetName = "(\w+)"/.exec(use)?.[1]).filter((set) => set !== undefined),
        fromPipeline: has('ValueFromPipeline'),
        fromProperty: has('ValueFromPipelineByPropertyName'),
      };
    });
}

function parameterType(type) {
  const names = { string: 'System.String', int: 'System.Int32', uint: 'System.UInt32', long: 'System.Int64' };
  const more = { double: 'System.Double', object: 'System.Object', bool: 'System.Boolean', byte: 'System.Byte' };
  const bare = type.replace(/\?$/, '');
  const single = bare.replace(/\[\]$/, '');
  return ({ ...names, ...more }[single] ?? single) + (bare === single ? '' : '[]');
}

function typeName(type) {
  return { string: 'System.String', bool: 'System.Boolean' }[type] ?? `TpmTbs.${type}`;
}

function quoted(list) {
  return [...(list ?? '').matchAll(/"([^"]*)"/g)].map(([, text]) => text);
}

function uncommented(documentation) {
  return documentation.replace(/^ *\/\/\/ ?/gm, '');
}

function element(help, name) {
  return new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(help)?.[1].trim() ?? '';
}

/** Returns the text of an element on one line, without markup. */
function plain(text) {
  return decoded(text.replace(/<see cref="([^"]+)"\/>/g, '$1').replace(/<[^>]+>/g, ''))
    .replace(/\s+/g, ' ')
    .trim();
}

function paragraphs(text) {
  const parts = [...text.matchAll(/<para>([\s\S]*?)<\/para>/g)].map(([, part]) => plain(part));
  return parts.length > 0 ? parts : [plain(text)];
}

function decoded(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
