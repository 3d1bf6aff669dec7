// Writes the copyright file of a Debian package (DEP-5): the project itself, and all third-party parts of the
// package, each with the license from its own files.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const HEADER = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: TpmTbs`;
const ADDON_HEADERS = path.join(root, 'node_modules', 'node-addon-api');

/** Returns the text of the file; `parts` comes from the functions below. */
export function copyrightFile(parts = []) {
  return `${[HEADER, ownStanza(), ...parts.map(stanza)].join('\n\n')}\n`;
}

/** The npm packages in the bundle, and the C and C++ code inside the two addons. */
export function partsOfBundle(packages) {
  const lmdb = packages.find((folder) => path.basename(folder) === 'lmdb');
  if (lmdb === undefined)
    throw new Error('The bundle has no lmdb now; packaging/debian/copyright.mjs names its parts.');
  const inLmdb = (folder) => path.join(lmdb, 'dependencies', folder);
  return [
    ...[...packages, ADDON_HEADERS].map(partOfPackage),
    partOfFolder('lmdb.node: liblmdb', inLmdb('lmdb/libraries/liblmdb'), 'OLDAP-2.8'),
    partOfFolder('lmdb.node: lz4', inLmdb('lz4/lib'), 'BSD-2-Clause'),
  ];
}

/** Node.js, whose LICENSE also has the licenses of all its parts. */
export function partsOfNode(folder) {
  return [
    {
      files: 'usr/lib/tpmtbs-node/bin/node',
      name: 'Node.js',
      copyright: ['Node.js contributors, and the authors whom the license below names for each part'],
      license: 'MIT',
      text: readFileSync(path.join(folder, 'LICENSE'), 'utf8'),
    },
  ];
}

function ownStanza() {
  const [, , ...lines] = readFileSync(path.join(root, 'LICENSE'), 'utf8').trimEnd().split('\n');
  return `Files: *\nCopyright: TpmTbs contributors\nLicense: Expat\n${indented(lines.join('\n'))}`;
}

function partOfPackage(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const text = licenseText(folder);
  return {
    files: `node_modules/${name}/*`,
    name: `${name} ${version}`,
    copyright: text === undefined ? [authorName(author, name)] : copyrightLines(text, authorName(author, name)),
    license: typeof license === 'string' ? license : licenseIn(text),
    text,
  };
}

function partOfFolder(name, folder, license) {
  const text = licenseText(folder);
  return { files: name.replace(': ', '/'), name, copyright: copyrightLines(text, name), license, text };
}

function authorName(author, packageName) {
  const name = typeof author === 'string' ? author : author?.name;
  return name ?? `the authors of ${packageName}`;
}

/** If a package offers several licenses, uses the first license file, by name, that is not Apache's. */
function licenseText(folder) {
  const files = readdirSync(folder).filter((each) => /^(?:licen[cs]e|copying)/i.test(each));
  const file = files.find((each) => !/apache/i.test(each)) ?? files[0];
  return file === undefined ? undefined : readFileSync(path.join(folder, file), 'utf8');
}

function licenseIn(text) {
  return /Apache License/.test(text ?? '') ? 'Apache-2.0' : 'MIT';
}

function copyrightLines(text, otherwise) {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(?:modified work )?copyright (?:\(c\)|©|by |\d{4}|[A-Z][a-z])/i.test(line))
    .filter((line) => !/copyright (?:notice|owner|holder|licen[cs]e)/i.test(line) && !/[[\]{}]/.test(line))
    .map((line) => line.replace(/^copyright:?\s*(?:\(c\)\s*)?/i, ''));
  return lines.length === 0 ? [otherwise] : lines;
}

function stanza({ files, name, copyright, license, text }) {
  const shortName = `${license}-${name.replace(/^@/, '').replace(/[^A-Za-z0-9.-]+/g, '-')}`;
  const terms =
    license === 'Apache-2.0' ? APACHE : (text ?? `${name} names its license (${license}) without its text.`);
  return [
    `Files: ${files}`,
    `Copyright: ${copyright.join('\n ')}`,
    `License: ${shortName}`,
    indented(terms.trim()),
  ].join('\n');
}

const APACHE = `Licensed under the Apache License, Version 2.0. On Debian systems, its text is in
/usr/share/common-licenses/Apache-2.0.`;

function indented(text) {
  return text
    .replaceAll('\r', '')
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`))
    .join('\n');
}
