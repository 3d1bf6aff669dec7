/**
 * Writes docs/errors.md from the table of results.
 *
 *   npx tsc -p tsconfig.json && node tools/docs-errors.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { TBS_RESULTS, TbsError } from '../build/ts-core/domain/tbs-error.js';
import { refusalResponse } from '../build/ts-core/domain/tpm/refusal-response.js';
import { pageWithParts } from './page-parts.mjs';

export const PAGE_PATH = fileURLToPath(new URL('../docs/errors.md', import.meta.url));
const RESULTS_HEADER = [
  '| symbol | result code | ErrorId | TPM 2.0 response | TPM 1.2 response | meaning | what to do |',
  '|---|---|---|---|---|---|---|',
];
const RESULT_TABLE = new URL('../module/src/Client/TbsResults.cs', import.meta.url);

function hexadecimal(code) {
  return `0x${code.toString(16).toUpperCase().padStart(8, '0')}`;
}

/** Returns the PowerShell ErrorId of each symbol, from the module's own table. */
export function errorIds() {
  const rows = readFileSync(RESULT_TABLE, 'utf8').matchAll(
    /^\s+\["(\w+)"\] = new\((0x[0-9A-Fa-f]+), "(\w+)", ErrorCategory\.(\w+)\)/gm,
  );
  return new Map([...rows].map(([, symbol, code, errorId]) => [symbol, { code: Number(code), errorId }]));
}

function responseCode(symbol, version) {
  const bytes = refusalResponse(new TbsError(symbol), version);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(6);
}

/** Returns the whole page. */
export function renderErrors() {
  const ids = errorIds();
  const rows = Object.entries(TBS_RESULTS).map(([symbol, { code, message, action }]) => {
    const cells = [
      `\`${symbol}\``,
      hexadecimal(code),
      `\`${ids.get(symbol)?.errorId ?? ''}\``,
      hexadecimal(responseCode(symbol, '2.0')),
      `0x${responseCode(symbol, '1.2').toString(16).toUpperCase()}`,
      message,
      action,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return pageWithParts(PAGE_PATH, { results: [...RESULTS_HEADER, ...rows].join('\n') });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(PAGE_PATH, renderErrors());
