// Writes docs/cmdlets.md from the help of the cmdlets: XML documentation in module/src, comment-based in module/Public.
//   node tools/docs-cmdlets.mjs
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { readCmdlets } from './cmdlet-sources.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const publicFolder = path.join(root, 'module', 'Public');

import { pageWithParts } from './page-parts.mjs';

export const PAGE_PATH = path.join(root, 'docs', 'cmdlets.md');

/** The text of one section of the help, on one line. */
function section(help, keyword) {
  const found = new RegExp(`\\.${keyword}\\s*\\n([\\s\\S]*?)(?=\\n\\s*\\.[A-Z]+|$)`).exec(help);
  return found ? found[1].replace(/\s+/g, ' ').trim() : '';
}

function readFunction(file) {
  const text = fs.readFileSync(path.join(publicFolder, file), 'utf8');
  const help = /<#([\s\S]*?)#>/.exec(text)?.[1];
  if (help === undefined) throw new Error(`${file} has no help`);
  const example = /\.EXAMPLE\s*\n((?:\s{8}.*\S\n)+)/.exec(help)?.[1] ?? '';
  return {
    name: path.basename(file, '.ps1'),
    synopsis: section(help, 'SYNOPSIS'),
    outputs: section(help, 'OUTPUTS'),
    parameters: [...help.matchAll(/\.PARAMETER (\w+)/g)].map(([, name]) => `-${name}`),
    example: example.trim().split('\n')[0]?.trim() ?? '',
    changes: text.includes('SupportsShouldProcess'),
  };
}

function row({ name, synopsis, outputs, parameters, changes, example }) {
  const cells = [
    `\`${name}\``,
    synopsis,
    parameters.map((parameter) => `\`${parameter}\``).join(' '),
    changes ? 'yes' : '',
    outputs.replace(/([A-Za-z]+(?:\.[A-Za-z]+)+)/g, '`$1`'),
    `\`${example.replaceAll('|', '\\|')}\``,
  ];
  return `| ${cells.join(' | ')} |`;
}

function summaryOf({ name, synopsis, outputs, parameters, changes, examples }) {
  const [example] = examples;
  return {
    name,
    synopsis,
    outputs: outputs.join(', '),
    parameters: parameters.map((parameter) => `-${parameter.name}`),
    example: example?.code.split('\n')[0] ?? '',
    changes,
  };
}

const CMDLETS_HEADER = [
  '| cmdlet | what it does | parameters | -WhatIf | gives | for example |',
  '|---|---|---|---|---|---|',
];

/** The whole page. */
export function renderCmdlets() {
  const functions = fs.readdirSync(publicFolder).filter((name) => name.endsWith('.ps1'));
  const all = [...functions.map(readFunction), ...readCmdlets().map(summaryOf)];
  const rows = all.sort((a, b) => (a.name < b.name ? -1 : 1)).map(row);
  return pageWithParts(PAGE_PATH, { cmdlets: [...CMDLETS_HEADER, ...rows].join('\n') });
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  fs.writeFileSync(PAGE_PATH, renderCmdlets());
}
