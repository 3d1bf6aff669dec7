// Builds a Debian package from a folder that is laid out as the package installs it; the result is reproducible.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { glibcThatNeeds } from '../toolchain.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const ELF_MAGIC = Buffer.from('\x7fELF', 'latin1');
const MAINTAINER_SCRIPTS = ['preinst', 'postinst', 'prerm', 'postrm'];

/**
 * `values` replace the @NAMES@ in NAME.control, and in the maintainer scripts and triggers beside it. Configuration files
 * are in `folder`/etc. Returns the package's file.
 */
export function buildDeb({ name, folder, output, copyright, values, epoch }) {
  writeDocumentation(name, folder, copyright, values);
  const overrides = path.join(here, `${name}.overrides`);
  if (existsSync(overrides)) {
    mkdirSync(path.join(folder, 'usr/share/lintian/overrides'), { recursive: true });
    write(path.join(folder, 'usr/share/lintian/overrides', name), readFileSync(overrides));
  }
  chmodTree(folder);
  const debian = path.join(folder, 'DEBIAN');
  mkdirSync(debian, { mode: 0o755 });
  const size = Number(execFileSync('du', ['-sk', '--apparent-size', folder], { encoding: 'utf8' }).split('\t')[0]);
  write(
    path.join(debian, 'control'),
    filled(`${name}.control`, { ...values, SIZE: size, LIBC: glibcThatNeeds(elfFilesIn(folder)) }),
  );
  for (const script of MAINTAINER_SCRIPTS) {
    const source = path.join(here, `${name}.${script}`);
    if (existsSync(source)) write(path.join(debian, script), filled(`${name}.${script}`, values), 0o755);
  }
  for (const control of ['triggers', 'shlibs']) {
    const source = `${name}.${control}`;
    if (existsSync(path.join(here, source))) write(path.join(debian, control), filled(source, values));
  }
  const files = filesUnder(folder).filter((file) => !file.startsWith('DEBIAN/'));
  const sums = files.map((file) => `${md5(path.join(folder, file))}  ${file}\n`).join('');
  write(path.join(debian, 'md5sums'), sums);
  const settings = files.filter((file) => file.startsWith('etc/')).map((file) => `/${file}\n`);
  if (settings.length > 0) write(path.join(debian, 'conffiles'), settings.join(''));
  // dpkg-deb sets later timestamps back to SOURCE_DATE_EPOCH, and one thread compresses to the same bytes on any
  // machine.
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-z2', '--threads-max=1', '--build', folder, output], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return output;
}

function writeDocumentation(name, folder, copyright, values) {
  const documentation = path.join(folder, 'usr', 'share', 'doc', name);
  mkdirSync(documentation, { recursive: true });
  write(path.join(documentation, 'copyright'), copyright);
  const entry = `${name} (${values.VERSION}) unstable; urgency=medium\n\n  * See /usr/share/doc/tpmtbs/CHANGELOG.md.gz.\n\n -- ${values.MAINTAINER}  ${values.DATE}\n`;
  write(path.join(documentation, 'changelog.gz'), gzipSync(entry, { level: 9 }));
}

function filled(file, values) {
  return readFileSync(path.join(here, file), 'utf8').replace(/@([A-Z]+)@/g, (_, key) => {
    if (values[key] === undefined) throw new Error(`packaging/debian/${file} wants @${key}@`);
    return values[key];
  });
}

function elfFilesIn(folder) {
  return filesUnder(folder)
    .map((file) => path.join(folder, file))
    .filter((file) => readFileSync(file).subarray(0, 4).equals(ELF_MAGIC));
}

/** Makes everything readable by everyone, and keeps programs executable. */
function chmodTree(folder) {
  for (const file of readdirSync(folder, { recursive: true }).map((each) => path.join(folder, String(each)))) {
    const status = lstatSync(file);
    if (status.isSymbolicLink()) continue;
    chmodSync(file, status.isDirectory() || (status.mode & 0o100) !== 0 ? 0o755 : 0o644);
  }
  chmodSync(folder, 0o755);
}

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => lstatSync(path.join(folder, file)).isFile())
    .sort();
}

function md5(file) {
  return createHash('md5').update(readFileSync(file)).digest('hex');
}

function write(file, content, mode = 0o644) {
  writeFileSync(file, content, { mode });
  chmodSync(file, mode);
}
