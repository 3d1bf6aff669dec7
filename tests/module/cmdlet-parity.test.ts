/** Tests that the module, the catalogue of results, the protocol and the documentation list the same things. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { CLOSING_STOPS } from '../../ts-core/domain/owner-auth/hierarchy-state.js';
import { TBS_RESULTS } from '../../ts-core/domain/tbs-error.js';
import { RPC_METHODS } from '../../ts-core/endpoints/rpc/features.js';

const ROOT = new URL('../../../', import.meta.url);

function text(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

function moduleSources(): string {
  return ['src', 'src/Cmdlets', 'src/Client', 'src/Completion']
    .flatMap((folder) => readdirSync(new URL(`module/${folder}/`, ROOT)).map((name) => `module/${folder}/${name}`))
    .filter((path) => /\.cs$/.test(path))
    .map(text)
    .join('\n');
}

describe('the PowerShell module', () => {
  it('knows every result of the catalogue with its code, and gives each an ErrorId of its own', () => {
    const rows = [
      ...text('module/src/Client/TbsResults.cs').matchAll(/^\s+\["(\w+)"\] = new\((0x[0-9A-Fa-f]+), "(\w+)"/gm),
    ];
    const table = Object.fromEntries(rows.map(([, symbol, code]) => [symbol, Number(code)]));
    const catalogue = Object.fromEntries(Object.entries(TBS_RESULTS).map(([symbol, { code }]) => [symbol, code]));
    assert.deepEqual(table, catalogue);
    // One ErrorId means one thing, of whichever TPM version.
    const meaning = new Map<string, string>();
    for (const [, symbol, , id] of rows) {
      assert.match(id as string, /^(Tbs|Tpm)[A-Z]/);
      const condition = (symbol as string).replace(/^(TBS_E|TPM_20_E|TPM_E)_/, '').replaceAll('_', '');
      assert.equal(meaning.get(id as string) ?? condition, condition, `${id} stands for two things`);
      meaning.set(id as string, condition);
    }
  });

  it('calls only methods that the protocol has', () => {
    const called = new Set(
      [...moduleSources().matchAll(/['"]([a-z][A-Za-z]+\/[a-z][A-Za-z]+)['"]/g)].map(([, name]) => name),
    );
    called.delete('event/raised');
    const methods = new Set(RPC_METHODS.map(({ name }) => name));
    assert.ok(called.size > 20, `found ${called.size}`);
    for (const name of called) assert.ok(methods.has(name as never), `${name} is no method`);
  });

  it('warns about closed hierarchies in the words of the command line', () => {
    assert.ok(text('module/src/Client/Types/ProvisioningState.cs').includes(`"${CLOSING_STOPS}"`));
  });

  it('exports exactly the files of module/src/Cmdlets', async () => {
    const { manifestWithExports } = await import(new URL('tools/build-module.mjs', ROOT).href);
    const manifest = text('TpmTbs.psd1');
    assert.equal(manifestWithExports(manifest), manifest);
  });

  it('is documented in docs/cmdlets.md and README.md with its current help', async () => {
    const { renderCmdlets, renderReadme } = await import(new URL('tools/docs-cmdlets.mjs', ROOT).href);
    assert.equal(text('docs/cmdlets.md'), renderCmdlets(), 'run npm run docs');
    assert.equal(text('README.md'), renderReadme(), 'run npm run docs');
  });
});
