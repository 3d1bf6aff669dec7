/** Translates ink's keyboard reports into keys. */
import type { Key as InkKey } from 'ink';
import type { Key } from './top-state.js';

const ESCAPE = '\u001b';
/** The characters of one key: an arrow, Shift+Tab, or a character. ink removes a leading escape character. */
const ONE_KEY = new RegExp(`(?:^\\[|${ESCAPE}[[O])([ABCDZ])|[\\s\\S]`, 'gu');

const ARROWS: Readonly<Record<string, Key>> = { A: { name: 'up' }, B: { name: 'down' }, Z: { name: 'backTab' } };

const CONTROLS: Readonly<Record<string, Key>> = {
  '\t': { name: 'tab' },
  '\r': { name: 'enter' },
  '\n': { name: 'enter' },
  [ESCAPE]: { name: 'escape' },
  '\u007f': { name: 'erase' },
  '\b': { name: 'erase' },
};

/** Returns the keys of one report. Keys that arrive together, as over a slow line, are reported as one text. */
export function keysOf(input: string, key: Partial<InkKey>): readonly Key[] {
  if (key.upArrow) return [{ name: 'up' }];
  if (key.downArrow) return [{ name: 'down' }];
  if (key.tab) return [{ name: key.shift ? 'backTab' : 'tab' }];
  if (key.return) return [{ name: 'enter' }];
  if (key.escape) return [{ name: 'escape' }];
  if (key.backspace || key.delete) return [{ name: 'erase' }];
  if (input === '' || key.ctrl || key.meta) return [];
  return [...input.matchAll(ONE_KEY)].flatMap(([text, arrow]) => {
    if (arrow !== undefined) return ARROWS[arrow] ?? [];
    const known = CONTROLS[text];
    if (known !== undefined) return known;
    return /\p{Cc}/u.test(text) ? [] : { name: 'text', text };
  });
}
