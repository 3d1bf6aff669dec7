/** Tests the machine's report from a real broker in a real browser. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { ALICE, BOB, canBecomeOthers, connectAs } from '../support/as-user.js';
import { REPOSITORY, TestDaemon } from '../support/daemon.js';
import { RpcFailure } from '../support/rpc-client.js';
import { run } from '../support/run-program.js';
import {
  CLEAR_20,
  createPrimaryEcc,
  dictionaryAttackParameters,
  handleIn,
  SIGNING_KEY,
  signWith,
} from '../support/tpm20-commands.js';

/** Debian's package chromium. */
const CHROMIUM = '/usr/bin/chromium';
const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 780 } };

/** For the page: each part of a plot that is not in sight as a whole, and text that is too small to read. */
const OUT_OF_SIGHT = `[...document.querySelectorAll('svg, svg *')].flatMap((part) => {
  const { left, right } = part.getBoundingClientRect();
  const isCut = left < 0 || right > document.documentElement.clientWidth;
  const isTiny = part.localName === 'text' && part.getBoundingClientRect().height < 11;
  return isCut || isTiny ? [part.localName + ' ' + part.textContent + ' ' + left + ' to ' + right] : [];
})`;
/** Tables may scroll by themselves; nothing else does. */
const SCROLLS = `[...document.querySelectorAll('body *:not(.scroll)')]
  .filter(({ scrollWidth, clientWidth }) => clientWidth > 0 && scrollWidth > clientWidth)
  .map(({ outerHTML }) => outerHTML.slice(0, 80))`;

describe('the report of a machine', function () {
  this.timeout(120_000);
  let daemon: TestDaemon;
  let folder: string;
  let file: string;

  before(async function () {
    // Only root can act as other users.
    if (!canBecomeOthers()) this.skip();
    daemon = await TestDaemon.start({
      configuration: { observerUsers: [BOB.uid] },
      policy: { '10-lockout.json': { standardUserAuthorizationFailureIndividualThreshold: 2 } },
    });
    folder = await mkdtemp(join(tmpdir(), 'report-'));
    file = join(folder, 'report.html');
    await lockAliceOut(daemon);
    const { code, stderr } = await run('node', ['bin/tbs.js', '--socket', daemon.rpcSocket, 'report', file]);
    assert.deepEqual([code, stderr], [0, ''], REPOSITORY);
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  it('is only for administrators and observers', async () => {
    const bob = await connectAs(BOB, daemon.rpcSocket);
    const { html } = await bob.call<{ html: string }>('report/get');
    assert.match(html, /locked out until/);
    const alice = await connectAs(ALICE, daemon.rpcSocket);
    await assert.rejects(
      alice.call('report/get'),
      (error) => error instanceof RpcFailure && error.data.symbol === 'TBS_E_ACCESS_DENIED',
    );
    for (const client of [alice, bob]) client.close();
  });

  describe('in a browser', () => {
    let browser: Browser;

    before(async function () {
      if (!existsSync(CHROMIUM)) this.skip();
      browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    });
    after(() => browser?.close());

    async function withPage(options: BrowserContextOptions, look: (page: Page) => Promise<void>): Promise<void> {
      const context = await browser.newContext(options);
      try {
        const page = await context.newPage();
        const asked: string[] = [];
        page.on('request', (request) => asked.push(request.url()));
        await page.goto(`file://${file}`);
        await look(page);
        assert.deepEqual(asked, [`file://${file}`], 'the page requests nothing else');
      } finally {
        await context.close();
      }
    }

    it('shows who is locked out, what was refused and why, and what each class may send', async () => {
      await withPage({}, async (page) => {
        const shown = (await page.locator('main').textContent()) ?? '';
        for (const part of [
          'uid:61001',
          'locked out until',
          'TPM2_Clear (0x126) is blocked',
          'Measured boot',
          'TPM2_GetRandom',
        ]) {
          assert.ok(shown.includes(part), part);
        }
        assert.ok((await page.locator('svg circle').count()) >= 2, 'the failures on the timeline');
        assert.ok((await page.locator('svg rect').count()) > 48, 'the refusals over time');
      });
    });

    for (const colorScheme of ['light', 'dark'] as const) {
      it(`passes axe-core without findings, in ${colorScheme}, on a desktop and on a phone`, async () => {
        for (const size of [{}, PHONE]) {
          await withPage({ ...size, colorScheme }, async (page) => {
            await page.evaluate(axe.source);
            const { violations } = (await page.evaluate('axe.run()')) as { violations: { id: string; help: string }[] };
            assert.deepEqual(
              violations.map(({ id, help }) => `${id}: ${help}`),
              [],
            );
          });
        }
      });
    }

    it('needs no horizontal scrolling on a phone, and can be printed', async () => {
      await withPage(PHONE, async (page) => {
        const widths = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
        assert.equal(await page.evaluate(widths), 0);
        assert.deepEqual(await page.evaluate(OUT_OF_SIGHT), []);
        assert.deepEqual(await page.evaluate(SCROLLS), []);
        await page.emulateMedia({ media: 'print' });
        const pdf = await page.pdf({ format: 'A4' });
        assert.ok(pdf.length > 10_000);
      });
    });
  });
});

async function lockAliceOut(daemon: TestDaemon): Promise<void> {
  const root = await daemon.connect();
  // A new software TPM locks itself after three wrong guesses.
  await root.submit(await root.open(), dictionaryAttackParameters(100));
  root.close();
  const alice = await connectAs(ALICE, daemon.rpcSocket);
  const contextId = await alice.open();
  const key = handleIn(await alice.submit(contextId, createPrimaryEcc('right', SIGNING_KEY.noDa)));
  for (let count = 0; count < 3; count++) {
    await alice.submit(contextId, signWith(key, 'wrong')).catch(() => undefined);
    await alice.submit(contextId, CLEAR_20).catch(() => undefined);
  }
  alice.close();
}
