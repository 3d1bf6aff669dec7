import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../support/daemon.js';

const jsonOf = (file: string) => JSON.parse(readFileSync(join(REPOSITORY, file), 'utf8')) as { version: string };

describe('the maintainers', () => {
  it('have one address, in every file that names it', () => {
    const { author } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as { author: string };
    assert.match(author, /^TpmTbs maintainers <\S+@\S+>$/);
    const collection = 'packaging/ansible/ansible_collections/tpmtbs/tbs/galaxy.yml';
    assert.ok(readFileSync(join(REPOSITORY, collection), 'utf8').includes(`  - ${author}\n`));
    const debian = join(REPOSITORY, 'packaging', 'debian');
    const controls = readdirSync(debian).filter((name) => name.endsWith('.control'));
    assert.equal(controls.length, 5);
    for (const name of controls) assert.match(readFileSync(join(debian, name), 'utf8'), /^Maintainer: @MAINTAINER@$/m);
  });
});

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
