import assert from 'node:assert/strict';
import { reportPage, reportTable, text, textRow, timeText } from '../../../ts-core/application/report/report-page.js';

/** A name that a user or a GPO may have, and that a browser must not interpret as markup. */
const HOSTILE = `<img src=x onerror="alert('1')">&amp;`;
const ESCAPED = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;';

describe('a page of a report', () => {
  it('shows text as text, wherever it comes from', () => {
    assert.equal(text(HOSTILE), ESCAPED);
    const page = reportPage(HOSTILE, reportTable(HOSTILE, [HOSTILE, 'plain'], [textRow([HOSTILE, 'plain'])]));
    assert.ok(!page.includes('<img'));
    assert.equal(page.split(ESCAPED).length - 1, 5, 'title, heading, label, column and cell');
  });

  it('contains its body as it is, once', () => {
    assert.equal(reportPage('Title', '<p>body</p>').split('<p>body</p>').length, 2);
  });

  it('loads nothing and runs nothing, so that it can be archived', () => {
    assert.doesNotMatch(reportPage('Title', ''), /<script|<link|src=|href=|url\(|@import/);
  });

  it('has a heading for every column, and its rows in order', () => {
    const table = reportTable('Users', ['name', 'failures'], [textRow(['alice', '1']), textRow(['bob', '2'])]);
    assert.equal(table.match(/<th scope="col">/g)?.length, 2);
    const rows = '<tr><td>alice</td><td>1</td></tr>\n<tr><td>bob</td><td>2</td></tr>';
    assert.ok(table.includes(`<tbody>\n${rows}\n</tbody>`));
  });

  it('gives times in UTC, to the second', () => {
    assert.equal(timeText(Date.UTC(2026, 0, 2, 3, 4, 5, 678)), '2026-01-02 03:04:05');
    assert.equal(timeText('2026-01-02T03:04:05.678Z'), '2026-01-02 03:04:05');
  });
});
