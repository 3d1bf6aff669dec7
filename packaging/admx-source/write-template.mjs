// Writes the administrative template, packaging/admx/tpmtbs.admx and a tpmtbs.adml for each language, from the table of
// policy settings (ts-core/domain/policy/setting-table.ts) and the texts in texts.mjs.
//   npm run build && node packaging/admx-source/write-template.mjs
//
// Format: Microsoft's "ADMX Schema", PolicyDefinitionFiles 1.0. Policies write to the same places as Windows' TPM.admx,
// so that a domain may use either.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CATEGORY, LANGUAGES, LEVELS, TEXTS } from './texts.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
/**
 * This folder contains only the template, since `samba-tool gpo admxload` copies the whole folder into the central
 * store.
 */
const folder = path.join(root, 'packaging', 'admx');
const NAMESPACE = 'http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions';

async function policySettings() {
  const table = path.join(root, 'build', 'ts-core', 'domain', 'policy', 'setting-table.js');
  return (await import(pathToFileURL(table).href)).POLICY_SETTINGS;
}

/** Groups the table's settings by the policy that sets them, in the table's order. */
function policiesOf(settings) {
  const policies = new Map();
  for (const [name, setting] of Object.entries(settings)) {
    policies.set(setting.admxPolicy, [...(policies.get(setting.admxPolicy) ?? []), { name, ...setting }]);
  }
  return policies;
}

/** Returns the text of each file, by its path below packaging/admx. */
export async function templateFiles() {
  const policies = policiesOf(await policySettings());
  const missing = [...policies.keys()].filter((policy) => TEXTS[policy] === undefined);
  if (missing.length > 0) throw new Error(`packaging/admx-source/texts.mjs has no text for ${missing.join(', ')}`);
  const files = { 'tpmtbs.admx': admx(policies) };
  for (const language of LANGUAGES) files[`${language}/tpmtbs.adml`] = adml(policies, language);
  return files;
}

function admx(policies) {
  return `<?xml version="1.0" encoding="utf-8"?>
<!-- Written by packaging/admx-source/write-template.mjs from the table of policy settings; do not edit. -->
<policyDefinitions xmlns="${NAMESPACE}" revision="1.0" schemaVersion="1.0">
  <policyNamespaces>
    <target prefix="tpmtbs" namespace="TpmTbs.Policies" />
  </policyNamespaces>
  <resources minRequiredRevision="1.0" />
  <supportedOn>
    <definitions>
      <definition name="SUPPORTED_TpmTbs" displayName="$(string.SUPPORTED_TpmTbs)" />
    </definitions>
  </supportedOn>
  <categories>
    <category name="TpmTbs" displayName="$(string.TpmTbs)" />
  </categories>
  <policies>
${[...policies].map(([policy, settings]) => policyElement(policy, settings)).join('\n')}
  </policies>
</policyDefinitions>
`;
}

function policyElement(policy, settings) {
  const { attributes, content } = policyBody(settings);
  const parts = elementsOf(settings);
  const presentation = parts.length > 0 ? ` presentation="$(presentation.${policy})"` : '';
  const elements = parts.length > 0 ? `\n      <elements>\n${parts.join('\n')}\n      </elements>` : '';
  return `    <policy name="${policy}" class="Machine" displayName="$(string.${policy})" explainText="$(string.${policy}_Help)"${presentation} ${attributes}>
      <parentCategory ref="TpmTbs" />
      <supportedOn ref="SUPPORTED_TpmTbs" />${content}${elements}
    </policy>`;
}

/** Returns a policy's own key, and what enabling and disabling it writes. */
function policyBody(settings) {
  const flags = settings.filter(({ kind }) => kind === 'flag');
  const [first] = settings;
  if (flags.length === 0) return { attributes: `key="${escaped(keyOf(first))}"`, content: '' };
  const [{ registry }, ...others] = flags;
  const attributes = `key="${escaped(registry.key)}" valueName="${registry.valueName}"`;
  const values = [0, 1].map((value) => `<decimal value="${value}" />`);
  const more = (value) =>
    others
      .map(
        ({ registry: { key, valueName } }) =>
          `\n        <item key="${escaped(key)}" valueName="${valueName}"><value>${values[value]}</value></item>`,
      )
      .join('');
  const lists =
    others.length === 0
      ? ''
      : `\n      <enabledList>${more(1)}\n      </enabledList>\n      <disabledList>${more(0)}\n      </disabledList>`;
  return {
    attributes,
    content: `\n      <enabledValue>${values[1]}</enabledValue>\n      <disabledValue>${values[0]}</disabledValue>${lists}`,
  };
}

function keyOf({ registry }) {
  return registry.key ?? Object.values(registry.keys)[0];
}

function elementsOf(settings) {
  const seen = new Set();
  return settings
    .flatMap((setting) => elements(setting))
    .filter(([id]) => !seen.has(id) && seen.add(id))
    .map(([, xml]) => xml);
}

/** Returns pairs of id and element. */
function elements({ name, kind, registry, bounds }) {
  const place = () => `key="${escaped(registry.key)}" valueName="${registry.valueName}" required="true"`;
  switch (kind) {
    case 'flag':
      return [];
    case 'number':
      return [[name, `        <decimal id="${name}" ${place()} minValue="${bounds.min}" maxValue="${bounds.max}" />`]];
    case 'authLevel':
      return [[name, levelElement(name, place())]];
    case 'codes':
      // Both the name and the data of each value are the code.
      return [[name, `        <list id="${name}" key="${escaped(registry.key)}" valuePrefix="" additive="true" />`]];
    case 'classLists':
      return Object.entries(registry.keys).map(([callerClass, key]) => [
        callerClass,
        `        <list id="${callerClass}" key="${escaped(key)}" explicitValue="true" additive="true" />`,
      ]);
    default:
      throw new Error(`${name}: no element for settings of kind ${kind}`);
  }
}

function levelElement(name, place) {
  const items = Object.keys(LEVELS['en-US']).map(
    (level) =>
      `          <item displayName="$(string.Level_${level})"><value><decimal value="${level}" /></value></item>`,
  );
  return `        <enum id="${name}" ${place}>\n${items.join('\n')}\n        </enum>`;
}

function adml(policies, language) {
  const { name, supported } = CATEGORY[language];
  const strings = [
    ['TpmTbs', name],
    ['SUPPORTED_TpmTbs', supported],
    ...Object.entries(LEVELS[language]).map(([level, text]) => [`Level_${level}`, text]),
    ...[...policies.keys()].flatMap((policy) => [
      [policy, TEXTS[policy][language].name],
      [`${policy}_Help`, TEXTS[policy][language].explain],
    ]),
  ];
  const presentations = [...policies]
    .map(([policy, settings]) => presentation(policy, settings, language))
    .filter(Boolean);
  return `<?xml version="1.0" encoding="utf-8"?>
<!-- Written by packaging/admx-source/write-template.mjs; do not edit. -->
<policyDefinitionResources xmlns="${NAMESPACE}" revision="1.0" schemaVersion="1.0">
  <displayName>${escaped(name)}</displayName>
  <description>${escaped(name)}</description>
  <resources>
    <stringTable>
${strings.map(([id, text]) => `      <string id="${id}">${escaped(text)}</string>`).join('\n')}
    </stringTable>
    <presentationTable>
${presentations.join('\n')}
    </presentationTable>
  </resources>
</policyDefinitionResources>
`;
}

function presentation(policy, settings, language) {
  const labels = TEXTS[policy][language].labels ?? {};
  const label = (id) => {
    if (labels[id] === undefined)
      throw new Error(`packaging/admx-source/texts.mjs: ${policy} has no label for ${id} (${language})`);
    return escaped(labels[id]);
  };
  const seen = new Set();
  const controls = settings
    .flatMap((setting) => controlsOf(setting, label))
    .filter((control) => !seen.has(control) && seen.add(control));
  return controls.length === 0
    ? ''
    : `      <presentation id="${policy}">\n${controls.join('\n')}\n      </presentation>`;
}

function controlsOf({ name, kind, registry, default: value }, label) {
  switch (kind) {
    case 'flag':
      return [];
    case 'number':
      return [`        <decimalTextBox refId="${name}" defaultValue="${value}">${label(name)}</decimalTextBox>`];
    case 'authLevel':
      return [`        <dropdownList refId="${name}" defaultItem="2">${label(name)}</dropdownList>`];
    case 'codes':
      return [`        <listBox refId="${name}">${label(name)}</listBox>`];
    case 'classLists':
      return Object.keys(registry.keys).map((id) => `        <listBox refId="${id}">${label(id)}</listBox>`);
    default:
      throw new Error(`${name}: no control for settings of kind ${kind}`);
  }
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [name, text] of Object.entries(await templateFiles())) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
