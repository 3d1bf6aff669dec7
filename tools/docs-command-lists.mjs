/**
 * Writes docs/command-lists.md from the filter's own data, so that the page always matches the lists in force.
 *
 *   npx tsc -p tsconfig.json && node tools/docs-command-lists.mjs
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isShippedAllowed } from '../build/ts-core/domain/filter/filter-lists.js';
import { describeCondition } from '../build/ts-core/domain/filter/handle-rules.js';
import { TPM12_DEFAULT_BLOCKED } from '../build/ts-core/domain/filter/tpm12-default-blocked.js';
import { TPM20_ALLOWED } from '../build/ts-core/domain/filter/tpm20-allowed.js';
import { commandName } from '../build/ts-core/domain/tpm/command-names.js';
import { REFUSED_INSIDE_TRANSPORT } from '../build/ts-core/domain/tpm12/transport.js';
import { pageWithParts } from './page-parts.mjs';

export const PAGE_PATH = fileURLToPath(new URL('../docs/command-lists.md', import.meta.url));

const CLASSES = ['administrator', 'standardUser', 'sandboxedApp'];

/** Returns the whole page. */
export function renderCommandLists() {
  return pageWithParts(PAGE_PATH, { lists: [tpm20Section(), tpm12Section(), transportSection()].join('\n\n') });
}

function tpm20Section() {
  const rows = TPM20_ALLOWED.map((entry) => {
    const cells = CLASSES.map((callerClass) => {
      if (!isShippedAllowed(entry, callerClass)) return '-';
      if (entry.condition === undefined || callerClass === 'administrator') return 'yes';
      return describeCondition(entry.condition);
    });
    return row(`0x${entry.code.toString(16).toUpperCase()}`, entry.name, ...cells, entry.reason);
  });
  return `## TPM 2.0: the allowed lists that ship

${row('code', 'command', 'administrator', 'standard user', 'sandboxed app', 'why')}
|---|---|---|---|---|---|
${rows.join('\n')}`;
}

function tpm12Section() {
  const [administrators, users, apps] = CLASSES.map((callerClass) => TPM12_DEFAULT_BLOCKED[callerClass]);
  const ordinals = (entries) => new Set(entries.map(({ ordinal }) => ordinal));
  const forAdministrators = ordinals(administrators);
  const forUsers = ordinals(users);
  const rows = apps.map(({ ordinal, name, reason }) =>
    row(
      ordinal,
      name,
      forAdministrators.has(ordinal) ? 'blocked' : '-',
      forUsers.has(ordinal) ? 'blocked' : '-',
      'blocked',
      reason,
    ),
  );
  return `## TPM 1.2: the blocked lists that ship

Blocked by default are ${administrators.length} ordinals for administrators, ${users.length} for standard users and ${apps.length} for sandboxed apps. Ordinals that are
not in the table are open to all.

${row('ordinal', 'command', 'administrator', 'standard user', 'sandboxed app', 'why')}
|---|---|---|---|---|---|
${rows.join('\n')}`;
}

function transportSection() {
  const names = [...REFUSED_INSIDE_TRANSPORT]
    .sort((left, right) => left - right)
    .map((ordinal) => `${commandName('1.2', ordinal)} (${ordinal})`);
  return `## Inside TPM_ExecuteTransport

The command inside a transport session of TPM 1.2 is judged by the same lists (\`TPM_E_EMBEDDED_COMMAND_BLOCKED\`,
0x80280403). The broker does not carry these inside a transport session, where it could not follow what they do to keys and
sessions, and refuses them to every caller (\`TPM_E_EMBEDDED_COMMAND_UNSUPPORTED\`, 0x80280404): ${names.join(', ')}.`;
}

function row(...cells) {
  return `| ${cells.join(' | ')} |`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE_PATH, renderCommandLists());
