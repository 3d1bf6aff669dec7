// Builds TpmTbs.VERSION.nupkg, from which Install-PSResource installs the PowerShell module; the result is reproducible.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';
import { readCmdlets } from '../tools/cmdlet-sources.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const MANIFEST = 'TpmTbs.psd1';
/** What the module consists of, for both editions of PowerShell. */
const CONTENTS = [
  MANIFEST,
  'LICENSE',
  'en-US',
  'module/TpmTbs.format.ps1xml',
  'module/bin/net8.0',
  'module/bin/net472',
];

/** Returns the version as NuGet writes it: `0.2.0~20261129.abc` of Debian is `0.2.0-snapshot20261129abc`. */
export function nugetVersion(version) {
  const [release, snapshot] = version.split('~');
  return snapshot === undefined ? release : `${release}-snapshot${snapshot.replaceAll('.', '')}`;
}

/** Writes the package into `folder` and returns its path. `version` is that of NuGet, `epoch` in seconds since 1970. */
export function buildNupkg({ folder, version, epoch }) {
  const files = CONTENTS.flatMap(filesAt);
  const entries = {
    'TpmTbs.nuspec': nuspec(version),
    '[Content_Types].xml': contentTypes(files),
    '_rels/.rels': RELATIONS,
    ...Object.fromEntries(files.map((file) => [file, file === MANIFEST ? manifest(version) : content(file)])),
  };
  // A zip file contains local time; fflate writes the date in the machine's time zone.
  const mtime = new Date(epoch * 1000 + new Date(epoch * 1000).getTimezoneOffset() * 60_000);
  const zip = zipSync(
    Object.fromEntries(
      Object.entries(entries).map(([name, value]) => [name, typeof value === 'string' ? Buffer.from(value) : value]),
    ),
    { level: 9, mtime },
  );
  const output = path.join(folder, `TpmTbs.${version}.nupkg`);
  writeFileSync(output, zip);
  return output;
}

function content(file) {
  return readFileSync(path.join(root, file));
}

/** The files at a path of the tree, with forward slashes. */
function filesAt(place) {
  if (!statSync(path.join(root, place)).isDirectory()) return [place];
  return readdirSync(path.join(root, place))
    .sort()
    .flatMap((name) => filesAt(`${place}/${name}`));
}

/**
 * Returns the manifest with the version of the package; PowerShell has a separate field for the part after the
 * hyphen.
 */
function manifest(version) {
  const [release, prerelease] = version.split('-');
  const text = readFileSync(path.join(root, MANIFEST), 'utf8')
    .replace(/^( {4}ModuleVersion\s*= )'[^']+'/m, `$1'${release}'`)
    .replace(/^( +)(Tags = .*)$/m, prerelease === undefined ? '$&' : `$1$2\n$1Prerelease = '${prerelease}'`);
  if (!text.includes(`'${release}'`)) throw new Error(`${MANIFEST} sets its version in another way now`);
  return text;
}

function manifestText(key) {
  const text = readFileSync(path.join(root, MANIFEST), 'utf8');
  const found = new RegExp(`^ {4}${key}\\s*= '((?:[^']|'')*)'`, 'm').exec(text);
  if (found === null) throw new Error(`${MANIFEST} has no ${key}`);
  return found[1].replaceAll("''", "'");
}

/** Find-PSResource uses the tags to find a module and its cmdlets. */
function nuspec(version) {
  const [, ownTags] = /^ +Tags = (.*)$/m.exec(readFileSync(path.join(root, MANIFEST), 'utf8'));
  const cmdlets = readCmdlets().map(({ name }) => `PSCmdlet_${name} PSCommand_${name}`);
  const tags = [ownTags.replace(/[',]/g, ''), 'PSModule', 'PSEdition_Core', 'PSEdition_Desktop', 'PSIncludes_Cmdlet'];
  return `<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd">
  <metadata>
    <id>TpmTbs</id>
    <version>${version}</version>
    <authors>${xml(manifestText('Author'))}</authors>
    <license type="expression">MIT</license>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
    <description>${xml(manifestText('Description'))}</description>
    <copyright>${xml(manifestText('Copyright'))}</copyright>
    <tags>${[...tags, ...cmdlets].join(' ')}</tags>
  </metadata>
</package>
`;
}

const RELATIONS = `<?xml version="1.0" encoding="utf-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
  <Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/TpmTbs.nuspec" Id="manifest" />
</Relationships>
`;

function contentTypes(files) {
  const extensions = new Set(['rels', 'nuspec', ...files.map((file) => path.extname(file).slice(1)).filter(Boolean)]);
  const types = [...extensions].map((each) => `  <Default Extension="${each}" ContentType="${typeOf(each)}" />`);
  const overrides = files
    .filter((file) => path.extname(file) === '')
    .map((file) => `  <Override PartName="/${file}" ContentType="application/octet-stream" />`);
  return `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
${[...types, ...overrides].join('\n')}
</Types>
`;
}

function typeOf(extension) {
  return extension === 'rels' ? 'application/vnd.openxmlformats-package.relationships+xml' : 'application/octet-stream';
}

function xml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
