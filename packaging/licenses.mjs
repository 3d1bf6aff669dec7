// Collects the licenses of the bundled packages from their files.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** @param {readonly string[]} folders of packages */
export function licensesOfPackages(folders) {
  return folders.map(licenseOf).join(`\n${'-'.repeat(78)}\n`);
}

function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text =
    file === undefined ? 'The package has no file with its license.' : readFileSync(path.join(folder, file), 'utf8');
  return `${name} ${version} (${typeof license === 'string' ? license : 'see below'})\n\n${text.trim()}\n`;
}
