/**
 * Renders the plots of a report as SVG within the page. Each has a title that describes it to those who cannot see it.
 *
 * Horizontal positions are percentages, and names stand above what they name, so that a plot is as wide as a phone or a
 * page while its text keeps its size.
 */
import { text, timeText } from './report-page.js';

const ROW_HEIGHT = 38;
/** Vertical positions within a row: the baseline of its name, and the middle of its dots or bar. */
const NAME_BASELINE = 14;
const MARK_MIDDLE = 26;
const AXIS_HEIGHT = 20;
const BAR_COUNT = 48;
const BAR_HEIGHT = 120;
/** The fraction of its period's width that a bar fills. */
const BAR_FILL = 0.85;
/** In percent; the rest is for the number behind the bar. */
const LONGEST_BAR = 85;
const MAX_NAME_CHARACTERS = 40;

export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface TimelineRow {
  readonly label: string;
  readonly timesMs: readonly number[];
}

/** Draws one line for each row, with a dot for each moment. */
export function timeline(title: string, { fromMs, toMs }: TimeSpan, rows: readonly TimelineRow[]): string {
  const height = rows.length * ROW_HEIGHT + AXIS_HEIGHT;
  const xOf = (ms: number): string => percent((ms - fromMs) / Math.max(1, toMs - fromMs));
  const lines = rows.map(({ label, timesMs }, index) => {
    const y = index * ROW_HEIGHT + MARK_MIDDLE;
    const dots = timesMs.map((ms) => `<circle class="dot" cx="${xOf(ms)}" cy="${y}" r="5"/>`).join('');
    return `${nameText(index, label)}<line class="axis" x1="0" x2="100%" y1="${y}" y2="${y}"/>${dots}`;
  });
  return picture(title, height, `${lines.join('')}${axis(height - 6, { fromMs, toMs })}`);
}

/** Draws a bar for each of several equal periods, as high as the number of moments in it. */
export function barsOverTime(title: string, { fromMs, toMs }: TimeSpan, timesMs: readonly number[]): string {
  const counts = new Array<number>(BAR_COUNT).fill(0);
  for (const ms of timesMs) {
    const bar = Math.floor((BAR_COUNT * (ms - fromMs)) / Math.max(1, toMs - fromMs));
    const index = Math.min(BAR_COUNT - 1, Math.max(0, bar));
    counts[index] = (counts[index] as number) + 1;
  }
  const highest = Math.max(1, ...counts);
  const top = 20;
  const bottom = top + BAR_HEIGHT;
  const bars = counts.map((count, index) => {
    const height = (BAR_HEIGHT * count) / highest;
    return `<rect class="bar" x="${percent(index / BAR_COUNT)}" y="${(bottom - height).toFixed(1)}" width="${percent(BAR_FILL / BAR_COUNT)}" height="${height.toFixed(1)}"/>`;
  });
  const scale = `<text x="0" y="${NAME_BASELINE}">highest bar: ${highest}</text><line class="axis" x1="0" x2="100%" y1="${bottom}" y2="${bottom}"/>`;
  const height = bottom + AXIS_HEIGHT;
  return picture(title, height, `${scale}${bars.join('')}${axis(height - 4, { fromMs, toMs })}`);
}

export interface CountedName {
  readonly name: string;
  readonly count: number;
}

/** Draws a bar for each name, as long as its count. */
export function barsByName(title: string, counted: readonly CountedName[]): string {
  const highest = Math.max(1, ...counted.map(({ count }) => count));
  const rows = counted.map(({ name, count }, index) => {
    const width = (LONGEST_BAR * count) / highest / 100;
    const y = index * ROW_HEIGHT + MARK_MIDDLE;
    const bar = `<rect class="bar" x="0" y="${y - 7}" width="${percent(width)}" height="14"/>`;
    const number = `<text x="${percent(width)}" dx="6" y="${y + 4}">${count}</text>`;
    return `${nameText(index, name)}${bar}${number}`;
  });
  return picture(title, Math.max(1, counted.length) * ROW_HEIGHT, rows.join(''));
}

function picture(title: string, height: number, content: string): string {
  return `<svg role="img" height="${height}" aria-label="${text(title)}">${content}</svg>\n`;
}

function nameText(row: number, name: string): string {
  return `<text x="0" y="${row * ROW_HEIGHT + NAME_BASELINE}">${text(shortened(name))}</text>`;
}

function axis(y: number, { fromMs, toMs }: TimeSpan): string {
  return `<text x="0" y="${y}">${timeText(fromMs)}</text><text x="100%" y="${y}" text-anchor="end">${timeText(toMs)}</text>`;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(2)}%`;
}

function shortened(name: string): string {
  return name.length <= MAX_NAME_CHARACTERS ? name : `${name.slice(0, MAX_NAME_CHARACTERS - 1)}…`;
}
