import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type HeapMember, KeyedHeap } from '../../../ts-core/domain/scheduling/keyed-heap.js';

const SETTINGS = { numRuns: 200 };

function heapOf(keys: readonly number[]): { heap: KeyedHeap<HeapMember>; members: HeapMember[] } {
  const heap = new KeyedHeap<HeapMember>();
  const members = keys.map((key) => ({ key, heapIndex: -1 }));
  for (const member of members) heap.insert(member);
  return { heap, members };
}

function drained(heap: KeyedHeap<HeapMember>): number[] {
  const keys: number[] = [];
  for (let first = heap.first(); first !== undefined; first = heap.first()) {
    heap.remove(first);
    assert.equal(first.heapIndex, -1);
    keys.push(first.key);
  }
  return keys;
}

describe('a heap', () => {
  it('returns the smallest key first', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 40 }), (keys) => {
        const { heap } = heapOf(keys);
        assert.equal(heap.size, keys.length);
        assert.deepEqual(
          drained(heap),
          [...keys].sort((left, right) => left - right),
        );
        assert.equal(heap.size, 0);
      }),
      SETTINGS,
    );
  });

  it('lets any member leave, and updates the positions of the others', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 1, maxLength: 40 }), fc.array(fc.nat(39)), (keys, leaving) => {
        const { heap, members } = heapOf(keys);
        const left = new Set(members);
        for (const index of leaving) {
          const member = members[index];
          if (member === undefined || !left.delete(member)) continue;
          heap.remove(member);
          assert.equal(heap.size, left.size);
          const places = [...left].map(({ heapIndex }) => heapIndex).sort((a, b) => a - b);
          assert.deepEqual(
            places,
            places.map((_, place) => place),
          );
        }
        assert.deepEqual(
          drained(heap),
          [...left].map(({ key }) => key).sort((a, b) => a - b),
        );
      }),
      SETTINGS,
    );
  });
});
