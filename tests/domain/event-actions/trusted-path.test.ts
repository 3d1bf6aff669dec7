import assert from 'node:assert/strict';
import { judgeScriptPath, type PathPart } from '../../../ts-core/domain/event-actions/trusted-path.js';

const FOLDERS: readonly PathPart[] = ['/etc/tpmtbs/actions.d', '/etc/tpmtbs', '/etc', '/'].map((path) => ({
  path,
  kind: 'folder',
  uid: 0,
  mode: 0o755,
}));
const SCRIPT: PathPart = { path: '/etc/tpmtbs/actions.d/a.ps1', kind: 'file', uid: 0, mode: 0o644 };

function reasonFor(parts: readonly PathPart[], trustedUids: readonly number[] = [0]): string | undefined {
  const verdict = judgeScriptPath(parts, trustedUids);
  return verdict.trusted ? undefined : verdict.reason;
}

describe('the path of an action’s script', () => {
  it('is trusted if root owns the file and every folder, and nobody else can write them', () => {
    assert.equal(reasonFor([SCRIPT, ...FOLDERS]), undefined);
    assert.equal(reasonFor([{ ...SCRIPT, mode: 0o500 }, ...FOLDERS]), undefined);
  });

  for (const [index, { path }] of [SCRIPT, ...FOLDERS].entries()) {
    it(`is refused if ${path} belongs to a user, or others can write it, even with the sticky bit`, () => {
      const changed = (change: Partial<PathPart>) =>
        [SCRIPT, ...FOLDERS].map((part, at) => (at === index ? { ...part, ...change } : part));
      assert.match(reasonFor(changed({ uid: 1000 })) ?? '', new RegExp(`^${path} belongs to user 1000`));
      for (const mode of [0o775, 0o757, 0o1777]) {
        assert.match(reasonFor(changed({ mode })) ?? '', new RegExp(`^${path} can be written by others`));
      }
      assert.equal(reasonFor(changed({ uid: 1000 }), [0, 1000]), undefined);
    });
  }

  it('is refused if it is no regular file, or nothing at all', () => {
    assert.match(reasonFor([{ ...SCRIPT, kind: 'other' }, ...FOLDERS]) ?? '', /is not a regular file/);
    assert.match(reasonFor(FOLDERS) ?? '', /is not a regular file/);
    assert.match(reasonFor([]) ?? '', /is not a regular file/);
  });
});
