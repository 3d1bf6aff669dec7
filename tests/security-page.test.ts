/** The page about what users can do to each other names a test for each attack: there is such a test. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './support/daemon.js';

const ROW = /^\| (?<attack>[^|]+) \| [^|]+ \| (?<tests>`tests\/.+) \|$/;

describe('the table of attacks in docs/security.md', () => {
  const page = readFileSync(join(REPOSITORY, 'docs', 'security.md'), 'utf8');
  const rows = page.split('\n').flatMap((line) => {
    const { attack, tests } = ROW.exec(line)?.groups ?? {};
    return attack === undefined || tests === undefined ? [] : [{ attack, tests }];
  });

  it('names tests that there are', () => {
    assert.ok(rows.length >= 25, `${rows.length} rows`);
    for (const { attack, tests } of rows) {
      let source = '';
      for (const [, file, title] of tests.matchAll(/`(tests\/[^`]+)`|"([^"]+)"/g)) {
        if (file !== undefined) source = readFileSync(join(REPOSITORY, file), 'utf8');
        else assert.ok(source.includes(title ?? ''), `${attack}: no test is titled “${title}”`);
      }
    }
  });
});
