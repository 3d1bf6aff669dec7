import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);

function text(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

describe('README.md', () => {
  it('lists exactly the cmdlets that the module has', async () => {
    const listed = [...text('README.md').matchAll(/^\| `(\w+-\w+)` \|/gm)].map(([, name]) => name);
    const { assemblyCmdlets } = await import(new URL('tools/build-module.mjs', ROOT).href);
    const cmdlets: string[] = assemblyCmdlets();
    assert.ok(cmdlets.length > 25, `found ${cmdlets.length}`);
    assert.deepEqual([...listed].sort(), cmdlets.sort());
  });
});

describe('the documentation', () => {
  it('has no link to a page that does not exist', () => {
    const pages = [
      'README.md',
      'CONTRIBUTING.md',
      ...readdirSync(new URL('docs/', ROOT)).map((name) => `docs/${name}`),
    ];
    let links = 0;
    for (const page of pages.filter((name) => name.endsWith('.md'))) {
      for (const [, target] of text(page).matchAll(/\]\((?!https?:)([^)#\s]+)/g)) {
        links++;
        assert.ok(existsSync(new URL(target as string, new URL(page, ROOT))), `${page} links to ${target}`);
      }
    }
    assert.ok(links > 20, `found ${links}`);
  });
});
