import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dividedLines, firstVisible, panelRows, tooSmall } from '../../../ts-core/cli/top/top-layout.js';

describe('the layout of tbs top', () => {
  it('stacks the panels if they do not fit beside each other', () => {
    assert.deepEqual(panelRows(80), [['commands'], ['queue'], ['holders'], ['refusals']]);
    assert.deepEqual(panelRows(160)[0], ['commands', 'queue']);
  });

  it('says in one line that fits which size it needs, if the terminal is too small', () => {
    assert.equal(tooSmall(100, 8), 'tbs top needs at least 60x20; this terminal has 100x8');
    for (const [columns, rows] of [
      [40, 12],
      [20, 5],
      [12, 5],
      [3, 2],
    ] as const) {
      const text = tooSmall(columns, rows) ?? '';
      assert.ok(text.length > 0 && text.length <= columns, `${columns}x${rows}: ${text}`);
    }
    for (const [columns, rows] of [
      [60, 20],
      [80, 24],
      [80, 23],
    ] as const) {
      assert.equal(tooSmall(columns, rows), undefined);
    }
  });

  it('shows a row of every panel in the smallest terminal', () => {
    const [linesAtTop, keys, spare] = [5, 1, 1];
    const divided = dividedLines(20 - linesAtTop - keys - spare, [31, 31, 31, 31], 0);
    assert.ok(
      divided.every((rows) => rows >= 2),
      `${divided}: the heading of the columns, and a row`,
    );
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
