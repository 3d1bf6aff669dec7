/** Formats output for people on a terminal, and for scripts when piped or with --json. */
import { styleText } from 'node:util';

type Style = 'bold' | 'green' | 'red' | 'yellow' | 'gray' | 'cyan';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly style?: (row: Row) => Style | undefined;
  /** Whether the column may wrap to fit the terminal's width, with others that may. */
  readonly flexible?: boolean;
}

/** Of a column that wraps. */
const LEAST_WIDTH = 12;

/** Colours text on a terminal only, and not if NO_COLOR is set (no-color.org). */
export function paint(style: Style | undefined, text: string): string {
  const plain = style === undefined || !process.stdout.isTTY || (process.env['NO_COLOR'] ?? '') !== '';
  return plain ? text : styleText(style as Style, text);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function printLine(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** Prints a table: aligned columns on a terminal, tab-separated values without a heading when piped. */
export function printTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
  const cells = rows.map((row) => columns.map(({ value }) => printable(value(row))));
  if (!process.stdout.isTTY) {
    for (const row of cells) printLine(row.join('\t'));
    return;
  }
  const widths = fitWidths(columns, cells, process.stdout.columns ?? 100);
  const print = (texts: readonly string[], style: (index: number) => Style | undefined): void => {
    const columnLines = texts.map((text, index) => broken(text, widths[index] as number));
    for (let line = 0; line < Math.max(...columnLines.map(({ length }) => length)); line++) {
      const parts = columnLines.map((lines, index) =>
        paint(style(index), (lines[line] ?? '').padEnd(widths[index] as number)),
      );
      printLine(parts.join('  ').trimEnd());
    }
  };
  print(
    columns.map(({ title }) => title),
    () => 'bold',
  );
  for (const [index, row] of rows.entries()) {
    print(cells[index] as string[], (column) => columns[column]?.style?.(row));
  }
}

/** Prints names and values in two columns. */
export function printPairs(pairs: readonly (readonly [string, string])[]): void {
  const width = Math.max(...pairs.map(([name]) => name.length));
  for (const [name, value] of pairs) {
    printLine(
      process.stdout.isTTY
        ? `${paint('bold', name.padEnd(width))}  ${printable(value)}`
        : `${name}\t${printable(value)}`,
    );
  }
}

/** Narrows the flexible columns, the widest first, until the table fits. */
function fitWidths<Row>(columns: readonly Column<Row>[], cells: readonly string[][], terminalWidth: number): number[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((row) => (row[index] as string).length)),
  );
  const flexible = [...columns.keys()].filter((index) => columns[index]?.flexible === true);
  let excess = widths.reduce((sum, width) => sum + width, 0) + 2 * (columns.length - 1) - terminalWidth;
  for (; excess > 0; excess--) {
    const widest = flexible.reduce<number | undefined>(
      (best, index) => (best === undefined || (widths[index] as number) > (widths[best] as number) ? index : best),
      undefined,
    );
    if (widest === undefined || (widths[widest] as number) <= LEAST_WIDTH) break;
    widths[widest] = (widths[widest] as number) - 1;
  }
  return widths;
}

/** Wraps text to lines of at most this width, between words if possible. */
function broken(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const end = space > 0 ? space : width;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

/** Escapes control characters, which a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Returns a handle as TPM programs write it. */
export function handleText(handle: number): string {
  return `0x${handle.toString(16).toUpperCase().padStart(8, '0')}`;
}
