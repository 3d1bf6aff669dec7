// Writes docs/cmdlets.md from the help of the cmdlets: XML documentation in module/src, comment-based in module/Public.
//   node tools/docs-cmdlets.mjs
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { readCmdlets } from './cmdlet-sources.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const publicFolder = path.join(root, 'module', 'Public');
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

const PAGE = `<!-- Written by tools/docs-cmdlets.mjs from the help of the cmdlets; do not edit. -->
# Cmdlets

\`Import-Module ./TpmTbs.psd1\`, in PowerShell 7 or Windows PowerShell 5.1. \`Get-Help NAME -Full\` shows each with its
parameters and examples.

| cmdlet | what it does | parameters | -WhatIf | gives | for example |
|---|---|---|---|---|---|
%ROWS%

## What holds for all

- **Commands** are named as one likes: \`TPM2_GetRandom\`, \`GetRandom\`, \`0x17B\` and \`379\` are the same. Tab completes
  names and codes, classes, settings, users, contexts and resources.
- **Pipeline**: objects bind by the names of their properties, so that
  \`Get-TbsCommandBlock -List Local | Remove-TbsCommandBlock\` works.
- **-WhatIf and -Confirm** are on whatever changes something; with -WhatIf nothing is changed and nothing is given.
- **Errors** are of one object (\`-ErrorAction Stop\` makes them end the script) or, where there is nothing to go on with,
  such as a broker that does not run, terminating; \`-ErrorAction SilentlyContinue\` silences both. \`FullyQualifiedErrorId\` begins with one of the ErrorIds in
  [errors.md](errors.md). \`$_.Exception\` is a \`TpmTbs.TbsException\` with \`Symbol\`, \`ResultCode\`, \`RecommendedAction\` and \`Details\`;
  \`$_.ErrorDetails.RecommendedAction\` is what PowerShell shows below the message.
- **The connection** is made by the first cmdlet, kept by the process and used again; it is made anew when the broker was
  restarted. Contexts live as long as it. The socket is \`$env:TPMTBS_SOCKET\` where set, else the system broker's
  (\`/run/tpmtbs/rpc.sock\`) where it exists, else the user's own (\`$XDG_RUNTIME_DIR/tpmtbs/rpc.sock\`). Who listens there,
  and who owns the socket and its folder, must be root or the user; that is checked before the first byte is sent
  (\`TbsAccessDenied\`). A missing socket is reported at once.
- **Waiting**: a broker that shows no sign of life for 30 seconds is given up (\`TbsServiceNotRunning\`); \`$env:TPMTBS_BROKER_TIMEOUT\`
  sets another number, 0 waits for ever. A command that waits in the queue of a living broker, or that the TPM works on for minutes, is not.
  A completion gives up after 0.3 seconds.
- **Confirmation**: what destroys or stops something asks first. In a session that cannot ask (\`-NonInteractive\`, jobs,
  \`ForEach-Object -Parallel\`, closed standard input) nothing is done and there is the error
  \`TbsConfirmationImpossible\`; \`-Confirm:$false\` confirms in advance.
- **Ctrl+C** ends any of them at once. A command that still waits is cancelled at the broker.
- **Times** are \`DateTimeOffset\` objects (those of the script functions that remain: local \`DateTime\`).
`;

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

/** The whole page. */
export function renderCmdlets() {
  const functions = fs.readdirSync(publicFolder).filter((name) => name.endsWith('.ps1'));
  const all = [...functions.map(readFunction), ...readCmdlets().map(summaryOf)];
  const rows = all.sort((a, b) => (a.name < b.name ? -1 : 1)).map(row);
  return PAGE.replace('%ROWS%', () => rows.join('\n'));
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  fs.writeFileSync(PAGE_PATH, renderCmdlets());
}
