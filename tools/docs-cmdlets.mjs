// Writes docs/cmdlets.md, and the table of cmdlets in README.md, from the cmdlets' XML documentation in module/src.
//   node tools/docs-cmdlets.mjs
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { readCmdlets } from './cmdlet-sources.mjs';
import { pageWithParts } from './page-parts.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

export const PAGE_PATH = path.join(root, 'docs', 'cmdlets.md');
const README_PATH = path.join(root, 'README.md');

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
  '| cmdlet | what it does | parameters | -WhatIf | returns | example |',
  '|---|---|---|---|---|---|',
];

/** Returns the whole page docs/cmdlets.md. */
export function renderCmdlets() {
  const rows = readCmdlets().map(summaryOf).map(row);
  return pageWithParts(PAGE_PATH, { cmdlets: [...CMDLETS_HEADER, ...rows].join('\n') });
}

/** Returns README.md with its table of cmdlets: name and synopsis. */
export function renderReadme() {
  const rows = readCmdlets().map(({ name, synopsis }) => `| \`${name}\` | ${synopsis} |`);
  return pageWithParts(README_PATH, { cmdlets: ['| cmdlet | what it does |', '|---|---|', ...rows].join('\n') });
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  fs.writeFileSync(PAGE_PATH, renderCmdlets());
  fs.writeFileSync(README_PATH, renderReadme());
}
