import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { RPC_METHODS } from '../../ts-core/endpoints/rpc/features.js';

interface PageTool {
  readonly PAGE_PATH: string;
  renderJsonRpc(): string;
}

const MODULE = new URL('../../../module/', import.meta.url);

describe('the protocol', () => {
  it('is what docs/json-rpc.md lists', async () => {
    const tool: PageTool = await import(new URL('../../../tools/docs-json-rpc.mjs', import.meta.url).href);
    assert.equal(readFileSync(tool.PAGE_PATH, 'utf8'), tool.renderJsonRpc());
  });

  it('has every method that the PowerShell module calls', () => {
    const sources = ['src/', 'src/Cmdlets/', 'src/Client/', 'src/Completion/'].flatMap((folder) =>
      readdirSync(new URL(folder, MODULE))
        .filter((name) => /\.cs$/.test(name))
        .map((name) => readFileSync(new URL(folder + name, MODULE), 'utf8')),
    );
    const called = new Set(
      sources.flatMap((text) => [...text.matchAll(/['"]([a-z]\w*\/[a-z]\w*)['"]/g)].map(([, name]) => name)),
    );
    assert.ok(called.size > 15, `found ${called.size}`);
    const known: ReadonlySet<string> = new Set([...RPC_METHODS.map(({ name }) => name), 'event/raised']);
    assert.deepEqual(
      [...called].filter((name) => !known.has(name as string)),
      [],
    );
  });
});
