/**
 * The resultant set of policy as one HTML page without scripts or foreign content, for people and for archives. Colours
 * follow the reader's light or dark setting, and print as black on white.
 */
import type { SettingExplanation, SettingStatement } from '../../domain/policy/explain-policy.js';
import { POLICY_SETTINGS } from '../../domain/policy/setting-table.js';
import type { PolicyProblem } from '../../domain/policy/settings.js';

export interface PolicyReportContent {
  readonly explanations: readonly SettingExplanation[];
  readonly problems: readonly PolicyProblem[];
  readonly computer: string;
  readonly time: Date;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --page: #ffffff; --set: #0b5cad; --warn: #8a4600; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9ea7b3; --line: #3d444d; --page: #0d1117; --set: #79b8ff; --warn: #f0b072; } }
@media print { :root { --ink: #000; --soft: #333; --line: #999; --page: #fff; --set: #000; --warn: #000; } details { display: block; } }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere; }
p { margin: .25rem 0; } .soft { color: var(--soft); } .set { color: var(--set); font-weight: 600; } .warn { color: var(--warn); }
.value { font-family: ui-monospace, monospace; overflow-wrap: break-word; }
.scroll { overflow-x: auto; } @media (max-width: 32rem) { table { font-size: .85rem; } td:first-child { overflow-wrap: anywhere; } } table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); }
tr.overridden td { color: var(--soft); }
`;

export function policyReport({ explanations, problems, computer, time }: PolicyReportContent): string {
  const isSet = ({ source }: SettingExplanation): boolean => source.kind !== 'default';
  const set = explanations.filter(isSet);
  const unset = explanations.filter((explanation) => !isSet(explanation));
  const title = `TPM policy of ${computer}`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${text(title)}</h1>
<p class="soft">Resultant set of policy at <time datetime="${time.toISOString()}">${time.toISOString()}</time>. ${set.length} of ${explanations.length} settings are set by a source; the others have their default.</p>
${problemList(problems)}
${set.map(settingSection).join('')}
<h2>Settings with their default</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Settings with their default"><table>
<thead><tr><th scope="col">Setting</th><th scope="col">Value</th></tr></thead>
<tbody>
${unset.map(({ name, value }) => `<tr><td>${text(name)}</td><td class="value">${text(shownValue(value))}</td></tr>\n`).join('')}</tbody>
</table></div>
</main>
</body>
</html>
`;
}

function problemList(problems: readonly PolicyProblem[]): string {
  if (problems.length === 0) return '';
  const rows = problems.map(({ source, message }) => `<li>${text(source.location)}: ${text(message)}</li>\n`);
  return `<h2 class="warn">Problems</h2>\n<ul>\n${rows.join('')}</ul>\n`;
}

function settingSection({ name, value, source, statements }: SettingExplanation): string {
  return `<section>
<h2>${text(name)}</h2>
<p class="soft">${text(POLICY_SETTINGS[name].meaning)}</p>
<p><span class="value set">${text(shownValue(value))}</span> from ${text(source.location)}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Sources of ${text(name)}"><table>
<thead><tr><th scope="col">Source</th><th scope="col">Says</th><th scope="col">Effect</th></tr></thead>
<tbody>
${statements.map(statementRow).join('')}</tbody>
</table></div>
</section>
`;
}

function statementRow({ source, value, effect, reason }: SettingStatement): string {
  const said = value === undefined && source.kind !== 'default' ? 'disabled' : shownValue(value);
  const guid = source.gpo === undefined ? '' : `<br><span class="soft">${text(source.gpo.guid)}</span>`;
  return `<tr class="${effect}"><td>${text(source.location)}${guid}</td><td class="value">${text(said)}</td><td>${text(effect)}: ${text(reason)}</td></tr>
`;
}

function shownValue(value: unknown): string {
  if (value === undefined || value === null) return 'not set';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(shownCode).join(', ');
  if (typeof value !== 'object') return String(value);
  const lists = Object.entries(value).filter(([, codes]) => (codes as readonly unknown[]).length > 0);
  return lists.length === 0 ? 'none' : lists.map(([name, codes]) => `${name}: ${shownValue(codes)}`).join('; ');
}

function shownCode(code: unknown): string {
  return typeof code === 'number' ? `0x${code.toString(16).toUpperCase().padStart(3, '0')}` : String(code);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** GPO names and paths come from others. */
function text(value: string): string {
  return value.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
