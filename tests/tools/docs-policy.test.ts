import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { POLICY_SETTING_NAMES, POLICY_SETTINGS } from '../../ts-core/domain/policy/setting-table.js';

interface PageTool {
  readonly PAGE_PATH: string;
  readonly SCHEMA_PATH: string;
  renderPolicy(): string;
  renderPolicySchema(): string;
}

const load = (): Promise<PageTool> => import(new URL('../../../tools/docs-policy.mjs', import.meta.url).href);

describe('docs/policy.md and docs/policy.schema.json', () => {
  it('are what tools/docs-policy.mjs writes from the settings', async () => {
    const tool = await load();
    assert.equal(readFileSync(tool.PAGE_PATH, 'utf8'), tool.renderPolicy());
    assert.equal(readFileSync(tool.SCHEMA_PATH, 'utf8'), tool.renderPolicySchema());
  });

  it('name every setting, and the schema no other', async () => {
    const tool = await load();
    const schema = JSON.parse(tool.renderPolicySchema()) as { properties: Record<string, { default?: unknown }> };
    const names = Object.keys(schema.properties).filter((name) => !name.startsWith('$'));
    assert.deepEqual(names, POLICY_SETTING_NAMES);
    for (const name of names) assert.ok(tool.renderPolicy().includes(`| \`${name}\` |`), name);
  });

  it('give defaults that their own rules accept', async () => {
    const schema = JSON.parse((await load()).renderPolicySchema()) as {
      properties: Record<string, { default?: unknown }>;
    };
    for (const name of POLICY_SETTING_NAMES) {
      const value = schema.properties[name]?.default;
      if (value !== undefined) assert.equal(POLICY_SETTINGS[name].read(value).verdict, 'accepted', name);
    }
  });
});
