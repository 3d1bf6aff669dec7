import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

interface ViewsTool {
  readonly FORMATS_PATH: string;
  renderFormats(): string;
  viewsOf(names: readonly string[], protocol: object): string;
}

const tool: ViewsTool = await import(new URL('../../../module/format-views.mjs', import.meta.url).href);

const TEXT = { type: 'string' };
const withProperties = (...names: readonly string[]) => ({
  properties: Object.fromEntries(names.map((name) => [name, TEXT])),
});

describe('the views that PowerShell shows results in', () => {
  it('are written for every class of the contract that a cmdlet returns and that has none by hand', () => {
    assert.equal(readFileSync(tool.FORMATS_PATH, 'utf8'), tool.renderFormats(), 'run npm run docs');
  });

  it('are tables for what is listed, with at most five columns, and lists for everything else', () => {
    const types = {
      Single: withProperties('a', 'b'),
      Listed: withProperties('a', 'b', 'c', 'd', 'e'),
      Wide: withProperties('a', 'b', 'c', 'd', 'e', 'f'),
      All: {
        properties: Object.fromEntries(
          ['Listed', 'Wide'].map((name) => [name, { type: 'array', items: { $ref: `#/types/${name}` } }]),
        ),
      },
    };
    const controls = ['Single', 'Listed', 'Wide'].map(
      (name) => tool.viewsOf([name], { types }).match(/<(\w+)Control>/)?.[1],
    );
    assert.deepEqual(controls, ['List', 'Table', 'List']);
  });

  it('name each property as the class does', () => {
    assert.match(
      tool.viewsOf(['Single'], { types: { Single: withProperties('userName') } }),
      /<ListItem><PropertyName>UserName<\/PropertyName><\/ListItem>/,
    );
  });
});
