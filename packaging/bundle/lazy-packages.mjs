// An esbuild plugin that replaces each package that has a file in lazy/ with that file, which loads the package itself
// (`now:NAME`) at its first use.
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
      // The package may be nested in its importer's package.
      return build.resolve(name, { resolveDir: importers.get(name), kind, pluginData: NOW });
    });
  },
};

/** lazy/assert.cjs contains only what yargs uses. */
function mayReplace(name, importer) {
  return name !== 'assert' || /[\\/]node_modules[\\/]yargs[\\/]/.test(importer);
}
