// Merges module/Private and module/Public into module/dist/TpmTbs.functions.ps1, which module/TpmTbs.psm1 prefers while
// it is of the same sources, and keeps FunctionsToExport of TpmTbs.psd1 equal to the files of module/Public.
//   node tools/build-module.mjs            writes both
//   node tools/build-module.mjs --check    writes nothing; exit code 1 if the manifest's list is not up to date

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const manifestPath = path.join(root, 'TpmTbs.psd1');
const mergedPath = path.join(root, 'module', 'dist', 'TpmTbs.functions.ps1');

function sources() {
  return ['Private', 'Public'].flatMap((folder) =>
    fs
      .readdirSync(path.join(root, 'module', folder))
      .filter((name) => name.endsWith('.ps1'))
      .sort()
      .map((name) => path.join(root, 'module', folder, name)),
  );
}

/** The names of the files in Public: one cmdlet a file, named for it. */
export function publicFunctions() {
  return fs
    .readdirSync(path.join(root, 'module', 'Public'))
    .filter((name) => name.endsWith('.ps1'))
    .map((name) => path.basename(name, '.ps1'))
    .sort();
}

/** The manifest's text with its list of functions replaced. */
export function manifestWithExports(text, names) {
  const list = /(FunctionsToExport\s*=\s*@\()[^)]*(\))/;
  if (!list.test(text)) {
    throw new Error(`${manifestPath} has no FunctionsToExport = @( … )`);
  }
  return text.replace(
    list,
    (_, start, end) => `${start}\n${names.map((name) => `        '${name}'\n`).join('')}    ${end}`,
  );
}

function mergedText() {
  return sources()
    .map((file) => fs.readFileSync(file, 'utf8').trimEnd())
    .join('\n\n');
}

function writeAtomically(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, text);
  fs.renameSync(temporary, file);
}

export function buildModule() {
  const manifest = fs.readFileSync(manifestPath, 'utf8');
  const wanted = manifestWithExports(manifest, publicFunctions());
  if (wanted !== manifest) {
    writeAtomically(manifestPath, wanted);
  }
  writeAtomically(mergedPath, `${mergedText()}\n`);
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const manifest = fs.readFileSync(manifestPath, 'utf8');
    if (manifestWithExports(manifest, publicFunctions()) !== manifest) {
      console.error('TpmTbs.psd1 does not export exactly the files of module/Public: run node tools/build-module.mjs');
      process.exitCode = 1;
    }
  } else {
    buildModule();
  }
}
