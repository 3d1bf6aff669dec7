// Builds the packages in dist/: those of Debian for amd64 and arm64, the PowerShell module as a .nupkg, and the archive of
// npm.
//   npm run package [-- --snapshot] [-- --architecture arm64]
// Refuses a dirty tree, and a version without a section in CHANGELOG.md. --snapshot packages the current commit, with a
// version that sorts before the release, for this machine's architecture unless --architecture names others, and leaves
// npm's archive to `npm pack`.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { bundle } from './bundle/bundle.mjs';
import { COMPLETION_PLACES, completionScript } from './completions.mjs';
import { buildDeb } from './debian/build-deb.mjs';
import { buildCLibraries, LIBRARY_PACKAGES, layOutLibrary } from './debian/c-libraries.mjs';
import { copyrightFile, partsOfBundle, partsOfNode } from './debian/copyright.mjs';
import { manualPages } from './man/pages.mjs';
import { buildNupkg, nugetVersion } from './nupkg.mjs';
import { whatPackagingLacks } from './requirements.mjs';
import { fetchNode, shippedNode } from './runtime/fetch-node.mjs';
import { KNOWN_ARCHITECTURES, toolchainFor } from './toolchain.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Files that administrators of a domain deploy: their path in the package, and in the source tree. */
const FOR_ADMINISTRATORS = {
  'usr/share/tpmtbs/admx': 'packaging/admx',
  'usr/share/tpmtbs/samba/gp_tbs_ext.py': 'packaging/samba/gp_tbs_ext.py',
  'usr/share/doc/tpmtbs/examples': 'examples',
};

const { values: options } = parseArgs({
  options: { snapshot: { type: 'boolean', default: false }, architecture: { type: 'string', multiple: true } },
});
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

try {
  const version = versionToPackage();
  const missing = whatPackagingLacks();
  if (missing !== undefined) throw new Error(missing);
  const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? git('log', '-1', '--format=%ct'));
  const architectures = options.architecture ?? (options.snapshot ? [process.arch] : KNOWN_ARCHITECTURES);
  for (const architecture of architectures) {
    for (const file of await packageForDebian(architecture, version, epoch)) console.log(file);
  }
  console.log(buildNupkg({ folder: path.join(root, 'dist'), version: nugetVersion(version), epoch }));
  if (!options.snapshot) console.log(packForNpm());
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function versionToPackage() {
  const changes = git('status', '--porcelain');
  if (changes !== '') throw new Error(`The tree has changes that are in no commit:\n${changes}\nCommit or stash them.`);
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  if (options.snapshot) return `${version}~${git('log', '-1', '--format=%cd.%h', '--date=format:%Y%m%d%H%M%S')}`;
  const changelog = readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8');
  if (changelog.includes(`## [${version}]`)) return version;
  throw new Error(`CHANGELOG.md has no section "## [${version}]". Write it, or use --snapshot.`);
}

function maintainer() {
  return JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).author;
}

/** The format of the stored state that this version writes and knows, for the maintainer script that refuses a later one. */
function stateFormat() {
  const source = readFileSync(path.join(root, 'ts-core/application/state/state-format.ts'), 'utf8');
  const [, format] = /^export const STATE_FORMAT = (\d+);$/m.exec(source) ?? [];
  if (format === undefined)
    throw new Error('ts-core/application/state/state-format.ts names the format in another way now');
  return format;
}

async function packageForDebian(architecture, version, epoch) {
  const { debian, strip } = toolchainFor(architecture);
  const { folder: programs, packages } = await bundle(architecture);
  const libraries = buildCLibraries(architecture);
  const node = fetchNode(architecture);
  const scratch = mkdtempSync(path.join(tmpdir(), 'tpmtbs-package-'));
  const values = {
    NODE: shippedNode.version,
    MAINTAINER: maintainer(),
    FORMAT: stateFormat(),
    ARCHITECTURE: debian,
    DATE: new Date(epoch * 1000).toUTCString().replace('GMT', '+0000'),
  };
  const make = (name, ownVersion, parts, layOut) => {
    const folder = path.join(scratch, name);
    layOut(folder);
    const output = path.join(root, 'dist', `${name}_${ownVersion}_${debian}.deb`);
    const copyright = copyrightFile(parts);
    return buildDeb({ name, folder, output, copyright, values: { ...values, VERSION: ownVersion }, epoch });
  };
  try {
    return [
      make('tpmtbs-node', shippedNode.version, partsOfNode(node), (folder) => layOutNode(folder, node)),
      make('tpmtbs', version, partsOfBundle(packages), (folder) => {
        layOutBroker(folder, programs, strip);
        layOutManual(folder, epoch);
      }),
      ...LIBRARY_PACKAGES.map((name) =>
        make(name, version, [], (folder) => layOutLibrary(name, libraries, folder, architecture)),
      ),
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** npm runs packaging/npm/prepare.mjs first, which needs the cross compilers for every platform. */
function packForNpm() {
  const folder = path.join(root, 'dist');
  const name = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root, encoding: 'utf8' });
  return path.join(folder, name.trim());
}

function layOutNode(folder, node) {
  copyInto(path.join(node, 'bin', 'node'), path.join(folder, 'usr/lib/tpmtbs-node/bin/node'));
}

function layOutBroker(folder, programs, strip) {
  const at = (place) => path.join(folder, place);
  cpSync(programs, at('usr/lib/tpmtbs'), { recursive: true });
  execFileSync(strip, ['--strip-unneeded', at('usr/lib/tpmtbs/lmdb.node')]);
  copyInto(path.join(root, 'packaging/bundle/write-code-caches.cjs'), at('usr/lib/tpmtbs/write-code-caches.cjs'));
  for (const [link, target] of [
    ['usr/bin/tbs', '../lib/tpmtbs/tbs'],
    ['usr/sbin/tbsd', '../lib/tpmtbs/tbsd'],
  ]) {
    mkdirSync(path.dirname(at(link)), { recursive: true });
    symlinkSync(target, at(link));
  }
  for (const [place, source] of Object.entries(FOR_ADMINISTRATORS)) copyInto(path.join(root, source), at(place));
  layOutService(at);
  copyInto(path.join(root, 'packaging/debian/tbsd.json'), at('etc/tpmtbs/tbsd.json'));
  // DSC looks for manifests of resources in the folders of PATH.
  for (const name of readdirSync(path.join(root, 'packaging/dsc')))
    copyInto(path.join(root, 'packaging/dsc', name), at(path.join('usr/bin', name)));
  layOutModule(at('usr/share/powershell/Modules/TpmTbs'));
  const documentation = at('usr/share/doc/tpmtbs');
  mkdirSync(documentation, { recursive: true });
  for (const name of readdirSync(path.join(root, 'docs')))
    copyInto(path.join(root, 'docs', name), path.join(documentation, name));
  const changelog = gzipSync(readFileSync(path.join(root, 'CHANGELOG.md')), { level: 9 });
  writeFileSync(path.join(documentation, 'CHANGELOG.md.gz'), changelog);
}

function layOutManual(folder, epoch) {
  for (const [file, page] of Object.entries(manualPages(epoch))) {
    const section = path.join(folder, 'usr/share/man', `man${file.at(-1)}`);
    mkdirSync(section, { recursive: true });
    writeFileSync(path.join(section, `${file}.gz`), gzipSync(page, { level: 9 }));
  }
  for (const [shell, place] of Object.entries(COMPLETION_PLACES)) {
    const file = path.join(folder, place);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, completionScript(shell));
  }
}

function layOutModule(folder) {
  for (const part of ['TpmTbs.psd1', 'en-US', 'module/TpmTbs.format.ps1xml', 'module/bin/net8.0']) {
    copyInto(path.join(root, part), path.join(folder, part));
  }
}

/** The files for systemd and udev. */
function layOutService(at) {
  mkdirSync(at('lib/systemd/system'), { recursive: true });
  const units = ['tpmtbs.service', 'tpmtbs.slice', 'tpmtbs-actions.service', 'tpmtbs-rpc.socket', 'tpmtbs-wire.socket'];
  for (const name of units) {
    writeFileSync(at(`lib/systemd/system/${name}`), unitOfPackage(name));
  }
  for (const [source, place] of [
    ['systemd/tpmtbs.sysusers', 'usr/lib/sysusers.d/tpmtbs.conf'],
    ['systemd/tpmtbs.tmpfiles', 'usr/lib/tmpfiles.d/tpmtbs.conf'],
    ['udev/70-tpmtbs.rules', 'lib/udev/rules.d/70-tpmtbs.rules'],
  ]) {
    copyInto(path.join(root, 'packaging', source), at(place));
  }
}

/** Returns a unit file of the tree, adapted to the package's paths. */
function unitOfPackage(name) {
  const unit = readFileSync(path.join(root, 'packaging/systemd', name), 'utf8');
  const start = /^ExecStart=\/usr\/bin\/node (\S+) \/opt\/tpmtbs\/bin\/(tbsd|tbs-actions)\.js(?= |$)/m;
  if (name.endsWith('.service') && !start.test(unit)) {
    throw new Error(`packaging/systemd/${name} starts its program in another way now`);
  }
  return unit
    .replace(start, 'ExecStart=/usr/lib/tpmtbs-node/bin/node $1 /usr/lib/tpmtbs/$2')
    .replace('file:///opt/tpmtbs/docs/', 'file:///usr/share/doc/tpmtbs/')
    .replace('Expects the product in /opt/tpmtbs; see docs/', 'See /usr/share/doc/tpmtbs/');
}

function copyInto(source, target) {
  mkdirSync(path.dirname(target), { recursive: true });
  cpSync(source, target, { recursive: true });
}
