/** Tests that docs/wire-protocol.md and the C header match the endpoint. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TBS_RESULTS, TbsError, type TbsSymbol } from '../../../ts-core/domain/tbs-error.js';
import { readUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import { refusalResponse } from '../../../ts-core/domain/tpm/refusal-response.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { RESOURCE_MANAGER_LAYER, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import {
  FRAME_HEADER_BYTES,
  HIGHEST_VERSION,
  LOWEST_VERSION,
  MAX_REASON_BYTES,
  MAX_REQUEST_BYTES,
  MAX_RESPONSE_PAYLOAD_BYTES,
  Operation,
  SUBMIT_FIELDS_BYTES,
  VERSION_WITH_REASONS,
  WIRE_MAGIC,
} from '../../../ts-core/endpoints/wire/frame.js';
import { MAX_OUTSTANDING, MAX_UNSENT_BYTES } from '../../../ts-core/endpoints/wire/wire-session.js';
import { REPOSITORY } from '../../support/daemon.js';

const page = readFileSync(join(REPOSITORY, 'docs', 'wire-protocol.md'), 'utf8');
const header = readFileSync(join(REPOSITORY, 'native', 'client', 'wire_protocol.h'), 'utf8');

describe('docs/wire-protocol.md', () => {
  it('has the operations and their numbers', () => {
    const headings = [...page.matchAll(/^### (\d+) ([A-Z_]+)$/gm)].map(([, number, name]) => [name, Number(number)]);
    assert.deepEqual(Object.fromEntries(headings), Operation);
  });

  it('has the limits', () => {
    const limits = [MAX_REQUEST_BYTES, FRAME_HEADER_BYTES + MAX_RESPONSE_PAYLOAD_BYTES, MAX_UNSENT_BYTES];
    for (const limit of limits) assert.match(page, new RegExp(`\\b${limit}\\b`));
    assert.match(page, new RegExp(`has ${MAX_OUTSTANDING} requests in progress`));
  });

  it('has the TPM response of every refusal', () => {
    const rows = [...page.matchAll(/^\| (T\w+_E_\w+) (0x[0-9A-F]{8}) \| (0x\w+)? ?\| (0x\w+)? ?\|$/gm)];
    const listed = new Map(rows.map(([, symbol, result, tpm20, tpm12]) => [symbol, { result, tpm20, tpm12 }]));
    const otherwise = { '2.0': RESOURCE_MANAGER_LAYER | TPM_RC.FAILURE, '1.2': TPM_RESULT.FAIL };
    const [, locality20, locality12] = /for a locality .* \| (0x\w+) \| (0x\w+) \|$/m.exec(page) ?? [];
    const locality = new TbsError('TBS_E_BAD_PARAMETER', {
      details: { parameter: 'locality', locality: 1, highest: 0 },
    });
    assert.equal(readUint32(refusalResponse(locality, '2.0'), 6), Number(locality20));
    assert.equal(readUint32(refusalResponse(locality, '1.2'), 6), Number(locality12));
    assert.ok(listed.size >= 11, `${listed.size} rows`);
    for (const symbol of Object.keys(TBS_RESULTS) as TbsSymbol[]) {
      const row = listed.get(symbol);
      const codeOf = (version: TpmVersion) => readUint32(refusalResponse(new TbsError(symbol), version), 6);
      if (row !== undefined) assert.equal(Number(row.result), TBS_RESULTS[symbol].code, symbol);
      assert.equal(codeOf('2.0'), Number(row?.tpm20 ?? otherwise['2.0']), `${symbol}, TPM 2.0`);
      assert.equal(codeOf('1.2'), Number(row?.tpm12 ?? otherwise['1.2']), `${symbol}, TPM 1.2`);
    }
  });
});

describe('the C header of the wire protocol', () => {
  it('has the same operations', () => {
    const values = [...header.matchAll(/^ {4}WIRE_([A-Z_]+) = (\d+),$/gm)].map(([, name, value]) => [
      name,
      Number(value),
    ]);
    assert.deepEqual(Object.fromEntries(values), Operation);
  });

  it('has the same numbers', () => {
    const define = (name: string) => Number(new RegExp(`#define ${name} (0x[0-9a-f]+|\\d+)u`).exec(header)?.[1]);
    assert.equal(define('WIRE_HEADER_BYTES'), FRAME_HEADER_BYTES);
    assert.equal(define('WIRE_MAX_REQUEST_BYTES'), MAX_REQUEST_BYTES);
    assert.equal(define('WIRE_MAGIC'), WIRE_MAGIC);
    assert.equal(define('WIRE_VERSION'), HIGHEST_VERSION);
    assert.equal(define('WIRE_LOWEST_VERSION'), LOWEST_VERSION);
    assert.equal(define('WIRE_VERSION_WITH_REASONS'), VERSION_WITH_REASONS);
    assert.equal(define('WIRE_MAX_REASON_BYTES'), MAX_REASON_BYTES);
    assert.equal(define('WIRE_SUBMIT_FIELDS_BYTES'), SUBMIT_FIELDS_BYTES);
    assert.match(header, new RegExp(`WIRE_HEADER_BYTES \\+ ${MAX_RESPONSE_PAYLOAD_BYTES}u`));
  });
});
