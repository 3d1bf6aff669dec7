import assert from 'node:assert/strict';
import { type LineMember, LinkedLine } from '../../../ts-core/domain/scheduling/linked-line.js';

interface Member extends LineMember<Member> {
  readonly name: string;
}

function setUp() {
  const line = new LinkedLine<Member>();
  const members = ['a', 'b', 'c'].map((name): Member => ({ name, previous: undefined, next: undefined }));
  for (const member of members) line.push(member);
  const names = () => {
    const forth: string[] = [];
    let last: Member | undefined;
    for (let member = line.first(); member !== undefined; member = member.next) {
      forth.push(member.name);
      last = member;
    }
    const back: string[] = [];
    for (let member = last; member !== undefined; member = member.previous) back.unshift(member.name);
    assert.deepEqual(back, forth, 'the links of both directions agree');
    return forth.join('');
  };
  return { line, names, members: members as [Member, Member, Member] };
}

describe('a line', () => {
  it('has its members in the order of arrival', () => {
    const { line, names } = setUp();
    assert.equal(names(), 'abc');
    assert.equal(line.first()?.name, 'a');
    assert.equal(new LinkedLine<Member>().first(), undefined);
  });

  it('closes the gap when a member leaves, at any position', () => {
    for (const [leaving, left] of [
      [0, 'bc'],
      [1, 'ac'],
      [2, 'ab'],
    ] as const) {
      const { line, names, members } = setUp();
      const member = members[leaving];
      line.remove(member);
      assert.equal(names(), left);
      assert.deepEqual([member.previous, member.next], [undefined, undefined]);
      line.push(member);
      assert.equal(names(), left + member.name, 'and takes it again, at its end');
    }
  });

  it('is empty when all have left, and accepts others then', () => {
    const { line, names, members } = setUp();
    for (const member of members) line.remove(member);
    assert.equal(line.first(), undefined);
    line.push(members[1]);
    assert.equal(names(), 'b');
  });
});
