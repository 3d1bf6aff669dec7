// Builds the parts of the npm archive that `npm run build` does not: the types of the client library in build/types,
// and the native addon for every platform. `npm pack` and `npm publish` run it.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildTypeScript } from '../../tools/build.mjs';
import { buildNative } from '../../tools/build-native.mjs';
import { CROSS_TARGETS, crossCompileAddon } from '../cross-addon.mjs';
import { contractTypes } from './contract-types.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const types = path.join(root, 'build', 'types');

/** Writes the types of the client library; needs a build. */
export function writeClientTypes(folder = types) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'tpmtbs-types-'));
  try {
    execFileSync(
      process.execPath,
      [
        ...[path.join(root, 'node_modules/typescript/bin/tsc'), '-p', path.join(root, 'tsconfig.json')],
        ...['--declaration', '--emitDeclarationOnly', '--stripInternal', '--outDir', scratch],
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    rmSync(folder, { recursive: true, force: true });
    cpSync(path.join(scratch, 'ts-core', 'client'), path.join(folder, 'client'), { recursive: true });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  requireOnlyContract(path.join(folder, 'client'));
  const protocol = JSON.parse(readFileSync(path.join(root, 'build', 'protocol.json'), 'utf8'));
  const typesByMethod = path.join(folder, 'endpoints', 'rpc', 'protocol', 'types-by-method.d.ts');
  mkdirSync(path.dirname(typesByMethod), { recursive: true });
  writeFileSync(typesByMethod, contractTypes(protocol));
}

/** Throws if the library's types import anything for which the archive has no types. */
function requireOnlyContract(folder) {
  for (const name of readdirSync(folder)) {
    const imports = readFileSync(path.join(folder, name), 'utf8').matchAll(/from '(\.\.\/[^']+)'/g);
    for (const [, target] of imports) {
      if (target !== '../endpoints/rpc/protocol/types-by-method.js')
        throw new Error(`${name} shows types of ${target}`);
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    // npm mixes the output of this script into that of `npm pack`.
    for (const target of CROSS_TARGETS) crossCompileAddon(target);
    await buildNative();
    await buildTypeScript();
    writeClientTypes();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
