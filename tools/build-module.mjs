// Writes the generated parts of the module: the assembly (build-assembly.mjs), its help (build-help.mjs), and
// CmdletsToExport in TpmTbs.psd1, which lists the files of module/src/Cmdlets.
//   node tools/build-module.mjs            writes all of it
//   node tools/build-module.mjs --check    writes nothing; exit code 1 if the manifest's list is not up to date

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildAssembly } from './build-assembly.mjs';
import { buildHelp } from './build-help.mjs';
import { readCmdlets } from './cmdlet-sources.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const manifestPath = path.join(root, 'TpmTbs.psd1');

/** On Windows, these names belong to Windows' own module TrustedPlatformModule. */
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

/** Returns the cmdlets of module/src/Cmdlets: one per file, such as Get-TbsStatus in GetTbsStatusCommand.cs. */
export function assemblyCmdlets() {
  return readCmdlets().map(({ name }) => name);
}

/** Returns the manifest's text with its lists of cmdlets replaced. */
export function manifestWithExports(text, cmdlets = assemblyCmdlets()) {
  const lists = /(CmdletsToExport\s*=) if [^{]*\{[^}]*\}\s*else \{[^}]*\}/;
  if (!lists.test(text)) throw new Error(`${manifestPath} has no CmdletsToExport = if … { '…' } else { '…' }`);
  const onWindows = cmdlets.filter((name) => !OF_WINDOWS.includes(name));
  return text.replace(
    lists,
    (_, start) =>
      `${start} if ($env:OS -like 'Windows_NT') {\n${listed(onWindows)}\n    }\n    else {\n${listed(cmdlets)}\n    }`,
  );
}

function listed(names) {
  return names.map((name) => `        '${name}'`).join('\n');
}

function writeAtomically(file, text) {
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, text);
  fs.renameSync(temporary, file);
}

export async function buildModule() {
  await buildAssembly({ onProgress: console.error });
  buildHelp();
  const manifest = fs.readFileSync(manifestPath, 'utf8');
  const wanted = manifestWithExports(manifest);
  if (wanted !== manifest) writeAtomically(manifestPath, wanted);
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const manifest = fs.readFileSync(manifestPath, 'utf8');
    if (manifestWithExports(manifest) !== manifest) {
      console.error(
        'TpmTbs.psd1 does not export exactly the files of module/src/Cmdlets: run node tools/build-module.mjs',
      );
      process.exitCode = 1;
    }
  } else {
    await buildModule();
  }
}
