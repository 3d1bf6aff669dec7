/** The panels of `tbs top` as rows of text: what each shows, how it is sorted and filtered. */
import type { Event } from '../../endpoints/rpc/protocol/event.js';
import type { Resource } from '../../endpoints/rpc/protocol/resource.js';
import { handleText, printable } from '../output.js';
import type { Snapshot } from './broker-watch.js';
import { durationText, momentText } from './texts.js';

export const PANEL_NAMES = ['commands', 'queue', 'holders', 'refusals'] as const;
export type PanelName = (typeof PANEL_NAMES)[number];

export interface PanelColumn {
  readonly title: string;
  /** In characters; undefined: the width that the other columns leave. */
  readonly width?: number;
  readonly alignsRight?: boolean;
}

/** What a key does to the selected row. */
export type Subject =
  | { readonly kind: 'command'; readonly name: string }
  | { readonly kind: 'resource'; readonly resource: Resource }
  | { readonly kind: 'refusal'; readonly event: Event }
  | { readonly kind: 'none' };

export interface PanelRow {
  /** Identifies the row among those of its panel, in this snapshot and in later ones. */
  readonly id: string;
  readonly cells: readonly string[];
  /** What the filter finds besides the cells. */
  readonly alsoFoundBy?: string;
  /** The sort key of each column. Numbers are sorted in descending order, texts in ascending order. */
  readonly sortedBy: readonly (string | number)[];
  readonly isAlarming: boolean;
  readonly subject: Subject;
}

export interface Panel {
  readonly title: string;
  readonly columns: readonly PanelColumn[];
  readonly rows: readonly PanelRow[];
  /** Shown if there are no rows. */
  readonly emptyText: string;
  /** Whether the first row is selected, whichever it is, until the user selects another: the newest refusal. */
  readonly followsFirst?: boolean;
}

export interface PanelOptions {
  readonly filter: string;
  readonly sortColumns: Readonly<Record<PanelName, number>>;
}

/** Returns every panel with the rows that contain the filter, sorted by the chosen columns. */
export function panelsOf(snapshot: Snapshot, { filter, sortColumns }: PanelOptions): Record<PanelName, Panel> {
  const wanted = filter.toLowerCase();
  const prepared = (name: PanelName, panel: Panel): Panel => {
    const rows = wanted === '' ? [...panel.rows] : panel.rows.filter((row) => contains(row, wanted));
    const isAllHidden = rows.length === 0 && panel.rows.length > 0;
    return {
      ...panel,
      title: wanted === '' ? panel.title : `${panel.title}, ${rows.length} shown`,
      rows: rows.sort((left, right) => compared(left, right, sortColumns[name])),
      emptyText: isAllHidden ? `Nothing matches /${printable(filter)}` : panel.emptyText,
    };
  };
  return {
    commands: prepared('commands', commandsPanel(snapshot)),
    queue: prepared('queue', queuePanel(snapshot)),
    holders: prepared('holders', holdersPanel(snapshot)),
    refusals: prepared('refusals', refusalsPanel(snapshot)),
  };
}

function contains({ cells, alsoFoundBy = '' }: PanelRow, wanted: string): boolean {
  return [...cells, alsoFoundBy].some((text) => text.toLowerCase().includes(wanted));
}

function compared(left: PanelRow, right: PanelRow, column: number): number {
  const [first, second] = [left.sortedBy[column], right.sortedBy[column]];
  if (typeof first === 'number' && typeof second === 'number') return second - first;
  return String(first) < String(second) ? -1 : String(first) > String(second) ? 1 : 0;
}

function commandsPanel({ activity }: Snapshot): Panel {
  return {
    title: activity === null ? 'Commands' : `Commands ${activity.perSecond.toFixed(1)}/s`,
    columns: [
      { title: 'per s', width: 8, alignsRight: true },
      { title: 'mean ms', width: 9, alignsRight: true },
      { title: 'max ms', width: 9, alignsRight: true },
      { title: 'refused/s', width: 9, alignsRight: true },
      { title: 'command' },
    ],
    emptyText: activity === null ? 'Only administrators and observers see these figures.' : 'No commands.',
    rows: (activity?.commands ?? []).map(({ name, perSecond, meanMs, longestMs, unansweredPerSecond }) => ({
      id: name,
      cells: [
        perSecond.toFixed(1),
        durationText(meanMs),
        durationText(longestMs),
        unansweredPerSecond.toFixed(1),
        name,
      ],
      sortedBy: [perSecond, meanMs, longestMs, unansweredPerSecond, name],
      isAlarming: unansweredPerSecond > 0,
      subject: { kind: 'command', name },
    })),
  };
}

function queuePanel({ queue, status }: Snapshot): Panel {
  const waiting = queue?.waiting ?? [];
  return {
    title: `Queue ${waiting.reduce((sum, { count }) => sum + count, 0)}, about ${durationText(status.queue.estimatedWaitMs)} ms`,
    columns: [{ title: 'waiting', width: 8, alignsRight: true }, { title: 'priority', width: 9 }, { title: 'user' }],
    emptyText: queue === null ? 'Sandboxed apps do not see the queue.' : 'Nothing waits.',
    rows: waiting.map(({ userName, userKey, priority, count }) => ({
      id: `${priority} ${userKey}`,
      alsoFoundBy: userKey,
      cells: [`${count}`, priority, printable(userName ?? userKey)],
      sortedBy: [count, priority, userName ?? userKey],
      isAlarming: priority === 'aged',
      subject: { kind: 'none' },
    })),
  };
}

function holdersPanel({ resources, contexts }: Snapshot): Panel {
  const processes = new Map(contexts.map(({ contextId, processId }) => [contextId, processId]));
  return {
    title: `Held ${resources.length}`,
    columns: [
      { title: 'user', width: 14 },
      { title: 'kind', width: 16 },
      { title: 'handle', width: 10 },
      { title: 'where', width: 10 },
      { title: 'context' },
    ],
    emptyText: 'Nobody holds objects or sessions.',
    rows: resources.map((resource) => {
      const { id, userName, userKey, kind, virtualHandle, resident, contextId } = resource;
      const user = printable(userName ?? userKey);
      const handle = handleText(virtualHandle);
      const processId = contextId === null ? null : (processes.get(contextId) ?? null);
      const context = contextId === null ? '-' : `${contextId}${processId === null ? '' : ` (process ${processId})`}`;
      const where = resident ? 'in the TPM' : 'saved';
      return {
        id,
        cells: [user, kind, handle, where, context],
        alsoFoundBy: userKey,
        sortedBy: [user, kind, handle, where, contextId ?? 0],
        isAlarming: false,
        subject: { kind: 'resource', resource },
      };
    }),
  };
}

function refusalsPanel({ refusals, userNames, time }: Snapshot): Panel {
  const now = new Date(time);
  const today = now.toDateString();
  const rows = refusals.map((event) => {
    const { userKey = 'broker' } = event;
    return refusalRow(event, printable(userNames[userKey] ?? userKey), now, today);
  });
  return {
    title: `Refusals ${refusals.length}`,
    columns: [
      // Times on other days include the date, so the column may be wider.
      { title: 'time', width: Math.max(8, ...rows.map(({ cells }) => cells[0]?.length ?? 0)) },
      { title: 'user', width: 10 },
      { title: 'reason' },
    ],
    emptyText: 'Nothing was refused.',
    followsFirst: true,
    rows,
  };
}

interface RememberedRow {
  readonly row: PanelRow;
  /** What the row depends on besides its event. */
  readonly user: string;
  readonly today: string;
}

/** The rows of refusals, which hardly ever change, as long as the watch remembers the refusals. */
const rememberedRows = new WeakMap<Event, RememberedRow>();
let refusalsSeen = 0;

function refusalRow(event: Event, user: string, now: Date, today: string): PanelRow {
  const known = rememberedRows.get(event);
  if (known?.user === user && known.today === today) return known.row;
  // A number, because two refusals may have equal contents.
  const row = newRefusalRow(known?.row.id ?? `${refusalsSeen++}`, event, user, now);
  rememberedRows.set(event, { row, user, today });
  return row;
}

function newRefusalRow(id: string, event: Event, user: string, now: Date): PanelRow {
  const { time, userKey = '', message, repeated, details } = event;
  const reason = printable(repeated === undefined ? message : `${repeated.count} times: ${message}`);
  return {
    id,
    cells: [momentText(time, now), user, reason],
    // The text of a lockout does not name the command.
    alsoFoundBy: `${userKey} ${details['command'] ?? ''} ${details['result'] ?? ''}`,
    sortedBy: [Date.parse(time), user, reason],
    isAlarming: true,
    subject: { kind: 'refusal', event },
  };
}
