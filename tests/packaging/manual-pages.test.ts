import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../../ts-core/cli/exit-codes.js';
import { EXIT_CODES } from '../../ts-core/daemon/exit-codes.js';
import { POLICY_SETTING_NAMES } from '../../ts-core/domain/policy/setting-table.js';

interface CommandDefinition {
  readonly name: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, { readonly describe?: string }>>;
  readonly commands: readonly CommandDefinition[];
}

interface ConfigurationSection {
  readonly settings: readonly { readonly name: string }[];
}

const tool = (path: string) => import(new URL(`../../../${path}`, import.meta.url).href);
const EPOCH = 1_790_000_000;

async function manualPages(): Promise<Readonly<Record<string, string>>> {
  const { manualPages: render } = await tool('packaging/man/pages.mjs');
  return render(EPOCH);
}

/** The text of a page, without roff's escapes. */
function plain(page: string | undefined): string {
  assert.ok(page !== undefined);
  return page
    .replaceAll('\\-', '-')
    .replaceAll('\\e', '\\')
    .replace(/\\f[BR]/g, '');
}

/** Each command without commands below it, with the words that call it. */
function leaves(command: CommandDefinition, words = command.name): readonly [string, CommandDefinition][] {
  if (command.commands.length === 0) return [[words, command]];
  return command.commands.flatMap((each) => leaves(each, `${words} ${each.name}`));
}

describe('the manual pages', () => {
  it('tbs(1) has every command, every option and every exit code', async () => {
    const page = plain((await manualPages())['tbs.1']);
    const { readCommandLine } = await tool('packaging/man/command-line.mjs');
    const commands = leaves(readCommandLine() as CommandDefinition);
    assert.ok(commands.length > 20, `found ${commands.length}`);
    for (const [words, { options, summary }] of commands) {
      assert.ok(new RegExp(`^\\.SS ${words}(?: |$)`, 'm').test(page), words);
      assert.ok(page.includes(summary), words);
      for (const [name, { describe: meaning }] of Object.entries(options)) {
        assert.ok(page.includes(`.B --${name}`), `${words} --${name}`);
        assert.ok(meaning !== undefined, `${words} --${name} has no description`);
      }
    }
    for (const code of Object.values(EXIT)) assert.ok(page.includes(`.TP\n.B ${code}\n`), `exit code ${code}`);
  });

  it('tbsd(8) has every exit code and option', async () => {
    const page = plain((await manualPages())['tbsd.8']);
    for (const code of Object.values(EXIT_CODES)) assert.ok(page.includes(`.TP\n.B ${code}\n`), `exit code ${code}`);
    for (const option of ['--config FILE', '--help', '--version']) assert.ok(page.includes(`.B ${option}\n`), option);
  });

  it('tbsd.json(5) and policy(5) have every setting', async () => {
    const pages = await manualPages();
    const { configurationSections } = await tool('tools/docs-configuration.mjs');
    const settings = (configurationSections() as ConfigurationSection[]).flatMap((section) => section.settings);
    assert.ok(settings.length > 30, `found ${settings.length}`);
    for (const { name } of settings) assert.ok(plain(pages['tbsd.json.5']).includes(`.TP\n.B ${name}\n`), name);
    for (const name of POLICY_SETTING_NAMES) assert.ok(plain(pages['policy.5']).includes(`.TP\n.B ${name}\n`), name);
  });

  it('are formatted by groff without a warning', async function () {
    if (spawnSync('groff', ['--version']).status !== 0) {
      console.log('        (groff is not installed)');
      this.skip();
    }
    const folder = mkdtempSync(join(tmpdir(), 'tpmtbs-man-'));
    try {
      for (const [name, page] of Object.entries(await manualPages())) {
        writeFileSync(join(folder, name), page);
        const { stderr, status } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z', join(folder, name)], {
          encoding: 'utf8',
        });
        assert.deepEqual([status, stderr], [0, ''], name);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
