// Builds the Debian packages tpmtbs and tpmtbs-node in dist/.
//   npm run package [-- --snapshot]
// Refuses a dirty tree, and a version without a section in CHANGELOG.md. --snapshot packages the current commit, with a
// version that sorts before the release.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { bundle } from './bundle/bundle.mjs';
import { buildDeb } from './debian/build-deb.mjs';
import { licensesOfPackages } from './licenses.mjs';
import { fetchNode, shippedNode } from './runtime/fetch-node.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const DEBIAN_ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };

const { values: options } = parseArgs({ options: { snapshot: { type: 'boolean', default: false } } });
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

try {
  const version = versionToPackage();
  const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? git('log', '-1', '--format=%ct'));
  for (const file of await packageAll(version, epoch)) console.log(file);
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

async function packageAll(version, epoch) {
  const architecture = process.arch;
  const { folder: programs, packages } = await bundle(architecture);
  const scratch = mkdtempSync(path.join(tmpdir(), 'tpmtbs-package-'));
  const values = {
    VERSION: version,
    NODE: shippedNode.version,
    ARCHITECTURE: DEBIAN_ARCHITECTURES[architecture],
    LICENSE: indentedLicense(),
    DATE: new Date(epoch * 1000).toUTCString().replace('GMT', '+0000'),
  };
  const make = (name, ownVersion, layOut) => {
    const folder = path.join(scratch, name);
    layOut(folder);
    const output = path.join(root, 'dist', `${name}_${ownVersion}_${values.ARCHITECTURE}.deb`);
    return buildDeb({ name, folder, output, values: { ...values, VERSION: ownVersion }, epoch });
  };
  try {
    return [
      make('tpmtbs-node', shippedNode.version, (folder) => layOutNode(folder, fetchNode(architecture))),
      make('tpmtbs', version, (folder) => layOutBroker(folder, programs, packages)),
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function layOutNode(folder, node) {
  copyInto(path.join(node, 'bin', 'node'), path.join(folder, 'usr/lib/tpmtbs-node/bin/node'));
  copyInto(path.join(node, 'LICENSE'), path.join(folder, 'usr/share/doc/tpmtbs-node/LICENSE'));
}

function layOutBroker(folder, programs, packages) {
  const at = (place) => path.join(folder, place);
  cpSync(programs, at('usr/lib/tpmtbs'), { recursive: true });
  execFileSync('strip', ['--strip-unneeded', at('usr/lib/tpmtbs/lmdb.node')]);
  copyInto(path.join(root, 'packaging/bundle/write-code-caches.cjs'), at('usr/lib/tpmtbs/write-code-caches.cjs'));
  for (const [link, target] of [
    ['usr/bin/tbs', '../lib/tpmtbs/tbs'],
    ['usr/sbin/tbsd', '../lib/tpmtbs/tbsd'],
  ]) {
    mkdirSync(path.dirname(at(link)), { recursive: true });
    symlinkSync(target, at(link));
  }
  mkdirSync(at('lib/systemd/system'), { recursive: true });
  writeFileSync(at('lib/systemd/system/tpmtbs.service'), unitOfPackage());
  copyInto(path.join(root, 'packaging/debian/tbsd.json'), at('etc/tpmtbs/tbsd.json'));
  // DSC looks for manifests of resources in the folders of PATH.
  for (const name of readdirSync(path.join(root, 'packaging/dsc')))
    copyInto(path.join(root, 'packaging/dsc', name), at(path.join('usr/bin', name)));
  layOutModule(at('usr/share/powershell/Modules/TpmTbs'));
  const documentation = at('usr/share/doc/tpmtbs');
  mkdirSync(documentation, { recursive: true });
  for (const name of readdirSync(path.join(root, 'docs')))
    copyInto(path.join(root, 'docs', name), path.join(documentation, name));
  for (const [name, text] of [
    ['CHANGELOG.md.gz', readFileSync(path.join(root, 'CHANGELOG.md'))],
    ['THIRD-PARTY-LICENSES.gz', licensesOfPackages(packages)],
  ]) {
    writeFileSync(path.join(documentation, name), gzipSync(text, { level: 9 }));
  }
}

function layOutModule(folder) {
  for (const part of ['TpmTbs.psd1', 'module/TpmTbs.format.ps1xml', 'module/bin/net8.0']) {
    copyInto(path.join(root, part), path.join(folder, part));
  }
}

/** Returns the unit file of the tree, adapted to the package's paths. */
function unitOfPackage() {
  const unit = readFileSync(path.join(root, 'packaging/systemd/tpmtbs.service'), 'utf8');
  const start = /^ExecStart=\/usr\/bin\/node (\S+) \/opt\/tpmtbs\/bin\/tbsd\.js$/m;
  if (!start.test(unit)) throw new Error('packaging/systemd/tpmtbs.service starts tbsd in another way now');
  return unit
    .replace(start, 'ExecStart=/usr/lib/tpmtbs-node/bin/node $1 /usr/lib/tpmtbs/tbsd')
    .replace('file:///opt/tpmtbs/docs/', 'file:///usr/share/doc/tpmtbs/')
    .replace('Expects the product in /opt/tpmtbs; see', 'See')
    .replace('docs/moving', '/usr/share/doc/tpmtbs/moving');
}

function copyInto(source, target) {
  mkdirSync(path.dirname(target), { recursive: true });
  cpSync(source, target, { recursive: true });
}

function indentedLicense() {
  const [, , ...lines] = readFileSync(path.join(root, 'LICENSE'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => (line === '' ? ' .' : ` ${line}`)).join('\n');
}
