// Writes what ships of the module: the assembly (build-assembly.mjs), the functions into module/dist, from which
// module/TpmTbs.psm1 loads them; and keeps CmdletsToExport and FunctionsToExport of TpmTbs.psd1 equal to the files of
// module/src/Cmdlets and module/Public.
//   node tools/build-module.mjs            writes both
//   node tools/build-module.mjs --check    writes nothing; exit code 1 if the manifest's list or module/dist is not up to date
//
// Login scripts wait for the import, so TpmTbs.functions.ps1 holds what a first call needs: the cmdlets and the private
// files of EAGER. Every other private file becomes one of its own; until it is needed, each of its functions is one that
// loads the file and calls the true one.

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildAssembly } from './build-assembly.mjs';
import { buildHelp } from './build-help.mjs';
import { readCmdlets } from './cmdlet-sources.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const manifestPath = path.join(root, 'TpmTbs.psd1');

const distFolder = path.join(root, 'module', 'dist');
const EAGER = ['Connection', 'Json', 'Rpc'];
/** Late files that the first call of a cmdlet in scripts' way needs. */
const SOON = ['CommandBlock', 'Submission'];

function sources(folder) {
  return fs
    .readdirSync(path.join(root, 'module', folder))
    .filter((name) => name.endsWith('.ps1'))
    .sort()
    .map((file) => ({
      name: path.basename(file, '.ps1'),
      text: fs.readFileSync(path.join(root, 'module', folder, file), 'utf8').trimEnd(),
    }));
}

/** The names of the files in Public: one cmdlet a file, named for it. */
export function publicFunctions() {
  return fs
    .readdirSync(path.join(root, 'module', 'Public'))
    .filter((name) => name.endsWith('.ps1'))
    .map((name) => path.basename(name, '.ps1'))
    .sort();
}

/** The cmdlets of module/src/Cmdlets: one a file, GetTbsStatusCommand.cs for Get-TbsStatus. */
export function assemblyCmdlets() {
  return readCmdlets().map(({ name }) => name);
}

/** The manifest's text with its lists of cmdlets and functions replaced. */
export function manifestWithExports(text, functions = publicFunctions(), cmdlets = assemblyCmdlets()) {
  const lists = /(CmdletsToExport\s*=) if [^{]*\{[^}]*\}\s*else \{[^}]*\}/;
  if (!lists.test(text)) throw new Error(`${manifestPath} has no CmdletsToExport = if … { '…' } else { '…' }`);
  const onWindows = cmdlets.filter((name) => !OF_WINDOWS.includes(name));
  return withFunctions(text, functions).replace(
    lists,
    (_, start) =>
      `${start} if ($env:OS -eq 'Windows_NT') {\n${listed(onWindows)}\n    }\n    else {\n${listed(cmdlets)}\n    }`,
  );
}

/** Windows brings these in its own module TrustedPlatformModule, and there the names stay its. */
const OF_WINDOWS = [
  'Clear-Tpm',
  'ConvertTo-TpmOwnerAuth',
  'Disable-TpmAutoProvisioning',
  'Enable-TpmAutoProvisioning',
  'Get-Tpm',
  'Get-TpmEndorsementKeyInfo',
  'Get-TpmSupportedFeature',
  'Import-TpmOwnerAuth',
  'Initialize-Tpm',
  'Set-TpmOwnerAuth',
  'Unblock-Tpm',
];

function withFunctions(text, functions) {
  const list = /(FunctionsToExport\s*=)\s*'[^']*'(?:,\s*'[^']*')*/;
  if (!list.test(text)) throw new Error(`${manifestPath} has no FunctionsToExport = '…', …`);
  return text.replace(list, (_, start) => `${start}\n${listed(functions)}`);
}

function listed(names) {
  return names.map((name) => `        '${name}'`).join(',\n');
}

// The engine's own names of types, and where a type is named with its assembly: these cost nothing at import.
const QUALIFIED = /\[((?:System|Microsoft|Newtonsoft)\.[A-Za-z0-9.]+(?:\[\w+\])?)\]/g;

/**
 * A type's full name makes the engine index every type of each loaded assembly, for 4 to 10 ms an assembly, as soon as the
 * text is read. What comes with the import asks for the type when it is needed.
 */
function withTypesOnDemand({ name, text }) {
  const onDemand = text.replace(QUALIFIED, (whole, type, at) =>
    text.startsWith('::', at + whole.length) || /-is(?:not)? $/.test(text.slice(0, at))
      ? `('${type}' -as [type])`
      : whole,
  );
  const code = onDemand.replace(/<#[\s\S]*?#>/g, '').replace(/^\s*#.*$/gm, '');
  const left = code.match(QUALIFIED)?.[0] ?? code.match(/\[object(?:\[\])?\]/)?.[0];
  if (left !== undefined)
    throw new Error(`${name}.ps1 comes with the import or the first call and names the type ${left}`);
  return onDemand;
}

const FUNCTION = /^function ([A-Za-z]+-[A-Za-z]+)/gm;

/** A file that is loaded late keeps its variables to itself: whoever else read them might come first. */
function checkVariables(late, all) {
  for (const [, variable] of late.text.matchAll(/^\$script:([A-Za-z]+) = /gm)) {
    const user = all.find(({ name, text }) => name !== late.name && text.includes(`$script:${variable}`));
    if (user !== undefined) {
      throw new Error(
        `$script:${variable} of module/Private/${late.name}.ps1, which is loaded when a function of it is called, is used by ${user.name}.ps1`,
      );
    }
  }
}

/** The files of module/dist: name and text. */
export function distFiles() {
  const all = [...sources('Private'), ...sources('Public')];
  const isLate = ({ name }) => !EAGER.includes(name) && !publicFunctions().includes(name);
  const late = all.filter(isLate);
  for (const file of late) checkVariables(file, all);
  const loaders = late.flatMap(({ name, text }) =>
    [...text.matchAll(FUNCTION)].map(
      ([, called]) => `function ${called} { try { . "$PSScriptRoot/${name}.ps1" } catch { throw }; ${called} @args }`,
    ),
  );
  const eager = [...all.filter((file) => !isLate(file)).map(withTypesOnDemand), loaders.join('\n')];
  return {
    'TpmTbs.functions.ps1': `${eager.join('\n\n')}\n`,
    ...Object.fromEntries(
      late
        .map((file) => (SOON.includes(file.name) ? { ...file, text: withTypesOnDemand(file) } : file))
        .map(({ name, text }) => [`${name}.ps1`, `${text.replaceAll(FUNCTION, 'function script:$1')}\n`]),
    ),
  };
}

function readDist() {
  if (!fs.existsSync(distFolder)) return {};
  const names = fs.readdirSync(distFolder).sort();
  return Object.fromEntries(names.map((name) => [name, fs.readFileSync(path.join(distFolder, name), 'utf8')]));
}

function writeAtomically(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, text);
  fs.renameSync(temporary, file);
}

export async function buildModule() {
  await buildAssembly({ onProgress: console.error });
  buildHelp();
  const manifest = fs.readFileSync(manifestPath, 'utf8');
  const wanted = manifestWithExports(manifest);
  if (wanted !== manifest) {
    writeAtomically(manifestPath, wanted);
  }
  const files = distFiles();
  for (const [name, text] of Object.entries(files)) writeAtomically(path.join(distFolder, name), text);
  for (const name of Object.keys(readDist())) {
    if (files[name] === undefined) fs.rmSync(path.join(distFolder, name), { force: true });
  }
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const manifest = fs.readFileSync(manifestPath, 'utf8');
    if (manifestWithExports(manifest) !== manifest) {
      console.error(
        'TpmTbs.psd1 does not export exactly the files of module/Public and module/src/Cmdlets: run node tools/build-module.mjs',
      );
      process.exitCode = 1;
    }
    const files = distFiles();
    const built = readDist();
    const names = new Set([...Object.keys(files), ...Object.keys(built)]);
    for (const name of names) {
      if (files[name] === built[name]) continue;
      console.error(`module/dist/${name} is not up to date: run node tools/build-module.mjs`);
      process.exitCode = 1;
    }
  } else {
    await buildModule();
  }
}
