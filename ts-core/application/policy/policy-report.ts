/** The resultant set of policy as an HTML page, and as a part of the machine's report. */
import type { SettingExplanation, SettingStatement } from '../../domain/policy/explain-policy.js';
import { POLICY_SETTINGS } from '../../domain/policy/setting-table.js';
import type { PolicyProblem } from '../../domain/policy/settings.js';
import { reportPage, reportTable, text, timeText } from '../report/report-page.js';

export interface PolicyReportContent {
  readonly explanations: readonly SettingExplanation[];
  readonly problems: readonly PolicyProblem[];
  readonly computer: string;
  readonly time: Date;
}

export function policyReport(content: PolicyReportContent): string {
  return reportPage(`TPM policy of ${content.computer}`, policySections(content));
}

/** Renders the resultant set of policy as a part of a page. */
export function policySections({ explanations, problems, time }: PolicyReportContent): string {
  const isSet = ({ source }: SettingExplanation): boolean => source.kind !== 'default';
  const set = explanations.filter(isSet);
  const unset = explanations.filter((explanation) => !isSet(explanation));
  const iso = time.toISOString();
  return `<h2>Policy</h2>
<p class="soft">Resultant set of policy at <time datetime="${iso}">${timeText(iso)} UTC</time>. ${set.length} of ${explanations.length} settings are set by a source; the others have their default.</p>
${problemList(problems)}
${set.map(settingSection).join('')}
<h3>Settings with their default</h3>
${reportTable('Settings with their default', ['Setting', 'Value'], unset.map(defaultRow))}`;
}

function defaultRow({ name, value }: SettingExplanation): string {
  return `<tr><td>${text(name)}</td><td class="value">${text(shownValue(value))}</td></tr>`;
}

function problemList(problems: readonly PolicyProblem[]): string {
  if (problems.length === 0) return '';
  const rows = problems.map(({ source, message }) => `<li>${text(source.location)}: ${text(message)}</li>\n`);
  return `<h3 class="warn">Problems</h3>\n<ul>\n${rows.join('')}</ul>\n`;
}

function settingSection({ name, value, source, statements }: SettingExplanation): string {
  return `<section>
<h3>${text(name)}</h3>
<p class="soft">${text(POLICY_SETTINGS[name].meaning)}</p>
<p><span class="value set">${text(shownValue(value))}</span> from ${text(source.location)}</p>
${reportTable(`Sources of ${name}`, ['Source', 'Says', 'Effect'], statements.map(statementRow))}</section>
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
