import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { SYSTEM_FOLDERS } from '../../ts-core/daemon/configuration-folders.js';
import { configurationSchema } from '../../ts-core/daemon/configuration-schema.js';

interface PageTool {
  readonly PAGE_PATH: string;
  readonly SCHEMA_PATH: string;
  renderConfiguration(): string;
  renderConfigurationSchema(): string;
}

const load = (): Promise<PageTool> => import(new URL('../../../tools/docs-configuration.mjs', import.meta.url).href);

/** `limits.connections` and so on, of everything that has a default. */
function namesOf(value: unknown, path: readonly string[] = []): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path.join('.')];
  const members = Object.entries(value);
  if (members.length === 0) return [path.join('.')];
  return members.flatMap(([name, member]) => namesOf(member, [...path, name]));
}

describe('docs/configuration.md and docs/tbsd.schema.json', () => {
  it('are what tools/docs-configuration.mjs writes from the schema', async () => {
    const tool = await load();
    assert.equal(readFileSync(tool.PAGE_PATH, 'utf8'), tool.renderConfiguration());
    assert.equal(readFileSync(tool.SCHEMA_PATH, 'utf8'), tool.renderConfigurationSchema());
  });

  it('name every setting with its meaning, and with a unit in the name or meaning of a time', async () => {
    const page = (await load()).renderConfiguration();
    const names = namesOf(configurationSchema(SYSTEM_FOLDERS, 'device').parse({}));
    assert.ok(names.length > 40);
    for (const name of names) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
      assert.ok(row !== undefined, `${name} is documented`);
      const cells = row.split(' | ');
      assert.ok((cells[3] ?? '').length > 5, `${name} has a meaning`);
      assert.notEqual(cells[2], '', `${name} has values`);
      if (name.endsWith('Ms')) assert.match(row, /milliseconds/);
    }
  });
});
