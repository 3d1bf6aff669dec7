import assert from 'node:assert/strict';
import { handleText, printTable } from '../../ts-core/cli/output.js';
import { printedOnTerminal } from '../support/fake-terminal.js';

describe('a table on a terminal', () => {
  const [long, longer] = ['one '.repeat(15).trim(), 'two '.repeat(30).trim()];
  const table = (terminalWidth: number, flexible = true) =>
    printedOnTerminal(terminalWidth, () =>
      printTable(
        [[long, 'x', longer]],
        [0, 1, 2].map((index) => ({
          title: `T${index}`,
          value: (row: readonly string[]) => row[index] as string,
          flexible: flexible && index !== 1,
        })),
      ),
    );

  it('wraps every column that may wrap until the table fits', async () => {
    for (const width of [40, 80, 120]) {
      const lines = await table(width);
      assert.ok(
        lines.every((line) => line.length <= width),
        lines.join('\n'),
      );
      const words = lines.join(' ').match(/one|two/g);
      assert.equal(words?.length, 45);
    }
  });

  it('does not wrap what fits, and what may not wrap', async () => {
    for (const lines of [await table(300), await table(40, false)]) assert.equal(lines.length, 3);
  });
});

describe('a handle', () => {
  it('has eight digits', () => {
    assert.equal(handleText(0x80000002), '0x80000002');
    assert.equal(handleText(2), '0x00000002');
  });
});
