// Copies the version of the product from package.json to all other files that contain it.
//   npm version 0.2.0      runs it
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const MANUAL_PAGES = [
  'native/libtbs/man/tbs.3',
  'native/tcti/man/tss2-tcti-tbs.7',
  'native/tcti/man/Tss2_Tcti_Tbs_Init.3',
];

/** Each file that names the version, with a pattern whose second group is the version. */
const PLACES = [
  ['TpmTbs.psd1', /^( {4}ModuleVersion\s*= ')([^']+)(')/m],
  ['module/src/TpmTbs.csproj', /(<Version>)([^<]+)(<)/],
  ['native/CMakeLists.txt', /^(project\(tpmtbs-native VERSION )(\S+)( )/m],
  ...MANUAL_PAGES.map((file) => [file, /^(\.TH .*"TpmTbs )([^"]+)(")/]),
];

export function productVersion() {
  return JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).version;
}

/** Returns the version that each file names. */
export function namedVersions() {
  return PLACES.map(([file, pattern]) => [file, versionIn(file, pattern)]);
}

function versionIn(file, pattern) {
  const found = pattern.exec(readFileSync(path.join(root, file), 'utf8'));
  if (found === null) throw new Error(`${file} names its version in another way now`);
  return found[2];
}

function writeVersion(version) {
  for (const [file, pattern] of PLACES) {
    const place = path.join(root, file);
    writeFileSync(place, readFileSync(place, 'utf8').replace(pattern, `$1${version}$3`));
    console.log(file);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeVersion(productVersion());
