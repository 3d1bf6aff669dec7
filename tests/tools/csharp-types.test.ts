import assert from 'node:assert/strict';

interface TypesTool {
  renderTypes(): Record<string, string>;
  writtenTypes(): Record<string, string>;
}

describe('the result classes of the PowerShell module', () => {
  it('match the contract of the protocol', async () => {
    const tool: TypesTool = await import(new URL('../../../tools/csharp-types.mjs', import.meta.url).href);
    assert.deepEqual(tool.writtenTypes(), tool.renderTypes(), 'run npm run build && node tools/csharp-types.mjs');
  });
});
