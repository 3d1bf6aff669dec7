import assert from 'node:assert/strict';
import type { Panel, PanelName, PanelRow, Subject } from '../../../ts-core/cli/top/panels.js';
import {
  type Effect,
  INITIAL_STATE,
  type Key,
  pressed,
  selectedIndex,
  type TopState,
} from '../../../ts-core/cli/top/top-state.js';
import type { Resource } from '../../../ts-core/endpoints/rpc/protocol/resource.js';

const RESOURCE: Resource = {
  ...{ id: 'r1', userKey: 'uid:1000', userName: 'alice', contextId: 1, resident: true },
  kind: 'transient',
  virtualHandle: 0x80000000,
};
const EVENT = { kind: 'commandRefused', time: '2026-01-01T12:00:00.000Z', message: 'no', details: {} } as const;

function row(subject: Subject, index: number): PanelRow {
  return { id: `${index}`, cells: ['a', 'b'], sortedBy: ['a', 'b'], isAlarming: false, subject };
}

function panel(...subjects: readonly Subject[]): Panel {
  return { title: 'P', columns: [{ title: 'first' }, { title: 'second' }], rows: subjects.map(row), emptyText: '' };
}

const PANELS: Readonly<Record<PanelName, Panel>> = {
  commands: panel({ kind: 'command', name: 'TPM2_Sign (0x15D)' }, { kind: 'command', name: 'TPM2_Clear (0x126)' }),
  queue: panel(),
  holders: panel({ kind: 'resource', resource: RESOURCE }),
  refusals: panel({ kind: 'refusal', event: EVENT }),
};

/** Presses keys one after the other: names of special keys in brackets, other characters as text. */
function press(
  keys: string,
  from: TopState = INITIAL_STATE,
  panels: Readonly<Record<PanelName, Panel>> = PANELS,
): { state: TopState; effect: Effect } {
  let state = from;
  let effect: Effect = { kind: 'none' };
  for (const [text, name] of keys.matchAll(/<(\w+)>|./g)) {
    const key = name === undefined ? { name: 'text', text } : { name };
    ({ state, effect } = pressed(state, key as Key, panels));
  }
  return { state, effect };
}

describe('the keys of tbs top', () => {
  it('move between the panels in both directions', () => {
    assert.equal(press('<tab>').state.panel, 'queue');
    assert.equal(press('<tab><tab><tab><tab>').state.panel, 'commands');
    assert.equal(press('<backTab>').state.panel, 'refusals');
  });

  it('select only rows that exist', () => {
    const selected = (keys: string, name: PanelName) =>
      selectedIndex(press(keys).state.selected[name], PANELS[name].rows);
    assert.equal(selected('<down>', 'commands'), 1);
    assert.equal(selected('jjjk', 'commands'), 0);
    assert.equal(selected('<up>', 'commands'), 0);
    assert.equal(selected('<tab><down>', 'queue'), -1);
  });

  it('keep the selected row while others arrive before it and leave', () => {
    const other: Resource = { ...RESOURCE, id: 'r2' };
    const resourceRows = (...resources: readonly Resource[]) => ({
      ...PANELS,
      holders: {
        ...PANELS.holders,
        rows: resources.map((resource) => ({ ...row({ kind: 'resource', resource }, 0), id: resource.id })),
      },
    });
    const { state } = press('<tab><tab>', INITIAL_STATE, resourceRows(RESOURCE));
    const asked = press('f', state, resourceRows(other, RESOURCE)).state.overlay;
    assert.deepEqual(asked, { kind: 'confirmFlush', resource: RESOURCE });
    const gone = press('f', state, resourceRows(other)).state.overlay;
    assert.deepEqual(gone, { kind: 'confirmFlush', resource: other }, 'the row at its place');
  });

  it('follow the newest refusal until another is selected', () => {
    const refusals = (...ids: readonly string[]) => ({
      ...PANELS,
      refusals: {
        ...PANELS.refusals,
        followsFirst: true,
        rows: ids.map((id) => ({ ...row({ kind: 'none' }, 0), id })),
      },
    });
    const at = (keys: string) => press(keys, INITIAL_STATE, refusals('b', 'a')).state.selected.refusals;
    const { rows } = refusals('c', 'b', 'a').refusals;
    assert.equal(selectedIndex(at('<backTab>'), rows), 0);
    assert.equal(selectedIndex(at('<backTab>j'), rows), 2);
    assert.equal(selectedIndex(at('<backTab>jk'), rows), 0);
  });

  it('sort by each column in turn', () => {
    assert.equal(press('s').state.sortColumns.commands, 1);
    assert.match(press('s').state.message, /second/);
    assert.equal(press('ss').state.sortColumns.commands, 0);
  });

  it('type a filter, during which letters are not commands', () => {
    assert.equal(press('/qs<enter>').state.filter, 'qs');
    assert.equal(press('/abc<erase>').state.filter, 'ab');
    const cleared = press('/abc<escape>').state;
    assert.deepEqual([cleared.filter, cleared.overlay.kind], ['', 'none']);
  });

  it('flush only the selected resource, and only after y', () => {
    assert.equal(press('f').state.overlay.kind, 'none');
    const asked = press('<tab><tab>f');
    assert.deepEqual([asked.state.overlay, asked.effect.kind], [{ kind: 'confirmFlush', resource: RESOURCE }, 'none']);
    assert.deepEqual(press('y', asked.state).effect, { kind: 'flush', resource: RESOURCE });
    for (const other of ['n', '<enter>', '<escape>', 'q']) {
      const { state, effect } = press(other, asked.state);
      assert.deepEqual([state.overlay.kind, effect.kind], ['none', 'none']);
    }
  });

  it('explain only a refusal or a command', () => {
    assert.deepEqual(press('<backTab><enter>').effect, { kind: 'explain', subject: { kind: 'refusal', event: EVENT } });
    assert.equal(press('<enter>').effect.kind, 'explain');
    assert.equal(press('<tab><tab><enter>').effect.kind, 'none');
  });

  it('leave the explanation and the help with any key, and the program with q', () => {
    const help = press('?').state;
    assert.equal(help.overlay.kind, 'help');
    assert.equal(press('x', help).state.overlay.kind, 'none');
    assert.equal(press('q', help).effect.kind, 'quit');
    assert.equal(press('q').effect.kind, 'quit');
  });

  it('pause and continue', () => {
    assert.equal(press('p').state.isPaused, true);
    assert.equal(press('p ').state.isPaused, false);
  });
});
