import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { REPOSITORY } from '../support/daemon.js';

interface Folder {
  name: string;
  goal: number;
  paths: string[];
}

interface MutationFolders {
  FOLDERS: Folder[];
  filesOf(folder: Folder): { sources: string[]; tests: string[] };
}

describe('the folders of the mutation tests', () => {
  let folders: MutationFolders;

  before(async () => {
    const file = path.join(REPOSITORY, 'tools', 'mutation', 'folders.mjs');
    folders = (await import(pathToFileURL(file).href)) as MutationFolders;
  });

  it('have sources and tests at each of their paths', () => {
    for (const folder of folders.FOLDERS) {
      const { sources, tests } = folders.filesOf(folder);
      for (const file of [...sources, ...tests]) assert.ok(existsSync(path.join(REPOSITORY, file)), file);
      for (const subject of folder.paths) {
        assert.ok(sources.some((file) => file.startsWith(`ts-core/${subject}/`) || file === `ts-core/${subject}.ts`));
        assert.ok(tests.some((file) => file.startsWith(`tests/${subject}/`) || file === `tests/${subject}.test.ts`));
      }
    }
  });

  it('include the files of the folders inside', () => {
    const { sources } = folders.filesOf({ name: 'filter', goal: 90, paths: ['domain/filter'] });
    assert.ok(sources.includes('ts-core/domain/filter/command-filter.ts'));
    assert.ok(sources.includes('ts-core/domain/filter/tpm20-allowed/pcrs.ts'));
  });

  it('are refused when one of several paths holds nothing', () => {
    const measured = (other: string) => folders.filesOf({ name: 'some', goal: 90, paths: ['domain/filter', other] });
    assert.throws(() => measured('domain/no-such-folder'), { code: 'ENOENT' });
    assert.throws(() => measured('application/ports'), { code: 'ENOENT' }, 'sources without tests');
    assert.throws(() => measured('../tests/fuzz/wire-corpus'), /wire-corpus has no \.ts file$/);
  });
});
