/** Tests JSON-RPC 2.0: the meaning of each kind of message, with the specification's own examples and others. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  JsonTexts,
  MAX_DEPTH,
  PARSE_ERROR,
  readMessage,
  resultReply,
} from '../../../ts-core/endpoints/rpc/json-rpc.js';

function read(text: string | Uint8Array) {
  return readMessage(Buffer.from(text));
}

function only(text: string | Uint8Array) {
  const { parts } = read(text);
  assert.equal(parts.length, 1);
  const [part] = parts;
  assert.ok(part !== undefined);
  return part;
}

function faultOf(text: string | Uint8Array) {
  const part = only(text);
  assert.ok(part.kind === 'fault', part.kind);
  return { id: part.id, code: part.error.code };
}

describe('a JSON-RPC message', () => {
  for (const id of ['1', '"one"', '""', 'null', '1.5', '-7', '9007199254740991', '1e3']) {
    it(`is a call with the id ${id}`, () => {
      const part = only(`{"jsonrpc":"2.0","id":${id},"method":"device/get"}`);
      assert.deepEqual(part, { kind: 'call', call: { id: JSON.parse(id), method: 'device/get', params: undefined } });
    });
  }

  it('is a notification without an id', () => {
    const part = only('{"jsonrpc":"2.0","method":"x","params":{"a":1}}');
    assert.deepEqual(part, { kind: 'call', call: { id: undefined, method: 'x', params: { a: 1 } } });
  });

  it('is ignored when it is a response', () => {
    for (const text of ['{"jsonrpc":"2.0","id":1,"result":{}}', '{"jsonrpc":"2.0","id":null,"error":{"code":1}}'])
      assert.equal(only(text).kind, 'response');
  });

  const invalid: { text: string; id: number | null }[] = [
    { text: '{"jsonrpc":"2.0","id":1,"method":1,"params":"bar"}', id: 1 },
    { text: '{"jsonrpc":"2.0","id":1,"method":7}', id: 1 },
    { text: '{"jsonrpc":"2.0","method":7}', id: null },
    { text: '{"jsonrpc":"2.0","id":1}', id: 1 },
    { text: '{"jsonrpc":"1.0","id":1,"method":"x"}', id: 1 },
    { text: '{"id":1,"method":"x"}', id: 1 },
    { text: '{"jsonrpc":"2.0","id":1,"method":"x","params":"bar"}', id: 1 },
    { text: '{"jsonrpc":"2.0","id":1,"method":"x","params":null}', id: 1 },
    { text: '{"jsonrpc":"2.0","id":{},"method":"x"}', id: null },
    { text: '{"jsonrpc":"2.0","id":[1],"method":"x"}', id: null },
    { text: '{"jsonrpc":"2.0","id":true,"method":"x"}', id: null },
    { text: '{"jsonrpc":"2.0","id":1e999,"method":"x"}', id: null },
    { text: '{"jsonrpc":"2.0","id":12345678901234567890,"method":"x"}', id: null },
    { text: '1', id: null },
    { text: 'null', id: null },
    { text: '"text"', id: null },
    { text: '[]', id: null },
  ];
  for (const { text, id } of invalid) {
    it(`is an invalid request: ${text}`, () => assert.deepEqual(faultOf(text), { id, code: -32600 }));
  }

  for (const [name, bytes] of [
    ['no JSON', '{]'],
    ['nothing', ''],
    ['half a batch', '[{"jsonrpc":"2.0","id":1,"method":"x"},'],
    ['no UTF-8', Buffer.from('22ff22', 'hex')],
  ] as const) {
    it(`is a parse error if it is ${name}`, () => assert.deepEqual(faultOf(bytes), { id: null, code: -32700 }));
  }

  it('is refused if it is nested too deeply, before anything is built from it', () => {
    assert.deepEqual(faultOf('['.repeat(12_000) + ']'.repeat(12_000)), { id: null, code: -32700 });
    assert.deepEqual(faultOf(`{"a":${'[{"b":'.repeat(6_000)}`), { id: null, code: -32700 });
    const nested = `${'['.repeat(MAX_DEPTH - 1)}${']'.repeat(MAX_DEPTH - 1)}`;
    assert.equal(only(`{"jsonrpc":"2.0","id":1,"method":"x","params":${nested}}`).kind, 'call');
    const brackets = JSON.stringify(`${'['.repeat(100)}"\\${'{'.repeat(100)}`);
    assert.equal(
      only(`{"jsonrpc":"2.0","id":${brackets},"method":"x"}`).kind,
      'call',
      'brackets in a text do not count',
    );
  });

  it('is refused if it has too many values for its sender, before anything is built from it', () => {
    const commas = (count: number): Buffer =>
      Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"x","params":[${Array(count).fill('",[,"').join(',')}]}`);
    // Beside these: five of the message and its list.
    const [most, more] = [commas(95), commas(96)];
    assert.equal(readMessage(most, 100).parts[0]?.kind, 'call');
    assert.deepEqual(readMessage(more, 100).parts, [
      { kind: 'fault', id: null, error: { code: PARSE_ERROR, message: 'The message has more than 100 values.' } },
    ]);
    assert.equal(readMessage(more).parts[0]?.kind, 'call', 'without a limit');
  });

  it('is a batch of its parts, each judged separately', () => {
    const { parts, isBatch } = read(
      '[{"jsonrpc":"2.0","id":1,"method":"x"},1,{"jsonrpc":"2.0","method":"y"},{"foo":"boo"}]',
    );
    assert.ok(isBatch);
    assert.deepEqual(
      parts.map(({ kind }) => kind),
      ['call', 'fault', 'call', 'fault'],
    );
  });

  it('is not a batch with more than 64 calls: it gets one fault, however many there are', () => {
    assert.deepEqual(faultOf(`[${'1,'.repeat(64)}1]`), { id: null, code: -32600 });
    assert.equal(read(`[${'1,'.repeat(63)}1]`).parts.length, 64);
  });

  it('is parsed whatever the bytes are', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void assert.ok(read(bytes).parts.length > 0)));
    fc.assert(fc.property(fc.json(), (text) => void assert.ok(read(text).parts.length > 0)));
  });

  it('has a result that is JSON already as it is, with the id of its call', () => {
    const reply = resultReply('a"b', new JsonTexts(['{"commands":', '[]}']));
    assert.deepEqual(JSON.parse(reply.join('')), { jsonrpc: '2.0', id: 'a"b', result: { commands: [] } });
  });
});
