// An esbuild plugin that replaces each package that has a file in lazy/ with that file, which loads the package itself
// (`now:NAME`) at its first use. Where importers have different versions of a package, each gets the file with its own.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'lazy');
const names = readdirSync(folder).map((file) => path.basename(file, '.cjs'));
const NAMESPACE = 'lazy';
const NOW = { isLoadedNow: true };

export const lazyPackages = {
  name: 'lazy packages',
  setup(build) {
    build.onResolve(
      { filter: new RegExp(`^(${names.join('|')})$`) },
      async ({ path: name, importer, resolveDir, pluginData }) => {
        if (pluginData === NOW || !mayReplace(name, importer)) return undefined;
        const { errors, ...found } = await build.resolve(name, { resolveDir, kind: 'require-call', pluginData: NOW });
        if (errors.length > 0) return { errors };
        // The path of the package tells the versions apart. Node.js' own modules are external and have their name as path.
        return { path: found.path, namespace: NAMESPACE, pluginData: { name, found } };
      },
    );
    build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ pluginData }) => ({
      contents: readFileSync(path.join(folder, `${pluginData.name}.cjs`), 'utf8'),
      resolveDir: folder,
      pluginData,
    }));
    build.onResolve({ filter: /^now:/ }, ({ pluginData: { found } }) => ({
      path: found.path,
      external: found.external,
      namespace: found.namespace,
    }));
  },
};

/** The inputs of a metafile that are files, without the replacements. */
export function filesAmong(inputs) {
  return inputs.filter((input) => !input.startsWith(`${NAMESPACE}:`));
}

/** Packages that need only the parts of these modules that lazy/ provides. All others get the module itself. */
const USERS_OF_A_PART = { assert: ['yargs'], crypto: ['vscode-jsonrpc', 'dbus-next'] };

function mayReplace(name, importer) {
  const users = USERS_OF_A_PART[name];
  return (
    users === undefined || users.some((user) => importer.split(path.sep).join('/').includes(`/node_modules/${user}/`))
  );
}
