import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../support/daemon.js';

const jsonOf = (file: string) => JSON.parse(readFileSync(join(REPOSITORY, file), 'utf8')) as { version: string };

describe('the version', () => {
  it('is the same in every file that names it', async () => {
    const { namedVersions, productVersion } = await import(
      new URL('../../../packaging/version.mjs', import.meta.url).href
    );
    const version: string = productVersion();
    assert.match(version, /^\d+\.\d+\.\d+$/);
    const named: readonly [string, string][] = namedVersions();
    assert.ok(named.length > 5, `found ${named.length}`);
    for (const [file, found] of named) assert.equal(found, version, file);
    assert.equal(jsonOf('package-lock.json').version, version);
  });
});
