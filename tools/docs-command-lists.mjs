/**
 * Writes docs/command-lists.md from the data of the filter, so that the page never differs from what is in force.
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

export const PAGE_PATH = fileURLToPath(new URL('../docs/command-lists.md', import.meta.url));

const CLASSES = ['administrator', 'standardUser', 'sandboxedApp'];

/** The whole page. */
export function renderCommandLists() {
  return `${[introduction(), tpm20Section(), tpm12Section(), transportSection()].join('\n\n')}\n`;
}

function introduction() {
  return `<!-- Written by tools/docs-command-lists.mjs from ts-core/domain/filter; do not edit. -->
# Which commands a caller may send

Every command is judged before it waits in the queue, by its code, by the class of the caller (administrator, standard
user, sandboxed app; a sandboxed administrator counts as a sandboxed app), and on TPM 2.0 by its handles. A refusal is
\`TPM_E_COMMAND_BLOCKED\` (0x80280400). \`Test-TbsCommandBlock\` tells for any command and class which list decides, where
it comes from and what would lift it; \`Get-TbsCommandBlock\` lists them all.

| list | holds | changed with |
|---|---|---|
| policy | \`blockedCommands\`, in force while \`blockedCommandsEnabled\` is true (Group Policy: "Configure the list of blocked TPM commands"); and, by class, \`allowedCommands\` and (TPM 2.0) \`disallowedCommands\` | \`Set-TbsPolicy\`, policy files, Registry.pol |
| default | what ships, below | not changed; \`ignoreDefaultList\` switches the blocked lists of TPM 1.2 off |
| local | what the administrators of this machine blocked, and granted by class | \`Add-TbsCommandBlock\`, \`Remove-TbsCommandBlock\`, \`Grant-TbsCommand\`, \`Revoke-TbsCommand\`; \`ignoreLocalList\` switches its blocks off |

**TPM 1.2** blocks what a list names. A command is blocked when any of these holds, and the first one is named as the
reason:

| | list | condition |
|---|---|---|
| 1 | policy | on it, and \`blockedCommandsEnabled\` |
| 2 | default, of the caller's class | on it, and neither \`ignoreDefaultList\` nor granted to the class (\`Grant-TbsCommand\`, \`allowedCommands\` of policy) |
| 3 | local | on it, and not \`ignoreLocalList\` |

**TPM 2.0** allows what a list names, so that a command unknown today is blocked. A command is blocked when any of these
holds:

| | list | condition |
|---|---|---|
| 1 | policy | on \`blockedCommands\`, and \`blockedCommandsEnabled\`; or on \`disallowedCommands\` for the class |
| 2 | local | blocked there, and not \`ignoreLocalList\` |
| 3 | not allowed | neither on the default list of the class, nor on \`allowedCommands\` of policy, nor granted locally |
| 4 | handle rule | a handle is not for the caller, see below |

\`ignoreDefaultList\` never opens the allowed lists of TPM 2.0. An explicit block (1, 2) wins over every grant.

**Handles.** Callers other than administrators may not name \`TPM_RH_LOCKOUT\` or \`TPM_RH_PLATFORM\` in any handle of any
command, and no grant lifts this: one wrong \`TPM2_PolicySecret(TPM_RH_LOCKOUT)\` would take the administrator's reset of
the TPM away. Some commands are open to standard users on certain handles only; the table says which. A grant of the
command to the class lifts such a limit.`;
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
