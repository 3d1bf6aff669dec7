/** The screen of `tbs top`: heading, panels, overlays and the bottom line, drawn with ink. */
import { Box, Text, useApp, useInput, useStdout } from 'ink';
import { useEffect, useRef, useState } from 'react';
import type { BrokerClient } from '../../client/broker-client.js';
import { handleText, printable } from '../output.js';
import type { BrokerWatch, Snapshot } from './broker-watch.js';
import { explain } from './explanation.js';
import { type HeadingLine, headingOf } from './heading.js';
import { PanelView } from './panel-view.js';
import { type PanelName, panelsOf } from './panels.js';
import { keysOf } from './top-keys.js';
import { dividedLines, panelRows, tooSmall } from './top-layout.js';
import { type Effect, INITIAL_STATE, pressed, selectedIndex, type TopState } from './top-state.js';

export interface TopScreenProps {
  readonly watch: BrokerWatch;
  readonly intervalSeconds: number;
  readonly hasColours: boolean;
}

const HELP = [
  'Tab, Shift+Tab  next and previous panel      up, down or k, j  select a row',
  'Enter           explain a refusal or a command, with what would lift a block',
  'f               flush the selected object or session, after a question',
  's               sort by the next column (marked *)',
  '/               show only rows that contain a text; Esc shows all again',
  'p, space        pause and go on              q, Ctrl+C         quit',
];
const KEYS = 'q quit  ? help  Tab panel  s sort  / filter  Enter explain  f flush  p pause';
const LONGEST_NAME = 20;

export function TopScreen({ watch, intervalSeconds, hasColours }: TopScreenProps) {
  const { exit } = useApp();
  const { columns, rows } = useTerminalSize();
  const [state, setState] = useState(INITIAL_STATE);
  // Several keys may arrive before the next drawing.
  const latest = useRef(state);
  const change = (next: TopState): void => {
    latest.current = next;
    setState(next);
  };
  const missingSize = tooSmall(columns, rows);
  const { snapshot, failure, refresh } = useSnapshots(watch, intervalSeconds, state.isPaused);

  const carryOut = async (effect: Effect): Promise<void> => {
    if (effect.kind === 'quit') exit();
    if (effect.kind !== 'flush' && effect.kind !== 'explain') return;
    try {
      const nameOf = (userKey: string): string => snapshot?.userNames[userKey] ?? userKey;
      const changes = await result(await watch.broker(), effect, nameOf);
      change({ ...latest.current, ...changes });
    } catch (error) {
      change({ ...latest.current, message: textOf(error) });
    }
    if (effect.kind === 'flush') refresh();
  };
  useInput((input, key) => {
    for (const each of keysOf(input, key)) {
      // Nothing is changed by keys on rows that nobody sees.
      if (snapshot === undefined || missingSize !== undefined) {
        if (each.name === 'text' && each.text === 'q') exit();
        continue;
      }
      const step = pressed(latest.current, each, panelsOf(snapshot, latest.current));
      change(step.state);
      void carryOut(step.effect);
    }
  });

  if (missingSize !== undefined) return <Text>{missingSize}</Text>;
  const panels = snapshot === undefined ? undefined : panelsOf(snapshot, state);
  const heading = snapshot === undefined ? [] : headingOf(snapshot);
  const trouble: HeadingLine[] = failure === undefined ? [] : [{ text: `No answer: ${failure}`, tone: 'bad' }];
  const headingLines = [...trouble, ...heading];
  // ink clears the whole terminal for output as high as the terminal, which flickers.
  const bodyHeight = rows - 1 - headingLines.length - 1;
  return (
    <Box flexDirection="column" width={columns} height={rows - 1}>
      {headingLines.map((line) => (
        <Text key={line.text} wrap="truncate" {...toneOf(line, hasColours)}>
          {line.text}
        </Text>
      ))}
      <Box flexDirection="column" height={bodyHeight}>
        {panels === undefined ? (
          <Text>{failure === undefined ? 'Asking the broker …' : 'Trying again …'}</Text>
        ) : (
          <Body {...{ state, panels, columns, hasColours, height: bodyHeight }} />
        )}
      </Box>
      <Text wrap="truncate">{bottomLine(state)}</Text>
    </Box>
  );
}

interface BodyProps {
  readonly state: TopState;
  readonly panels: ReturnType<typeof panelsOf>;
  readonly columns: number;
  readonly height: number;
  readonly hasColours: boolean;
}

function Body({ state, panels, columns, height, hasColours }: BodyProps) {
  if (state.overlay.kind === 'help' || state.overlay.kind === 'explanation') {
    const lines = state.overlay.kind === 'help' ? HELP : state.overlay.lines;
    return (
      <Box flexDirection="column" paddingX={1} height={height} overflowY="hidden">
        {/* An empty line needs a character to have a height. */}
        <Text wrap="wrap">{lines.map((line) => (line === '' ? ' ' : line)).join('\n')}</Text>
      </Box>
    );
  }
  const rows = panelRows(columns);
  const needed = rows.map((names) => Math.max(1, ...names.map((name) => panels[name].rows.length)) + 1);
  const focus = rows.findIndex((names) => names.includes(state.panel));
  const divided = dividedLines(height, needed, focus);
  return rows.map((names, index) => (
    <Box key={names[0]}>
      {names.map((name) => (
        <PanelView
          key={name}
          panel={panels[name]}
          hasFocus={state.panel === name}
          selected={selectedIndex(state.selected[name], panels[name].rows)}
          sortColumn={state.sortColumns[name]}
          visibleRows={(divided[index] as number) - 1}
          width={widthOf(name, names, columns)}
          hasColours={hasColours}
        />
      ))}
    </Box>
  ));
}

const QUEUE_WIDTH = 46;

function widthOf(name: PanelName, beside: readonly PanelName[], columns: number): number {
  if (beside.length === 1) return columns;
  return name === 'queue' ? QUEUE_WIDTH : columns - QUEUE_WIDTH;
}

async function result(
  broker: BrokerClient,
  effect: Extract<Effect, { kind: 'flush' | 'explain' }>,
  nameOf: (userKey: string) => string,
): Promise<Partial<TopState>> {
  if (effect.kind === 'explain') {
    return { overlay: { kind: 'explanation', lines: await explain(broker, effect.subject, nameOf) } };
  }
  const { removed } = await broker.call('resource/remove', { id: effect.resource.id });
  return { message: removed ? 'Flushed.' : 'It is not there any more.' };
}

function bottomLine({ overlay, filter, isPaused, message }: TopState): string {
  if (overlay.kind === 'filter') return `Filter: ${filter}_  (Enter: keep, Esc: show all)`;
  if (overlay.kind === 'confirmFlush') {
    const { kind, userName, userKey, virtualHandle, contextId } = overlay.resource;
    const user = printable(userName ?? userKey).slice(0, LONGEST_NAME);
    const where = contextId === null ? '' : `, context ${contextId}`;
    return `Flush ${kind} ${handleText(virtualHandle)} of ${user}${where}? y/n  Its user gets errors.`;
  }
  if (overlay.kind === 'help' || overlay.kind === 'explanation') return 'Any key: back  q quit';
  const notes = [isPaused ? 'PAUSED' : '', filter === '' ? '' : `filter: ${filter}`, message].filter(
    (note) => note !== '',
  );
  return notes.length === 0 ? KEYS : `${notes.join('  ')}  |  ${KEYS}`;
}

function toneOf({ tone }: HeadingLine, hasColours: boolean): { bold?: boolean; color?: string } {
  if (tone === 'plain') return {};
  if (!hasColours) return { bold: true };
  return { bold: true, color: tone === 'good' ? 'green' : tone === 'warning' ? 'yellow' : 'red' };
}

/** Takes a snapshot now and after each interval; if the broker does not answer, tries again. */
function useSnapshots(watch: BrokerWatch, intervalSeconds: number, isPaused: boolean) {
  const [snapshot, setSnapshot] = useState<Snapshot>();
  const [failure, setFailure] = useState<string>();
  const isAsking = useRef(false);
  const refresh = async (): Promise<void> => {
    if (isAsking.current) return;
    isAsking.current = true;
    try {
      setSnapshot(await watch.snapshot(Math.max(5, intervalSeconds)));
      setFailure(undefined);
    } catch (error) {
      setFailure(textOf(error));
    } finally {
      isAsking.current = false;
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: `refresh` differs at each drawing and does the same
  useEffect(() => {
    if (isPaused) return undefined;
    void refresh();
    const timer = setInterval(refresh, intervalSeconds * 1000);
    return () => clearInterval(timer);
  }, [isPaused, intervalSeconds]);
  return { snapshot, failure, refresh: () => void refresh() };
}

function useTerminalSize(): { readonly columns: number; readonly rows: number } {
  const { stdout } = useStdout();
  const [size, setSize] = useState({ columns: stdout.columns, rows: stdout.rows });
  useEffect(() => {
    const resized = (): void => setSize({ columns: stdout.columns, rows: stdout.rows });
    stdout.on('resize', resized);
    return () => void stdout.off('resize', resized);
  }, [stdout]);
  return size;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
