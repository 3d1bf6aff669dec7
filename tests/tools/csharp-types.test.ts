import assert from 'node:assert/strict';

interface TypesTool {
  renderTypes(): Record<string, string>;
  writtenTypes(): Record<string, string>;
  toStringMethod(members: readonly { name: string }[]): string;
}

const tool: TypesTool = await import(new URL('../../../tools/csharp-types.mjs', import.meta.url).href);

describe('the result classes of the PowerShell module', () => {
  it('match the contract of the protocol', async () => {
    assert.deepEqual(tool.writtenTypes(), tool.renderTypes(), 'run npm run build && node tools/csharp-types.mjs');
  });

  it('have a text even if nobody has written one: each property with its name', () => {
    assert.match(
      tool.toStringMethod([{ name: 'Algorithm' }, { name: 'Digest' }]),
      /ToString\(\) => FormattableString\.Invariant\(\$"Algorithm: \{Algorithm\}, Digest: \{Digest\}"\);/,
    );
  });
});
