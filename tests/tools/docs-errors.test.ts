import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { TBS_RESULTS } from '../../ts-core/domain/tbs-error.js';

interface PageTool {
  readonly PAGE_PATH: string;
  renderErrors(): string;
}

describe('the catalogue of errors', () => {
  let tool: PageTool;

  before(async () => {
    tool = await import(new URL('../../../tools/docs-errors.mjs', import.meta.url).href);
  });

  it('is what docs/errors.md lists', () => {
    assert.equal(readFileSync(tool.PAGE_PATH, 'utf8'), tool.renderErrors());
  });

  it('has the same codes as the C header', () => {
    const header = readFileSync(new URL('../../../native/libtbs/include/tbs_results.h', import.meta.url), 'utf8');
    const defined = new Map(
      [...header.matchAll(/#define\s+(\w+)\s+TPMTBS_RESULT\((0x[0-9A-Fa-f]+)\)/g)].map(([, symbol, code]) => [
        symbol,
        Number(code),
      ]),
    );
    assert.ok(defined.size > 20, `found ${defined.size}`);
    for (const [symbol, { code }] of Object.entries(TBS_RESULTS)) assert.equal(defined.get(symbol), code, symbol);
  });
});
