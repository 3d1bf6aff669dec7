/**
 * Writes docs/errors.md from the catalogue of results.
 *
 *   npx tsc -p tsconfig.json && node tools/docs-errors.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { TBS_RESULTS, TbsError } from '../build/ts-core/domain/tbs-error.js';
import { refusalResponse } from '../build/ts-core/domain/tpm/refusal-response.js';

export const PAGE_PATH = fileURLToPath(new URL('../docs/errors.md', import.meta.url));
const RESULT_TABLE = new URL('../module/src/Client/TbsResults.cs', import.meta.url);

function hexadecimal(code) {
  return `0x${code.toString(16).toUpperCase().padStart(8, '0')}`;
}

/** The PowerShell ErrorId of each symbol, as the module's own table has it. */
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

/** The whole page. */
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
  return PAGE.replace('%ROWS%', rows.join('\n'));
}

const PAGE = `<!-- Written by tools/docs-errors.mjs from ts-core/domain/tbs-error.ts; do not edit. -->
# Errors

Whatever the broker refuses, it says why: a symbol and result code of Windows' TBS, a message with the facts of this
case, and what to do. The same result reaches every kind of caller in its own form:

- **PowerShell**: an ErrorRecord with the ErrorId below, the exception's \`ResultCode\` and \`Symbol\`, and
  \`ErrorDetails.RecommendedAction\`.
- **JSON-RPC**: \`error.code\` is the result code as a signed 32-bit number, \`error.data\` has \`symbol\`, \`resultCode\`
  (unsigned), \`action\` and \`details\`. Codes -32xxx are faults of the protocol only.
- **\`tbs\`**: standard error, \`tbs: SYMBOL: message\`, and the action on the next line.
- **libtbs**: the result code.
- **Byte-level clients** (the TCTI, simulator endpoints): a TPM response with the code of the last two columns.

An answer of the TPM is not an error of the broker: the submission succeeds, and the code is in the response.

| symbol | result code | ErrorId | TPM 2.0 response | TPM 1.2 response | meaning | what to do |
|---|---|---|---|---|---|---|
%ROWS%
`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(PAGE_PATH, renderErrors());
