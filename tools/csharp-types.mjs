/**
 * Writes the module's result classes, module/src/Client/Types/Generated/NAME.g.cs, from the contract of the JSON-RPC
 * endpoint (build/protocol.json), so that the types of both languages have one source. Members beyond the protocol are in
 * the class's other part, module/src/Client/Types/NAME.cs, such as a ToString() that reads better than the generated one.
 *
 *   npm run build && node tools/csharp-types.mjs
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const TYPES_FOLDER = path.join(root, 'module', 'src', 'Client', 'Types', 'Generated');

/**
 * Types that are not generated: those written by hand, because PowerShell shows them in a different form than the
 * protocol, and one that no cmdlet returns.
 */
export const OWN_FORM = new Set([
  'AutoProvisioning',
  'CommandBlock',
  'CommandVerdict',
  'CommandResult',
  'EndorsementKey',
  'ListChange',
  'OwnerAuthChange',
  'Policy',
  'PolicyChange',
  'PolicyExplanations',
  'EventLogPage',
  'RaisedEvent',
  'StoredOwnerAuth',
]);

/** The enumeration of each member; several members may share one. */
const ENUMERATIONS = {
  'AuthLevel.levelName': 'AuthLevelName',
  'BackupFailure.reason': 'BackupFailureReason',
  'BankNotCompared.reason': 'NotComparedReason',
  'Context.callerClass': 'CallerClass',
  'Event.callerClass': 'CallerClass',
  'Event.kind': 'EventKind',
  'EventAction.kinds': 'EventKind',
  'EventLogTest.form': 'EventLogForm',
  'ListStatement.effect': 'ListEffect',
  'ListStatement.list': 'CommandList',
  'OwnerAuthBackup.form': 'BackupForm',
  'OwnerAuthBackup.mode': 'BackupMode',
  'OwnerAuthBackupCheck.form': 'BackupForm',
  'PhysicalPresence.transition': 'PhysicalPresenceTransition',
  'PhysicalPresenceOperation.confirmation': 'PhysicalPresenceConfirmation',
  'PhysicalPresenceResponse.resultName': 'PhysicalPresenceResult',
  'PolicySetting.sourceKind': 'PolicySourceKind',
  'PolicyStatement.effect': 'PolicyEffect',
  'PolicyStatement.sourceKind': 'PolicySourceKind',
  'ProvisioningState.endorsementHierarchy': 'HierarchyState',
  'ProvisioningState.storageHierarchy': 'HierarchyState',
  'ProvisioningState.needs': 'ProvisioningNeed',
  'Resource.kind': 'ResourceKind',
  'Status.cancellation': 'CommandCancellation',
  'StandIn.kind': 'StandInKind',
  'Status.health': 'BrokerHealth',
  'Status.mode': 'BrokerMode',
  'Status.state': 'BrokerState',
  'StatusCaller.callerClass': 'CallerClass',
  'StatusEndpoint.kind': 'EndpointKind',
  'Tpm.autoProvisioning': 'AutoProvisioningMode',
  'Tpm.managedAuthLevel': 'AuthLevelName',
};

/** Members that contain the value of a policy setting, which may have any type. */
const POLICY_VALUE = /^(Policy(Setting|Explanation|Statement)\.value|PolicyDifference\.(current|desired))$/;

/** Base classes of classes that are written by hand. */
const BASES = new Set(['Tpm']);

/** Enumerations that are written by hand, with a sentence for each value. */
const OWN_ENUMERATIONS = new Set(['CallerClass', 'CommandList']);

/** The compiler takes *.g.cs for generated code, where nullable annotations count only if the file enables them. */
const HEADER =
  '// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.\n#nullable enable\n';

/** Returns the text of each file, by file name. */
export function renderTypes() {
  const { types } = JSON.parse(readFileSync(path.join(root, 'build', 'protocol.json'), 'utf8'));
  const files = {};
  const enumerations = new Map();
  for (const [name, schema] of Object.entries(types)) {
    if (OWN_FORM.has(name)) continue;
    files[`${name}.g.cs`] = renderClass(name, schema, enumerations);
  }
  for (const [name, values] of enumerations) {
    if (!OWN_ENUMERATIONS.has(name)) files[`${name}.g.cs`] = renderEnumeration(name, values);
  }
  return files;
}

function renderClass(name, schema, enumerations) {
  const required = new Set(schema.required);
  const members = Object.entries(schema.properties).map(([member, type]) => {
    const values = (type.items ?? withoutNull(type)).enum;
    const known =
      values === undefined || member === 'tpmVersion' ? undefined : enumerationOf(name, member, values, enumerations);
    const { code, read } = POLICY_VALUE.test(`${name}.${member}`)
      ? { code: 'object? NAME { get; private set; }', read: `PolicyValue.Read(json["${member}"])` }
      : csharp(member, withoutNull(type), isNullable(type) || !required.has(member), known);
    return { name: capitalized(member), code, read, description: type.description ?? '' };
  });
  const properties = members.map(
    (member) =>
      `    /// <summary>${escaped(member.description)}</summary>\n    ${member.name === 'OwnerAuth' ? '[System.Management.Automation.Hidden] ' : ''}public ${member.code.replace('NAME', member.name)}`,
  );
  const assignments = members.map(({ name: property, read }) => `        ${property} = ${read}`);
  const usings = [
    ...(!hasOtherPart(name) || properties.join().match(/DateTimeOffset/) ? ['using System;'] : []),
    'using TpmTbs.Client;',
  ];
  return `${HEADER}${usings.join('\n')}

namespace TpmTbs;

/// <summary>${escaped(schema.description ?? name)}</summary>
public ${BASES.has(name) ? '' : 'sealed '}partial class ${name}
{
${properties.join('\n\n')}

${BASES.has(name) ? readConstructor(name, assignments) : readMethod(name, assignments)}
${hasOtherPart(name) ? '' : `\n${toStringMethod(members)}\n`}}
`;
}

const hasOtherPart = (name) => existsSync(path.join(path.dirname(TYPES_FOLDER), `${name}.cs`));

/** Shows every property by name, in the culture of numbers that the protocol has. */
export function toStringMethod(members) {
  const text = members.map(({ name }) => `${name}: {${name}}`).join(', ');
  return `    /// <inheritdoc/>\n    public override string ToString() => FormattableString.Invariant($"${text}");`;
}

function readMethod(name, assignments) {
  return `    internal static ${name} Read(JsonValue json) => new()
    {
${assignments.map((assignment) => `${assignment},`).join('\n')}
    };`;
}

/** Renders the constructor of a base class; a derived class reads its own members after those of the base. */
function readConstructor(name, assignments) {
  return `    private protected ${name}(JsonValue json)
    {
${assignments.map((assignment) => `${assignment};`).join('\n')}
    }

    internal static ${name} Read(JsonValue json) => new(json);`;
}

/** Returns an enumeration's name: its own, that of another member with the same name and values, or type and member. */
function enumerationOf(type, member, values, enumerations) {
  const same = Object.entries(ENUMERATIONS).find(
    ([key, name]) => key.endsWith(`.${member}`) && `${enumerations.get(name)}` === `${values}`,
  );
  const name = ENUMERATIONS[`${type}.${member}`] ?? same?.[1] ?? `${type}${capitalized(member)}`;
  if (!enumerations.has(name) || values.length > enumerations.get(name).length) enumerations.set(name, values);
  return name;
}

/** Returns the declaration of a property and the expression that reads it. */
function csharp(member, type, mayBeNull, enumeration) {
  const property = (declared, initial = '') => `${declared} NAME { get; private set; }${initial}`;
  const optional = (declared, reader, value) =>
    mayBeNull
      ? { code: property(`${declared}?`), read: `json.${reader}OrNull("${member}")` }
      : { code: property(declared, value), read: `json.${reader}("${member}")` };
  if (type.$ref !== undefined) {
    const target = type.$ref.split('/').at(-1);
    return mayBeNull
      ? { code: property(`${target}?`), read: `json.ObjectOrNull("${member}", ${target}.Read)` }
      : { code: property(target, ' = null!;'), read: `${target}.Read(json["${member}"])` };
  }
  if (type.type === 'array') return list(member, type.items, enumeration);
  if (enumeration !== undefined) {
    return mayBeNull
      ? { code: property(`${enumeration}?`), read: `json.NamedOrNull("${member}", TpmTbs.${enumeration}.Unknown)` }
      : { code: property(enumeration), read: `json.Named("${member}", ${enumeration}.Unknown)` };
  }
  if (type.format === 'date-time') return optional('DateTimeOffset', 'Time');
  if (type.format === 'base64' && member !== 'ownerAuth') {
    return { code: property('ByteList', ' = null!;'), read: `new(json.Bytes("${member}"))` };
  }
  if (type.type === 'string') return optional('string', 'Text', ' = "";');
  if (type.type === 'boolean') return { code: property('bool'), read: `json.Flag("${member}")` };
  if (type.type === 'integer')
    return type.maximum === 0xffffffff ? optional('uint', 'UInt32') : optional('long', 'Int64');
  if (type.const !== undefined || type.anyOf?.every((each) => typeof each.const === 'number'))
    return optional('int', 'Int32');
  if (type.type === 'number') return { code: property('double'), read: `json.Number("${member}")` };
  // Of any shape: the class's other part reads it.
  return { code: property('object?'), read: `Read${capitalized(member)}(json["${member}"])` };
}

function list(member, items, enumeration) {
  const declare = (type, read) => ({
    code: `ResultList<${type}> NAME { get; private set; } = null!;`,
    read: `new(${read ?? `json.List("${member}", ${type}.Read)`})`,
  });
  if (enumeration !== undefined)
    return declare(enumeration, `json.List("${member}", static one => one.AsNamed(${enumeration}.Unknown))`);
  if (items.$ref !== undefined) return declare(items.$ref.split('/').at(-1));
  if (items.format === 'date-time')
    return declare('DateTimeOffset', `json.List("${member}", static one => one.AsTime())`);
  if (items.type === 'string') return declare('string', `json.Texts("${member}")`);
  if (items.type === 'integer') return declare('long', `json.List("${member}", static one => one.AsInt64())`);
  throw new Error(`lists like ${member} are not written yet`);
}

function renderEnumeration(name, values) {
  const names = values.map(capitalized);
  const members = [
    ...(names.includes('Unknown')
      ? []
      : ['    /// <summary>A value that this version of the module does not know.</summary>\n    Unknown']),
    ...values.map((value) => `    /// <summary><c>${value}</c> in the protocol.</summary>\n    ${capitalized(value)}`),
  ];
  const own = names.includes('Unknown')
    ? members.sort((a, b) => Number(b.endsWith(' Unknown')) - Number(a.endsWith(' Unknown')))
    : members;
  return `${HEADER}namespace TpmTbs;

/// <summary>Values of the protocol that ${name} stands for.</summary>
public enum ${name}
{
${own.join(',\n\n')},
}
`;
}

function isNullable(type) {
  return (
    (Array.isArray(type.type) && type.type.includes('null')) ||
    (type.anyOf?.some((each) => each.type === 'null') ?? false)
  );
}

export function withoutNull(type) {
  if (Array.isArray(type.type)) return { ...type, type: type.type.find((each) => each !== 'null') };
  const rest = type.anyOf?.filter((each) => each.type !== 'null');
  return rest?.length === 1 ? rest[0] : type;
}

export const capitalized = (name) => name[0].toUpperCase() + name.slice(1);

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export function writtenTypes() {
  return Object.fromEntries(
    readdirSync(TYPES_FOLDER).map((name) => [name, readFileSync(path.join(TYPES_FOLDER, name), 'utf8')]),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const files = renderTypes();
  rmSync(TYPES_FOLDER, { recursive: true, force: true });
  mkdirSync(TYPES_FOLDER, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(TYPES_FOLDER, name), text);
}
