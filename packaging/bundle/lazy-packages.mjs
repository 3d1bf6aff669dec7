// An esbuild plugin: what lazy/ has a file for is replaced by it, and the file loads the package itself (`now:NAME`) when it
// is first used.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'lazy');
const names = readdirSync(folder).map((file) => path.basename(file, '.cjs'));
const NOW = { isLoadedNow: true };

export const lazyPackages = {
  name: 'lazy packages',
  setup(build) {
    const importers = new Map();
    build.onResolve(
      { filter: new RegExp(`^(${names.join('|')})$`) },
      ({ path: name, importer, resolveDir, pluginData }) => {
        if (pluginData === NOW || !mayReplace(name, importer)) return undefined;
        importers.set(name, resolveDir);
        return { path: path.join(folder, `${name}.cjs`) };
      },
    );
    build.onResolve({ filter: /^now:/ }, ({ path: wanted, kind }) => {
      const name = wanted.slice('now:'.length);
      // The package may lie in that of its importer.
      return build.resolve(name, { resolveDir: importers.get(name), kind, pluginData: NOW });
    });
  },
};

/** lazy/assert.cjs has only what yargs uses. */
function mayReplace(name, importer) {
  return name !== 'assert' || /[\\/]node_modules[\\/]yargs[\\/]/.test(importer);
}
