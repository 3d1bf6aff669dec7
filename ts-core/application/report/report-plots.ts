/**
 * Renders the plots of a report as SVG within the page. Each has a title that describes it to those who cannot see it.
 */
import { text, timeText } from './report-page.js';

const WIDTH = 720;
const ROW_HEIGHT = 22;
const LABEL_WIDTH = 150;
const PLOT_WIDTH = WIDTH - LABEL_WIDTH - 10;
const BAR_COUNT = 48;
const BAR_HEIGHT = 120;
const MAX_LABEL_CHARACTERS = 20;
const NAME_WIDTH = 260;
const LONGEST_BAR = WIDTH - NAME_WIDTH - 60;
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
  const height = rows.length * ROW_HEIGHT + 24;
  const xOf = (ms: number): number => LABEL_WIDTH + (PLOT_WIDTH * (ms - fromMs)) / Math.max(1, toMs - fromMs);
  const lines = rows.map(({ label, timesMs }, index) => {
    const y = index * ROW_HEIGHT + ROW_HEIGHT / 2;
    const dots = timesMs.map((ms) => `<circle class="dot" cx="${xOf(ms).toFixed(1)}" cy="${y}" r="5"/>`).join('');
    return `<text x="0" y="${y + 4}">${text(shortened(label))}</text><line class="axis" x1="${LABEL_WIDTH}" x2="${WIDTH - 10}" y1="${y}" y2="${y}"/>${dots}`;
  });
  return picture(title, height, `${lines.join('')}${axis(height - 6, { fromMs, toMs }, LABEL_WIDTH)}`);
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
  const step = (WIDTH - 40) / BAR_COUNT;
  const bars = counts.map((count, index) => {
    const height = (BAR_HEIGHT * count) / highest;
    const x = 40 + index * step;
    return `<rect class="bar" x="${x.toFixed(1)}" y="${(BAR_HEIGHT - height + 10).toFixed(1)}" width="${(step - 2).toFixed(1)}" height="${height.toFixed(1)}"/>`;
  });
  const scale = `<text x="0" y="20">${highest}</text><text x="0" y="${BAR_HEIGHT + 10}">0</text><line class="axis" x1="40" x2="${WIDTH}" y1="${BAR_HEIGHT + 10}" y2="${BAR_HEIGHT + 10}"/>`;
  return picture(title, BAR_HEIGHT + 34, `${bars.join('')}${scale}${axis(BAR_HEIGHT + 28, { fromMs, toMs }, 40)}`);
}

export interface CountedName {
  readonly name: string;
  readonly count: number;
}

/** Draws a bar for each name, as long as its count. */
export function barsByName(title: string, counted: readonly CountedName[]): string {
  const highest = Math.max(1, ...counted.map(({ count }) => count));
  const rows = counted.map(({ name, count }, index) => {
    const y = index * ROW_HEIGHT;
    const width = (LONGEST_BAR * count) / highest;
    const bar = `<rect class="bar" x="${NAME_WIDTH}" y="${y + 4}" width="${width.toFixed(1)}" height="14"/>`;
    const number = `<text x="${(NAME_WIDTH + width + 6).toFixed(1)}" y="${y + 15}">${count}</text>`;
    return `<text x="0" y="${y + 15}">${text(shortened(name, MAX_NAME_CHARACTERS))}</text>${bar}${number}`;
  });
  return picture(title, Math.max(1, counted.length) * ROW_HEIGHT, rows.join(''));
}

function picture(title: string, height: number, content: string): string {
  const label = text(title);
  return `<div class="plot" tabindex="0" role="region" aria-label="${label}"><svg role="img" viewBox="0 0 ${WIDTH} ${height}" aria-label="${label}">${content}</svg></div>\n`;
}

function axis(y: number, { fromMs, toMs }: TimeSpan, left: number): string {
  return `<text x="${left}" y="${y}">${timeText(fromMs)}</text><text x="${WIDTH}" y="${y}" text-anchor="end">${timeText(toMs)}</text>`;
}

function shortened(label: string, characters = MAX_LABEL_CHARACTERS): string {
  return label.length <= characters ? label : `${label.slice(0, characters - 1)}…`;
}
