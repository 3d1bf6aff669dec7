import assert from 'node:assert/strict';
import yargs from 'yargs';
import { addCommands } from '../../ts-core/cli/main.js';
import { EXAMPLES, missingArguments } from '../../ts-core/cli/missing-argument.js';

/** The first line of the help: the command and its arguments. */
async function syntaxOf(words: readonly string[]): Promise<string> {
  return (await addCommands(yargs([...words]).scriptName('tbs')).getHelp()).split('\n', 1)[0] as string;
}

/** Every command that needs an argument, as words: `['policy', 'set']`. */
async function commandsWithArguments(words: readonly string[] = []): Promise<readonly (readonly string[])[]> {
  const help = await addCommands(yargs([...words]).scriptName('tbs')).getHelp();
  if (/^tbs [^\n]*</.test(help)) return [words];
  const path = ['tbs', ...words].join(' ');
  const below = [...help.matchAll(new RegExp(`^ {2}${path} ([a-z-]+)`, 'gm'))].map(([, name]) => name as string);
  // yargs' own command ends the process.
  const names = [...new Set(below)].filter((name) => name !== 'completion');
  const found = await Promise.all(names.map((name) => commandsWithArguments([...words, name])));
  return found.flat();
}

describe('arguments that a command lacks', () => {
  it('has an example for every command that needs arguments, and for no other', async () => {
    const commands = (await commandsWithArguments()).map((words) => `tbs ${words.join(' ')}`);
    assert.deepEqual(commands.sort(), Object.keys(EXAMPLES).sort());
  });

  it('gives examples that have the arguments', async () => {
    for (const [command, example] of Object.entries(EXAMPLES)) {
      const syntax = await syntaxOf(command.split(' ').slice(1));
      const needed = syntax.match(/<[^>]+>/g)?.length ?? 0;
      assert.ok(example.split(' ').length >= needed, `${command} ${example}`);
    }
  });

  it('names those that are missing, and leaves other messages alone', () => {
    const dsc = 'tbs dsc <resource> <operation>\n\nDoes it.';
    const both = missingArguments('arguments: 0 of 2', dsc);
    assert.equal(both?.message, '<resource> and <operation> are missing: tbs dsc <resource> <operation>');
    assert.equal(both.action, 'For example: tbs dsc policy get');
    assert.match(missingArguments('arguments: 1 of 2', dsc)?.message ?? '', /^<operation> is missing/);
    const list = missingArguments('arguments: 0 of 1', 'tbs policy set <setting..>');
    assert.equal(list?.message, '<setting> is missing: tbs policy set <setting..>');
    assert.equal(missingArguments('Unknown argument: x', dsc), undefined);
  });
});
