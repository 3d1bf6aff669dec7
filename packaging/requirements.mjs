// Finds out what packaging needs and this machine lacks, before minutes of work end in an error of a program.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** Programs, and the Debian packages that have them. The build has already found a compiler, make and python3. */
const PROGRAMS = { cmake: 'cmake', 'pkg-config': 'pkg-config', readelf: 'binutils', 'dpkg-deb': 'dpkg' };
const WINDOWS_POWERSHELL = 'module/bin/net472/TpmTbs.dll';

const ON_THIS_MACHINE = {
  hasProgram: (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0,
  hasLibrary: (name) => spawnSync('pkg-config', ['--exists', name]).status === 0,
  hasFile: (place) => existsSync(path.join(root, place)),
};

/** Returns a message with everything that is missing and what brings it; undefined if nothing is missing. */
export function whatPackagingLacks(machine = ON_THIS_MACHINE) {
  const names = Object.keys(PROGRAMS).filter((name) => !machine.hasProgram(name));
  const packages = names.map((name) => PROGRAMS[name]);
  if (!names.includes('pkg-config') && !machine.hasLibrary('tss2-mu')) packages.push('libtss2-dev');
  const messages = [];
  if (packages.length > 0)
    messages.push(`Packaging needs more programs: apt-get install --no-install-recommends ${packages.join(' ')}`);
  if (!machine.hasFile(WINDOWS_POWERSHELL)) {
    messages.push(
      `There is no ${WINDOWS_POWERSHELL}, which only the .NET SDK 10 builds. Install it, delete module/bin, and repeat.`,
    );
  }
  return messages.length === 0 ? undefined : messages.join('\n');
}
