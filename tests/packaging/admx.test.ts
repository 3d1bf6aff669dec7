import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { POLICY_SETTINGS } from '../../ts-core/domain/policy/setting-table.js';
import { REPOSITORY } from '../support/daemon.js';

const FOLDER = join(REPOSITORY, 'packaging', 'admx');
const LANGUAGES = ['en-US', 'fr-FR'];

const load = (): Promise<{ templateFiles(): Promise<Record<string, string>> }> =>
  import(new URL('../../../packaging/admx-source/write-template.mjs', import.meta.url).href);

const allOf = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map((match) => match[1] as string);

describe('the administrative template', () => {
  let files: Record<string, string>;
  let admx: string;
  before(async () => {
    files = await (await load()).templateFiles();
    admx = files['tpmtbs.admx'] as string;
  });

  it('is what packaging/admx-source/write-template.mjs writes from the table of settings', () => {
    for (const [name, text] of Object.entries(files))
      assert.equal(readFileSync(join(FOLDER, name), 'utf8'), text, name);
    assert.equal(Object.keys(files).length, 1 + LANGUAGES.length);
  });

  it('is the only file in its folder, which samba-tool gpo admxload copies as a whole', () => {
    const found = readdirSync(FOLDER, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    assert.deepEqual(
      found.map((entry) => relative(FOLDER, join(entry.parentPath, entry.name))).sort(),
      Object.keys(files).sort(),
    );
  });

  it('is well-formed XML', () => {
    for (const name of Object.keys(files)) execFileSync('xmllint', ['--noout', join(FOLDER, name)]);
  });

  it('writes to the places where the broker reads each setting', () => {
    for (const [name, { registry }] of Object.entries(POLICY_SETTINGS)) {
      assert.ok(registry, `${name} has a place in the registry`);
      const keys = 'keys' in registry ? Object.values(registry.keys) : [registry.key];
      for (const key of keys) assert.ok(admx.includes(`key="${key}"`), `${name}: ${key}`);
      if ('valueName' in registry) assert.ok(admx.includes(`valueName="${registry.valueName}"`), name);
    }
  });

  it('limits numbers as the broker does', () => {
    for (const [name, setting] of Object.entries(POLICY_SETTINGS)) {
      if (setting.kind !== 'number') continue;
      const { min, max } = setting.bounds;
      assert.match(admx, new RegExp(`id="${name}"[^>]* minValue="${min}" maxValue="${max}"`), name);
    }
  });

  for (const language of LANGUAGES) {
    it(`has every text and every control in ${language}, and no unused ones`, () => {
      const adml = files[`${language}/tpmtbs.adml`] as string;
      const wanted = new Set(allOf(admx, /\$\(string\.(\w+)\)/g));
      assert.deepEqual([...wanted].sort(), [...allOf(adml, /<string id="(\w+)"/g)].sort());
      const presentations = allOf(admx, /\$\(presentation\.(\w+)\)/g);
      assert.deepEqual([...presentations].sort(), [...allOf(adml, /<presentation id="(\w+)"/g)].sort());
      const controls = allOf(admx, /<(?:decimal|enum|list) id="(\w+)"/g);
      assert.deepEqual([...controls].sort(), [...allOf(adml, /refId="(\w+)"/g)].sort());
      for (const text of allOf(adml, /<string id="\w+">([^<]*)</g)) assert.notEqual(text.trim(), '');
    });
  }

  it('has no English text in French', () => {
    const [english, french] = LANGUAGES.map((language) =>
      allOf(files[`${language}/tpmtbs.adml`] as string, /<string id="\w+_Help">([^<]*)</g),
    );
    assert.equal(english?.length, french?.length);
    for (const [index, text] of (english ?? []).entries()) assert.notEqual(text, french?.[index]);
  });
});
