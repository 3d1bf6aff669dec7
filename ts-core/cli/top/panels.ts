/** The panels of `tbs top` as rows of text: what each shows, how it is sorted and filtered. */
import type { Event } from '../../endpoints/rpc/protocol/event.js';
import type { Resource } from '../../endpoints/rpc/protocol/resource.js';
import { printable } from '../output.js';
import type { Snapshot } from './broker-watch.js';

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
  readonly cells: readonly string[];
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
}

export interface PanelOptions {
  readonly filter: string;
  readonly sortColumns: Readonly<Record<PanelName, number>>;
}

/** Returns every panel with the rows that contain the filter, sorted by the chosen columns. */
export function panelsOf(snapshot: Snapshot, { filter, sortColumns }: PanelOptions): Record<PanelName, Panel> {
  const wanted = filter.toLowerCase();
  const prepared = (name: PanelName, panel: Panel): Panel => ({
    ...panel,
    rows: panel.rows
      .filter(({ cells }) => cells.some((cell) => cell.toLowerCase().includes(wanted)))
      .sort((left, right) => compared(left, right, sortColumns[name])),
  });
  return {
    commands: prepared('commands', commandsPanel(snapshot)),
    queue: prepared('queue', queuePanel(snapshot)),
    holders: prepared('holders', holdersPanel(snapshot)),
    refusals: prepared('refusals', refusalsPanel(snapshot)),
  };
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
      const { userName, userKey, kind, virtualHandle, resident, contextId } = resource;
      const user = printable(userName ?? userKey);
      const handle = `0x${virtualHandle.toString(16).toUpperCase().padStart(8, '0')}`;
      const processId = contextId === null ? null : (processes.get(contextId) ?? null);
      const context = contextId === null ? '-' : `${contextId}${processId === null ? '' : ` (process ${processId})`}`;
      const where = resident ? 'in the TPM' : 'saved';
      return {
        cells: [user, kind, handle, where, context],
        sortedBy: [user, kind, handle, where, contextId ?? 0],
        isAlarming: false,
        subject: { kind: 'resource', resource },
      };
    }),
  };
}

function refusalsPanel({ refusals }: Snapshot): Panel {
  return {
    title: `Refusals ${refusals.length}`,
    columns: [{ title: 'time', width: 8 }, { title: 'user', width: 10 }, { title: 'reason' }],
    emptyText: 'Nothing was refused.',
    rows: refusals.map((event) => {
      const { time, userKey = 'broker', message, repeated } = event;
      const reason = printable(repeated === undefined ? message : `${repeated.count} times: ${message}`);
      return {
        cells: [clockTime(time), userKey, reason],
        sortedBy: [Date.parse(time), userKey, reason],
        isAlarming: true,
        subject: { kind: 'refusal', event },
      };
    }),
  };
}

/** Returns the local time of day, to compare with a clock on the wall. */
export function clockTime(time: string): string {
  return new Date(time).toTimeString().slice(0, 8);
}

export function durationText(milliseconds: number): string {
  return milliseconds.toFixed(milliseconds < 10 ? 2 : milliseconds < 100 ? 1 : 0);
}
