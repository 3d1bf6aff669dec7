import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { TBS_RESULTS } from '../../ts-core/domain/tbs-error.js';

interface PageTool {
  readonly PAGE_PATH: string;
  renderErrors(): string;
  errorIds(): Map<string, { readonly code: number; readonly errorId: string }>;
}

describe('the catalogue of errors', () => {
  let tool: PageTool;

  before(async () => {
    tool = await import(new URL('../../../tools/docs-errors.mjs', import.meta.url).href);
  });

  it('is what docs/errors.md lists', () => {
    assert.equal(readFileSync(tool.PAGE_PATH, 'utf8'), tool.renderErrors());
  });

  it('has the same symbols and codes as the PowerShell module, each with an ErrorId', () => {
    const ids = tool.errorIds();
    assert.ok(ids.size > 20);
    assert.deepEqual([...ids.keys()].sort(), Object.keys(TBS_RESULTS).sort());
    for (const [symbol, { code }] of ids) {
      assert.equal(code, TBS_RESULTS[symbol as keyof typeof TBS_RESULTS].code, symbol);
    }
    // What two ErrorIds mean is held to in tests/module/cmdlet-parity.test.ts.
    for (const { errorId } of ids.values()) assert.match(errorId, /^T(?:bs|pm)[A-Z]/);
  });

  it('has codes that the C header defines alike', () => {
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
