import assert from 'node:assert/strict';
import { barsByName, barsOverTime, timeline } from '../../../ts-core/application/report/report-plots.js';

const numbersOf = (svg: string, pattern: RegExp): number[] =>
  [...svg.matchAll(pattern)].map(([, text]) => Number(text));

describe('the plots of a report', () => {
  it('draw a bar for each name, in proportion to its count', () => {
    const counted = [8, 4, 1].map((count) => ({ name: `user${count}`, count }));
    const [eight = 0, four = 0, one = 0] = numbersOf(barsByName('refusals', counted), /<rect[^>]* width="([\d.]+)%"/g);
    assert.ok(Math.abs(eight / four - 2) < 0.01 && Math.abs(eight / one - 8) < 0.05, `${eight} ${four} ${one}`);
  });

  it('count the events of each interval, including the last moment', () => {
    const svg = barsOverTime('refusals', { fromMs: 0, toMs: 4800 }, [0, 10, 2400, 4800]);
    const heights = numbersOf(svg, /<rect[^>]* height="([\d.]+)"/g);
    assert.equal(heights.length, 48);
    assert.deepEqual(
      heights.flatMap((height, index) => (height > 0 ? [[index, height]] : [])),
      [
        [0, 120],
        [24, 60],
        [47, 60],
      ],
    );
  });

  it('place moments on the line of their user, and escape foreign names', () => {
    const rows = [{ label: '<b>', timesMs: [0, 50, 100] }];
    const svg = timeline('failures', { fromMs: 0, toMs: 100 }, rows);
    const [first = 0, middle = 0, last = 0] = numbersOf(svg, /<circle[^>]* cx="([\d.]+)%"/g);
    assert.deepEqual([first, middle, last], [0, 50, 100]);
    assert.ok(svg.includes('&lt;b&gt;') && !svg.includes('<b>'));
  });
});
