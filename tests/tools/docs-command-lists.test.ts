import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

interface PageTool {
  readonly PAGE_PATH: string;
  renderCommandLists(): string;
}

describe('docs/command-lists.md', () => {
  it('is what tools/docs-command-lists.mjs writes from the shipped lists', async () => {
    const tool: PageTool = await import(new URL('../../../tools/docs-command-lists.mjs', import.meta.url).href);
    assert.equal(readFileSync(tool.PAGE_PATH, 'utf8'), tool.renderCommandLists());
  });
});
