/** What `tbs top` shows, and what each key changes. Pure: effects are returned for the screen to carry out. */
import type { Resource } from '../../endpoints/rpc/protocol/resource.js';
import { PANEL_NAMES, type Panel, type PanelName, type PanelRow, type Subject } from './panels.js';

export type Overlay =
  | { readonly kind: 'none' }
  | { readonly kind: 'help' }
  | { readonly kind: 'filter' }
  | { readonly kind: 'confirmFlush'; readonly resource: Resource }
  | { readonly kind: 'explanation'; readonly lines: readonly string[] };

/** The selected row, and where it was when the user selected it, in case it is gone. Without an id: the first row. */
export interface Selection {
  readonly id: string | undefined;
  readonly index: number;
}

export interface TopState {
  readonly panel: PanelName;
  readonly selected: Readonly<Record<PanelName, Selection>>;
  readonly sortColumns: Readonly<Record<PanelName, number>>;
  readonly filter: string;
  readonly isPaused: boolean;
  readonly overlay: Overlay;
  /** The result of the last key, at the bottom of the screen. */
  readonly message: string;
}

const FIRST_ROW: Selection = { id: undefined, index: 0 };

export const INITIAL_STATE: TopState = {
  panel: 'commands',
  selected: { commands: FIRST_ROW, queue: FIRST_ROW, holders: FIRST_ROW, refusals: FIRST_ROW },
  sortColumns: { commands: 0, queue: 0, holders: 0, refusals: 0 },
  filter: '',
  isPaused: false,
  overlay: { kind: 'none' },
  message: '',
};

/** A key as the terminal reports it: a name for a special key, otherwise the typed text. */
export type Key =
  | { readonly name: 'up' | 'down' | 'tab' | 'backTab' | 'enter' | 'escape' | 'erase' }
  | { readonly name: 'text'; readonly text: string };

export type Effect =
  | { readonly kind: 'none' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'flush'; readonly resource: Resource }
  | { readonly kind: 'explain'; readonly subject: Subject };

export interface Step {
  readonly state: TopState;
  readonly effect: Effect;
}

const NO_EFFECT: Effect = { kind: 'none' };
const NO_OVERLAY: Overlay = { kind: 'none' };

/** Returns the index of the selected row, also after other rows have come and gone; -1 if there are no rows. */
export function selectedIndex({ id, index }: Selection, rows: readonly PanelRow[]): number {
  const found = id === undefined ? -1 : rows.findIndex((row) => row.id === id);
  return found === -1 ? Math.min(index, rows.length - 1) : found;
}

/** Returns the state after a key and what it causes. `panels` are those on the screen. */
export function pressed(state: TopState, key: Key, panels: Readonly<Record<PanelName, Panel>>): Step {
  switch (state.overlay.kind) {
    case 'filter':
      return { state: typedFilter(state, key), effect: NO_EFFECT };
    case 'confirmFlush': {
      const { resource } = state.overlay;
      const isYes = key.name === 'text' && key.text.toLowerCase() === 'y';
      const closed = { ...state, overlay: NO_OVERLAY, message: isYes ? 'Flushing …' : 'Nothing was flushed.' };
      return { state: closed, effect: isYes ? { kind: 'flush', resource } : NO_EFFECT };
    }
    case 'help':
    case 'explanation':
      if (key.name === 'text' && key.text === 'q') return { state, effect: { kind: 'quit' } };
      return { state: { ...state, overlay: NO_OVERLAY }, effect: NO_EFFECT };
    case 'none':
      return pressedOnPanels({ ...state, message: '' }, key, panels);
  }
}

function typedFilter(state: TopState, key: Key): TopState {
  switch (key.name) {
    case 'text':
      return { ...state, filter: state.filter + key.text };
    case 'erase':
      return { ...state, filter: state.filter.slice(0, -1) };
    case 'escape':
      return { ...state, filter: '', overlay: NO_OVERLAY };
    case 'enter':
      return { ...state, overlay: NO_OVERLAY };
    default:
      return state;
  }
}

function pressedOnPanels(state: TopState, key: Key, panels: Readonly<Record<PanelName, Panel>>): Step {
  const only = (changed: Partial<TopState>): Step => ({ state: { ...state, ...changed }, effect: NO_EFFECT });
  const panel = panels[state.panel];
  const index = selectedIndex(state.selected[state.panel], panel.rows);
  const subject = panel.rows[index]?.subject ?? { kind: 'none' };
  switch (key.name) {
    case 'tab':
      return only(focused(state, neighbour(state.panel, 1), panels));
    case 'backTab':
      return only(focused(state, neighbour(state.panel, -1), panels));
    case 'up':
    case 'down': {
      const moved = index + (key.name === 'up' ? -1 : 1);
      const bounded = Math.max(0, Math.min(moved, panel.rows.length - 1));
      return only({ selected: { ...state.selected, [state.panel]: selectionOf(panel, bounded) } });
    }
    case 'enter':
      if (subject.kind === 'command' || subject.kind === 'refusal') {
        return { state, effect: { kind: 'explain', subject } };
      }
      return only({ message: 'Select a refusal or a command to have it explained.' });
    case 'text':
      return pressedLetter(state, key.text, panels, subject);
    default:
      return only({});
  }
}

function pressedLetter(
  state: TopState,
  letter: string,
  panels: Readonly<Record<PanelName, Panel>>,
  subject: Subject,
): Step {
  const only = (changed: Partial<TopState>): Step => ({ state: { ...state, ...changed }, effect: NO_EFFECT });
  switch (letter) {
    case 'k':
      return pressedOnPanels(state, { name: 'up' }, panels);
    case 'j':
      return pressedOnPanels(state, { name: 'down' }, panels);
    case 'q':
      return { state, effect: { kind: 'quit' } };
    case 's': {
      const { columns } = panels[state.panel];
      const column = (state.sortColumns[state.panel] + 1) % columns.length;
      return only({
        sortColumns: { ...state.sortColumns, [state.panel]: column },
        message: `Sorted by ${columns[column]?.title}.`,
      });
    }
    case '/':
      return only({ overlay: { kind: 'filter' } });
    case 'p':
    case ' ':
      return only({ isPaused: !state.isPaused });
    case '?':
    case 'h':
      return only({ overlay: { kind: 'help' } });
    case 'f':
      if (subject.kind !== 'resource') return only({ message: 'Select an object or session to flush it (Tab, ↓).' });
      return only({ overlay: { kind: 'confirmFlush', resource: subject.resource } });
    default:
      return only({});
  }
}

/** Keeps the selected row of the panel selected when rows are inserted before it. */
function focused(state: TopState, name: PanelName, panels: Readonly<Record<PanelName, Panel>>): Partial<TopState> {
  const index = selectedIndex(state.selected[name], panels[name].rows);
  return { panel: name, selected: { ...state.selected, [name]: selectionOf(panels[name], Math.max(0, index)) } };
}

function selectionOf({ rows, followsFirst = false }: Panel, index: number): Selection {
  return followsFirst && index === 0 ? FIRST_ROW : { id: rows[index]?.id, index };
}

function neighbour(panel: PanelName, step: number): PanelName {
  const index = PANEL_NAMES.indexOf(panel) + step;
  return PANEL_NAMES[(index + PANEL_NAMES.length) % PANEL_NAMES.length] as PanelName;
}
