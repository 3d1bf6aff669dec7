/**
 * The attacks of a standard user on the broker. Each probe runs in its own process until it is killed.
 * docs/security.md says what each may cost.
 */
import { connect, type Socket } from 'node:net';
import { fields, hello, request, submit } from '../../tests/endpoints/wire/wire-client.js';
import { framed } from '../../tests/support/fake-byte-connection.js';
import { command, GET_RANDOM_20, u16, u32 } from '../../tests/support/tpm20-commands.js';
import { TBS_COMMAND_PRIORITY } from '../../ts-core/domain/scheduling/priority.js';
import { SWTPM_CONTROL } from '../../ts-core/domain/tpm/swtpm-control.js';
import { TPM_CC, TPM_ECC_CURVE } from '../../ts-core/domain/tpm20/codes.js';
import { MSSIM } from '../../ts-core/endpoints/simulator/mssim-protocol.js';
import { Operation } from '../../ts-core/endpoints/wire/frame.js';

export interface Sockets {
  readonly rpc: string;
  readonly wire: string;
  /** One simulator endpoint for each protocol. */
  readonly mssim: string;
  readonly mssimPlatform: string;
  readonly swtpmControl: string;
  readonly bare: string;
}

export interface Probe {
  readonly name: string;
  readonly attack: (sockets: Sockets) => void;
}

const { HIGH, NORMAL } = TBS_COMMAND_PRIORITY;
/** TPM2_EC_Ephemeral on P-256: takes well under a millisecond at the TPM and creates nothing. */
const EPHEMERAL = command('EC_Ephemeral', u16(TPM_ECC_CURVE.NIST_P256));
/** TPM2_Clear without rights: the filter refuses it. */
const NO_PARAMETERS = u32(0);
const REFUSED = command('Clear', NO_PARAMETERS);
/** The flood starts once the id of the connection's first context is known. */
const OPEN_CONTEXT = Buffer.concat([hello(), request(Operation.OPEN_CONTEXT, 2, 0, fields(2))]);

export const PROBES: readonly Probe[] = [
  rpcFlood('rpc: notifications', 40, { jsonrpc: '2.0', method: 'x' }),
  rpcFlood('rpc: unknown methods', 40, { jsonrpc: '2.0', id: 1, method: 'no/such' }),
  rpcFlood('rpc: requests on one connection', 1, { jsonrpc: '2.0', id: 1, method: 'device/get' }),
  rpcFlood('rpc: requests on 1,000 connections', 1000, { jsonrpc: '2.0', id: 1, method: 'device/get' }),
  rpcFlood('rpc: batches', 40, Array(64).fill({ jsonrpc: '2.0', id: 1, method: 'device/get' })),
  rpcFlood('rpc: faults', 40, '[1,{"id":{}},[]]'),
  rpcFlood('rpc: commandBlock/list', 40, { jsonrpc: '2.0', id: 1, method: 'commandBlock/list' }),
  rpcFlood('rpc: commandBlock/list, never read', 400, { jsonrpc: '2.0', id: 1, method: 'commandBlock/list' }, false),
  rpcFlood('rpc: status/get', 100, { jsonrpc: '2.0', id: 1, method: 'status/get' }),
  rpcFlood('rpc: tpm/get', 100, { jsonrpc: '2.0', id: 1, method: 'tpm/get' }),
  rpcFlood('rpc: tpm/provisioning', 100, { jsonrpc: '2.0', id: 1, method: 'tpm/provisioning' }),
  rpcFlood('rpc: tpm/endorsementKey', 100, { jsonrpc: '2.0', id: 1, method: 'tpm/endorsementKey' }),
  rpcFlood('rpc: eventLog/get', 100, call('eventLog/get', { first: 0 })),
  rpcFlood('rpc: eventLog/get, never read', 400, call('eventLog/get', { first: 0 }), false),
  rpcFlood('rpc: policy/test of 64 KB', 40, policyTest()),
  rpcFlood('rpc: JSON of 12,000 levels', 40, '['.repeat(12_000) + ']'.repeat(12_000)),
  rpcFlood('rpc: ids of 10,000 escapes', 40, `{"jsonrpc":"2.0","id":"${'\\u0001'.repeat(10_000)}","method":"no/such"}`),
  rpcFlood('rpc: parameters of 4,000 unknown names', 40, unknownParameters()),
  rpcFlood('rpc: names that come 9,000 times', 40, `{${'"id":1,'.repeat(9000)}"jsonrpc":"2.0","method":"no/such"}`),
  rpcFlood('rpc: calls that are refused', 100, [call('activity/get'), call('report/get'), call('tpm/clear')]),
  rpcFlood('rpc: policy/explain and policy/report', 100, [call('policy/explain'), call('policy/report')]),
  rpcFlood('rpc: subscriptions', 64, call('event/subscribe', { recent: 1000 })),
  rpcFlood('rpc: contexts, and cancels of those of others', 40, contextCalls()),
  { name: 'rpc: messages byte by byte', attack: ({ rpc }) => trickle(rpc, 1000, Buffer.from(framed(call('no/such')))) },
  { name: 'rpc: half-open messages', attack: halfOpen },
  { name: 'rpc: followers that never read, during refusals', attack: deafFollowers },
  { name: 'rpc: connections, made and dropped', attack: ({ rpc }) => connectionStorm(rpc, 200) },
  { name: 'wire: commands on 1,000 connections', attack: ({ wire }) => wireFlood(wire, 1000, 8, EPHEMERAL) },
  { name: 'wire: HIGH commands in 1,000 contexts', attack: ({ wire }) => wireFlood(wire, 1000, 2, EPHEMERAL, HIGH) },
  { name: 'wire: refused commands on 1 connection', attack: ({ wire }) => wireFlood(wire, 1, 500, REFUSED) },
  { name: 'wire: refused commands on 20 connections', attack: ({ wire }) => wireFlood(wire, 20, 500, REFUSED) },
  { name: 'wire: refused commands on 200 connections', attack: ({ wire }) => wireFlood(wire, 200, 500, REFUSED) },
  { name: 'wire: refused commands of every code', attack: ({ wire }) => wireFlood(wire, 50, 200, undefined) },
  { name: 'wire: pings on 1,000 connections', attack: ({ wire }) => pings(wire, true) },
  { name: 'wire: pings, never read', attack: ({ wire }) => pings(wire, false) },
  { name: 'wire: contexts, opened and closed', attack: ({ wire }) => wireContexts(wire) },
  { name: 'wire: frames byte by byte', attack: ({ wire }) => trickle(wire, 1000, hello()) },
  { name: 'wire: cancels', attack: ({ wire }) => cancels(wire) },
  { name: 'wire: connections, made and dropped', attack: ({ wire }) => connectionStorm(wire, 200, hello()) },
  { name: 'simulator: commands, never read', attack: ({ mssim }) => simulatorFlood(mssim, 120, mssimCommand(), false) },
  { name: 'simulator: commands', attack: ({ bare }) => simulatorFlood(bare, 120, GET_RANDOM_20, true) },
  { name: 'simulator: trickles', attack: ({ mssim }) => trickle(mssim, 120, mssimCommand()) },
  { name: 'simulator: 8,000 connections', attack: ({ mssim }) => connectionStorm(mssim, 8000) },
  { name: 'simulator: cancels', attack: ({ swtpmControl }) => simulatorFlood(swtpmControl, 120, swtpmCancel(), true) },
  {
    name: 'simulator: localities and cancels in turn',
    attack: ({ swtpmControl }) => simulatorFlood(swtpmControl, 120, swtpmLocalityAndCancel(), true),
  },
  {
    name: 'simulator: signals on the platform port',
    attack: ({ mssimPlatform }) => simulatorFlood(mssimPlatform, 120, mssimSignals(), true),
  },
];

let hasBegun = false;

/** Reports to the parent process that the attack has started. */
function begun(): void {
  if (!hasBegun) console.log('begun');
  hasBegun = true;
}

/** Opens a connection, and opens it again whenever the broker closes it. */
function keepConnected(path: string, use: (socket: Socket) => void): void {
  const socket = connect(path);
  let failed = false;
  socket.on('error', () => {
    failed = true;
  });
  socket.on('close', () => setTimeout(() => keepConnected(path, use), failed ? 50 : 5));
  socket.on('connect', () => {
    begun();
    use(socket);
  });
}

function many(count: number, path: string, use: (socket: Socket) => void): void {
  for (let index = 0; index < count; index++) keepConnected(path, use);
}

/** Writes the bytes repeatedly, as fast as the broker accepts them. */
function writeWithoutEnd(socket: Socket, bytes: Uint8Array): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', more);
  more();
}

function rpcFlood(name: string, connections: number, message: object | string, reads = true): Probe {
  const one = framed(message);
  const bytes = Buffer.from(one.repeat(Math.max(1, Math.ceil(16_384 / one.length))));
  return {
    name,
    attack: ({ rpc }) =>
      many(connections, rpc, (socket) => {
        if (reads) socket.resume();
        else socket.pause();
        writeWithoutEnd(socket, bytes);
      }),
  };
}

function policyTest(): object {
  const names = Array.from({ length: 5000 }, (_, index) => `0x${index.toString(16)}`);
  return { jsonrpc: '2.0', id: 1, method: 'policy/test', params: { settings: { blockedCommands20: names } } };
}

function call(method: string, params?: object): object {
  return { jsonrpc: '2.0', id: 1, method, params };
}

function unknownParameters(): object {
  const names = Array.from({ length: 4000 }, (_, index) => [`name${index}`, 1]);
  return call('connection/ping', Object.fromEntries(names));
}

/** The ids of contexts count up from 1, so the first ones belong to root and to other users. */
function contextCalls(): readonly object[] {
  const cancels = [1, 2, 3, 4].flatMap((contextId) => [
    call('command/cancel', { contextId }),
    call('context/close', { contextId }),
  ]);
  const lists = [call('context/list'), call('resource/list'), call('queue/get')];
  return [...Array(8).fill(call('context/open', { versions: ['2.0'] })), ...cancels, ...lists];
}

function halfOpen({ rpc }: Sockets): void {
  const half = Buffer.from(`Content-Length: 65536\r\n\r\n${' '.repeat(65_000)}`);
  many(1000, rpc, (socket) => {
    socket.resume();
    socket.write(half);
  });
}

function deafFollowers(sockets: Sockets): void {
  many(64, sockets.rpc, (socket) => {
    socket.pause();
    socket.write(framed({ jsonrpc: '2.0', id: 1, method: 'event/subscribe' }));
  });
  wireFlood(sockets.wire, 20, 200, undefined);
}

function connectionStorm(path: string, atOnce: number, first?: Uint8Array): void {
  for (let index = 0; index < atOnce; index++) {
    const again = (): void => {
      const socket = connect(path);
      socket.on('error', () => {});
      socket.on('close', () => setTimeout(again, 1));
      socket.on('connect', () => {
        begun();
        if (first === undefined) socket.destroy();
        else socket.write(first, () => socket.destroy());
      });
    };
    again();
  }
}

/** Keeps `ahead` commands outstanding in a context of each connection; by default one of every code in turn. */
function wireFlood(
  path: string,
  connections: number,
  ahead: number,
  bytes: Uint8Array | undefined,
  priority: number = NORMAL,
): void {
  let code: number = TPM_CC.NV_UndefineSpaceSpecial;
  const next = (): Uint8Array => {
    if (bytes !== undefined) return bytes;
    code = code === TPM_CC.PolicyTransportSPDM ? TPM_CC.NV_UndefineSpaceSpecial : code + 1;
    return command(code, NO_PARAMETERS);
  };
  many(connections, path, (socket) => {
    let contextId = 0;
    socket.write(OPEN_CONTEXT);
    socket.once('data', (first) => {
      const opened = first.length >= 60 ? first.subarray(32) : undefined;
      contextId = opened?.readUInt32LE(16) ?? 0;
      const more = (count: number): void => {
        const frames = Array.from({ length: count }, (_, id) => submit(id, contextId, next(), priority));
        socket.write(Buffer.concat(frames));
      };
      more(ahead);
      let received = 0;
      socket.on('data', (chunk) => {
        received += chunk.length;
        // A response has at least 30 bytes, so request about as many again.
        const answers = Math.floor(received / 40);
        received -= answers * 40;
        if (answers > 0 && socket.writableLength < 65_536) more(answers);
      });
    });
  });
}

function pings(path: string, reads: boolean): void {
  const bytes = Buffer.concat(Array.from({ length: 1000 }, (_, id) => request(Operation.PING, id, 0, fields())));
  many(1000, path, (socket) => {
    socket.write(hello());
    if (reads) socket.resume();
    else socket.pause();
    writeWithoutEnd(socket, bytes);
  });
}

function cancels(path: string): void {
  many(200, path, (socket) => {
    socket.write(OPEN_CONTEXT);
    socket.once('data', (first) => {
      const contextId = first.length >= 60 ? first.readUInt32LE(48) : 0;
      const both = [submit(1, contextId, EPHEMERAL), request(Operation.CANCEL, 2, contextId, fields())];
      const bytes = Buffer.concat(Array.from({ length: 100 }, () => both).flat());
      socket.resume();
      writeWithoutEnd(socket, bytes);
    });
  });
}

/** Also closes ids that are not contexts of the connection, since the ids are not known beforehand. */
function wireContexts(path: string): void {
  const some = Array.from({ length: 50 }, (_, id) => [
    request(Operation.OPEN_CONTEXT, id, 0, fields(2)),
    request(Operation.CLOSE_CONTEXT, id, id, fields()),
  ]);
  many(200, path, (socket) => {
    socket.write(hello());
    socket.resume();
    writeWithoutEnd(socket, Buffer.concat(some.flat()));
  });
}

/** TPM_SEND_COMMAND of the Microsoft simulator: code, locality, length, command. */
function mssimCommand(): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt32BE(MSSIM.sendCommand, 0);
  head.writeUInt32BE(GET_RANDOM_20.length, 5);
  return Buffer.concat([head, GET_RANDOM_20]);
}

function swtpmCancel(): Buffer {
  return Buffer.from(u32(SWTPM_CONTROL.CANCEL_TPM_CMD));
}

/** Locality 4 is for administrators only. GET_INFO: flags (8), offset (4), length (4). */
function swtpmLocalityAndCancel(): Buffer {
  const { SET_LOCALITY, CANCEL_TPM_CMD, GET_INFO } = SWTPM_CONTROL;
  return Buffer.from([...u32(SET_LOCALITY), 4, ...u32(CANCEL_TPM_CMD), ...u32(GET_INFO), ...[0, 1, 0, 0].flatMap(u32)]);
}

function mssimSignals(): Buffer {
  const { cancelOn, cancelOff, powerOn, powerOff, reset, nvOn } = MSSIM;
  return Buffer.from([cancelOn, cancelOff, powerOn, powerOff, reset, nvOn].flatMap(u32));
}

function simulatorFlood(path: string, connections: number, bytes: Uint8Array, reads: boolean): void {
  many(connections, path, (socket) => {
    if (reads) socket.resume();
    else socket.pause();
    writeWithoutEnd(socket, Buffer.concat(Array.from({ length: 200 }, () => bytes)));
  });
}

/** Sends the bytes repeatedly, one byte at a time. */
function trickle(path: string, connections: number, bytes: Buffer): void {
  many(connections, path, (socket) => {
    socket.resume();
    let at = 0;
    const timer = setInterval(() => {
      socket.write(bytes.subarray(at, at + 1));
      at = (at + 1) % bytes.length;
    }, 20);
    socket.on('close', () => clearInterval(timer));
  });
}
