import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dividedLines, firstVisible, panelRows } from '../../../ts-core/cli/top/top-layout.js';

describe('the layout of tbs top', () => {
  it('stacks the panels if they do not fit beside each other', () => {
    assert.deepEqual(panelRows(80), [['commands'], ['queue'], ['holders'], ['refusals']]);
    assert.deepEqual(panelRows(160)[0], ['commands', 'queue']);
  });

  it('gives unneeded lines to the panel with the focus', () => {
    assert.deepEqual(dividedLines(24, [2, 2, 30, 30], 2), [2, 2, 11, 5]);
  });

  it('never uses more lines than there are, as long as each panel gets at least one', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 100 }), sizes, fc.nat(), (lines, needed, any) => {
        const divided = dividedLines(lines, needed, any % needed.length);
        const used = divided.reduce((sum, rows) => sum + rows + 1, 0);
        assert.ok(used <= Math.max(lines, 2 * needed.length));
        assert.ok(divided.every((rows, index) => rows >= 1 && rows <= (needed[index] as number)));
      }),
    );
  });

  it('keeps the selected row in sight', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 50 }), fc.nat(), (rows, visible, any) => {
        const selected = any % rows;
        const first = firstVisible(selected, rows, visible);
        assert.ok(first >= 0 && first <= selected && selected < first + visible);
      }),
    );
  });
});
