/** How the lines of the terminal are divided among the panels, and which rows of a panel are in sight. */
import { PANEL_NAMES, type PanelName } from './panels.js';

/** From this width, the queue and the holders stand beside the commands. */
const WIDE_COLUMNS = 130;

/**
 * The size in which every panel shows at least one row, below five lines at the top (`headingOf`, and that there is no
 * answer) and above the line with the keys.
 */
const LEAST_COLUMNS = 60;
const LEAST_ROWS = 20;

/** Returns what a terminal that is too small for the panels shows instead, in one line; undefined if it is not. */
export function tooSmall(columns: number, rows: number): string | undefined {
  if (columns >= LEAST_COLUMNS && rows >= LEAST_ROWS) return undefined;
  const [least, size] = [`${LEAST_COLUMNS}x${LEAST_ROWS}`, `${columns}x${rows}`];
  const texts = [
    `tbs top needs at least ${least}; this terminal has ${size}`,
    `tbs top needs ${least}; this is ${size}`,
    `needs ${least}, has ${size}`,
    `needs ${least}`,
  ];
  return texts.find(({ length }) => length <= columns) ?? least.slice(0, columns);
}

/** Panels that share lines stand beside each other. */
export function panelRows(columns: number): readonly (readonly PanelName[])[] {
  return columns >= WIDE_COLUMNS
    ? [['commands', 'queue'], ['holders'], ['refusals']]
    : PANEL_NAMES.map((name) => [name]);
}

/**
 * Returns how many rows each line of panels shows below its heading. Each gets as many as it needs, up to an equal
 * share. The remaining rows go to the panel with the focus, and then to panels that have more rows.
 */
export function dividedLines(lines: number, needed: readonly number[], focus: number): readonly number[] {
  const free = Math.max(needed.length, lines - needed.length);
  const share = Math.floor(free / needed.length);
  const divided = needed.map((rows) => Math.max(1, Math.min(rows, share)));
  let left = free - divided.reduce((sum, rows) => sum + rows, 0);
  for (const index of [focus, ...needed.keys()]) {
    const more = Math.max(0, Math.min(left, (needed[index] as number) - (divided[index] as number)));
    divided[index] = (divided[index] as number) + more;
    left -= more;
  }
  return divided;
}

/** Returns the index of the first visible row, so that the selected row is in sight. */
export function firstVisible(selected: number, rows: number, visible: number): number {
  const centred = selected - Math.floor(visible / 2);
  return Math.max(0, Math.min(centred, rows - visible));
}
