/**
 * Writes the generated part of TpmTbs.format.ps1xml: a default view of each class that a cmdlet returns and that has no
 * view by hand, from the contract of the JSON-RPC endpoint (build/protocol.json). A class that should look different gets
 * a view by hand, outside that part; the generated one is then left out.
 *
 *   npm run build && node module/format-views.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readCmdlets } from '../tools/cmdlet-sources.mjs';
import { capitalized, OWN_FORM, withoutNull } from '../tools/csharp-types.mjs';
import { pageWithParts } from '../tools/page-parts.mjs';

export const FORMATS_PATH = fileURLToPath(new URL('TpmTbs.format.ps1xml', import.meta.url));
const PROTOCOL_PATH = new URL('../build/protocol.json', import.meta.url);
const PART = 'views';
/** With more properties, the columns of a table are too narrow to read. */
const MOST_COLUMNS = 5;
/** Names of numbers that the TPM specifications write in hexadecimal digits. */
const HEXADECIMAL = /(?:code|handle|ordinal)s?$/i;

/** PowerShell's notation of what stands between the items of a list. */
const LINES = '"`n"';
const COMMAS = "', '";

/** Returns the text of TpmTbs.format.ps1xml with its generated part up to date. */
export function renderFormats() {
  const protocol = JSON.parse(readFileSync(PROTOCOL_PATH, 'utf8'));
  const byHand = pageWithParts(FORMATS_PATH, { [PART]: '' });
  const returned = new Set(readCmdlets().flatMap(({ outputs }) => outputs.map((output) => output.split('.').at(-1))));
  const names = [...returned].filter(
    (name) =>
      protocol.types[name] !== undefined &&
      !OWN_FORM.has(name) &&
      !byHand.includes(`<TypeName>TpmTbs.${name}</TypeName>`),
  );
  return pageWithParts(FORMATS_PATH, { [PART]: viewsOf(names.sort(), protocol) });
}

/** Returns a view for each named class: a table if it is an element of lists and has few properties, otherwise a list. */
export function viewsOf(names, protocol) {
  const elements = new Set(
    [...JSON.stringify(protocol).matchAll(/"items":\{"\$ref":"#\/types\/(\w+)"/g)].map(([, name]) => name),
  );
  return names
    .map((name) => {
      const properties = Object.entries(protocol.types[name].properties);
      const isTable = elements.has(name) && properties.length <= MOST_COLUMNS;
      return `    <View>
      <Name>TpmTbs.${name}</Name>
      <ViewSelectedBy><TypeName>TpmTbs.${name}</TypeName></ViewSelectedBy>
${isTable ? table(properties) : list(properties)}
    </View>`;
    })
    .join('\n');
}

function list(properties) {
  const items = properties.map(([member, schema]) => {
    const text = textOf(member, withoutNull(schema), LINES);
    const label = text === undefined ? '' : `<Label>${capitalized(member)}</Label>`;
    return `        <ListItem>${label}${shown(member, text)}</ListItem>`;
  });
  return `      <ListControl><ListEntries><ListEntry><ListItems>
${items.join('\n')}
      </ListItems></ListEntry></ListEntries></ListControl>`;
}

function table(properties) {
  const headers = properties.map(([member, schema]) => `          ${header(member, withoutNull(schema))}`);
  const cells = properties.map(([member, schema]) => {
    const text = textOf(member, withoutNull(schema), COMMAS);
    return `          <TableColumnItem>${shown(member, text)}</TableColumnItem>`;
  });
  return `      <TableControl>
        <TableHeaders>
${headers.join('\n')}
        </TableHeaders>
        <TableRowEntries><TableRowEntry><Wrap/><TableColumnItems>
${cells.join('\n')}
        </TableColumnItems></TableRowEntry></TableRowEntries>
      </TableControl>`;
}

/** Columns of numbers, of true or false and of names from a closed set have a width; the others share the rest. */
function header(member, { type, enum: values }) {
  const isNumber = type === 'integer' || type === 'number';
  const longest =
    { integer: 10, number: 10, boolean: 5 }[type] ?? Math.max(0, ...(values ?? []).map(({ length }) => length));
  const width = longest === 0 ? '' : `<Width>${Math.max(longest, member.length)}</Width>`;
  const alignment = isNumber && !HEXADECIMAL.test(member) ? '<Alignment>Right</Alignment>' : '';
  return `<TableColumnHeader><Label>${capitalized(member)}</Label>${width}${alignment}</TableColumnHeader>`;
}

function shown(member, text) {
  return text === undefined
    ? `<PropertyName>${capitalized(member)}</PropertyName>`
    : `<ScriptBlock>${text}</ScriptBlock>`;
}

/** Returns PowerShell that writes a property as text; undefined if PowerShell's own form is good. */
function textOf(member, type, separator) {
  const value = `$_.${capitalized(member)}`;
  const isHexadecimal = (type.items ?? type).type === 'integer' && HEXADECIMAL.test(member);
  if (type.type === 'array') {
    const items = isHexadecimal ? `@(foreach ($one in ${value}) { ${hexadecimal('$one')} })` : value;
    // Sentences and objects take a line each, names and numbers do not.
    const isShort = type.items.enum !== undefined || type.items.type === 'integer';
    return `if (${value}.Count) { ${items} -join ${isShort ? COMMAS : separator} } else { 'none' }`;
  }
  if (isHexadecimal) return `if ($null -ne ${value}) { ${hexadecimal(value)} }`;
  if (type.format === 'base64') return `-join @(foreach ($byte in ${value}) { $byte.ToString('X2') })`;
  return undefined;
}

function hexadecimal(value) {
  return `'0x' + ${value}.ToString('X')`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(FORMATS_PATH, renderFormats());
