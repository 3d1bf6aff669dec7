import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const load = () => import(new URL('../../../packaging/bundle/lazy-packages.mjs', import.meta.url).href);

describe('the packages that a bundle loads late', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tpmtbs-lazy-'));
    for (const importer of ['first', 'second', 'third']) {
      writePackage(importer, "const width = require('string-width'); module.exports = (text) => width(text);");
      // Not ASCII alone: that needs no package.
      writePackage(`${importer}/node_modules/string-width`, `exports.default = () => 'of ${importer}';`);
    }
    const calls = ['first', 'second', 'third'].map((name) => `require('${name}')('é')`);
    writeFileSync(join(folder, 'program.cjs'), `module.exports = [${calls.join(', ')}];`);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function writePackage(name: string, code: string): void {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    writeFileSync(join(folder, 'node_modules', name, 'index.js'), code);
  }

  async function bundled(): Promise<{ code: string; files: readonly string[] }> {
    const { lazyPackages, filesAmong } = await load();
    const { outputFiles, metafile } = await build({
      absWorkingDir: folder,
      entryPoints: ['program.cjs'],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      write: false,
      metafile: true,
      plugins: [lazyPackages],
    });
    return { code: outputFiles[0]?.text ?? '', files: filesAmong(Object.keys(metafile.inputs)) };
  }

  it('have each importer’s own version, whichever is resolved first', async () => {
    const { code } = await bundled();
    const program = { exports: [] as unknown[] };
    new Function('module', 'exports', 'require', code)(program, program.exports, () => assert.fail('loads a file'));
    assert.deepEqual(program.exports, ['of first', 'of second', 'of third']);
  });

  it('are Node.js’ own modules for whoever may use more of them than the replacement has', async () => {
    const { lazyPackages } = await load();
    const uses = "module.exports = require('crypto').randomFillSync;";
    for (const importer of ['nanoid', 'dbus-next']) writePackage(importer, uses);
    const of = async (importer: string): Promise<unknown> => {
      const { outputFiles } = await build({
        stdin: { contents: `module.exports = require('${importer}');`, resolveDir: folder },
        ...{ bundle: true, platform: 'node', format: 'cjs', write: false, plugins: [lazyPackages] },
      });
      const program = { exports: undefined as unknown };
      new Function('module', 'require', outputFiles[0]?.text ?? '')(program, createRequire(import.meta.url));
      return program.exports;
    };
    assert.equal(await of('nanoid'), randomFillSync);
    assert.equal(await of('dbus-next'), undefined);
  });

  it('are bundled to the same bytes each time, and are listed among the files', async () => {
    const { code, files } = await bundled();
    for (let round = 0; round < 5; round++) assert.equal((await bundled()).code, code);
    for (const importer of ['first', 'second', 'third']) {
      assert.ok(files.includes(`node_modules/${importer}/node_modules/string-width/index.js`), files.join());
    }
  });
});
