import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Queued, ReadyQueue } from '../../ts-core/endpoints/ready-queue.js';

class Work implements Queued {
  isQueued = false;
}

describe('a queue of ready work', () => {
  it('has each piece of work once, at the place where it was added first', () => {
    const works = Array.from({ length: 40 }, () => new Work());
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'addFirst', 'remove', 'take'),
      which: fc.nat({ max: 39 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        for (const work of works) work.isQueued = false;
        const queue = new ReadyQueue<Work>();
        let expected: Work[] = [];
        for (const { kind, which } of steps) {
          const work = works[which] as Work;
          if (kind === 'add') {
            queue.add(work);
            if (!expected.includes(work)) expected.push(work);
          } else if (kind === 'addFirst') {
            queue.addFirst(work);
            if (!expected.includes(work)) expected.unshift(work);
          } else if (kind === 'remove') {
            queue.remove(work);
            expected = expected.filter((other) => other !== work);
          } else {
            assert.equal(queue.takeFirst(), expected.shift());
          }
          assert.equal(queue.size, expected.length);
          assert.equal(work.isQueued, expected.includes(work));
        }
        for (const work of expected) assert.equal(queue.takeFirst(), work);
        assert.equal(queue.takeFirst(), undefined);
      }),
    );
  });

  it('takes nothing out that is in no queue', () => {
    const queue = new ReadyQueue<Work>();
    const [queued, other] = [new Work(), new Work()];
    queue.add(queued);
    queue.remove(other);
    assert.equal(queue.takeFirst(), queued);
  });
});
