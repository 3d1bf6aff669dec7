/** Finds and loads the compiled file of native/addon, whatever it exports on this platform. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import nodeGypBuild from 'node-gyp-build';

/** The addon is missing or does not fit this program; the message names the command that builds it. */
export class AddonError extends Error {}

/** Loads the addon. Throws an AddonError when it is missing. */
export function loadAddonFile(): unknown {
  const directory = addonDirectory();
  try {
    return nodeGypBuild(directory);
  } catch (cause) {
    throw new AddonError(`the native addon is not built: run \`npm run build:native\` (looked in ${directory})`, {
      cause,
    });
  }
}

export function addonDoesNotServe(): AddonError {
  return new AddonError(
    `the native addon does not serve ${process.platform}, or is older than this program: run \`npm run build:native\``,
  );
}

/** Searches upwards from this file, because the compiled program is in build/ or beside the sources. */
function addonDirectory(): string {
  let directory = path.dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = path.join(directory, 'native', 'addon');
    if (existsSync(path.join(candidate, 'binding.gyp')) || existsSync(path.join(candidate, 'prebuilds'))) {
      return candidate;
    }
    const parent = path.dirname(directory);
    if (parent === directory) throw new Error('native/addon is missing from this installation');
    directory = parent;
  }
}
