/** A small DNS server on loopback (RFC 1035, RFC 2782): SRV and A records from a table, NXDOMAIN for everything else. */
import { createSocket, type Socket } from 'node:dgram';

const TYPE_A = 1;
const TYPE_SRV = 33;
const CLASS_IN = 1;
const NXDOMAIN = 3;
const NAME_OF_QUESTION = 0xc00c;

export interface SrvEntry {
  readonly target: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

export interface DnsZone {
  readonly srv: Readonly<Record<string, readonly SrvEntry[]>>;
  readonly a: Readonly<Record<string, string>>;
}

export interface DnsServer extends AsyncDisposable {
  /** `ADDRESS:PORT` */
  readonly address: string;
  /** The names that were queried, in order, without repetitions one after the other. */
  readonly asked: readonly string[];
}

/** Without a `zone`, the server receives questions and answers none. */
export async function startDnsServer(zone: DnsZone | undefined): Promise<DnsServer> {
  const socket: Socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, peer) => {
    const { name, type, end } = question(query);
    if (asked.at(-1) !== name) asked.push(name);
    if (zone !== undefined)
      socket.send(answer(query.subarray(0, end), recordsOf(zone, name, type)), peer.port, peer.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function question(query: Buffer) {
  const labels: string[] = [];
  let offset = 12;
  for (let length = query.readUInt8(offset); length > 0; length = query.readUInt8(offset)) {
    labels.push(query.toString('ascii', offset + 1, offset + 1 + length));
    offset += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(offset + 1), end: offset + 5 };
}

/** Returns undefined if the name does not exist. */
function recordsOf(zone: DnsZone, name: string, type: number): readonly Buffer[] | undefined {
  const srv = zone.srv[name];
  const address = zone.a[name];
  if (srv === undefined && address === undefined) return undefined;
  if (type === TYPE_SRV)
    return (srv ?? []).map(({ priority, weight, port, target }) => {
      const fixed = Buffer.alloc(6);
      fixed.writeUInt16BE(priority, 0);
      fixed.writeUInt16BE(weight, 2);
      fixed.writeUInt16BE(port, 4);
      return record(TYPE_SRV, Buffer.concat([fixed, encodedName(target)]));
    });
  return type === TYPE_A && address !== undefined ? [record(TYPE_A, Buffer.from(address.split('.').map(Number)))] : [];
}

function record(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(NAME_OF_QUESTION, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(CLASS_IN, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function encodedName(name: string): Buffer {
  const labels = name
    .split('.')
    .filter(Boolean)
    .map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function answer(query: Buffer, records: readonly Buffer[] | undefined): Buffer {
  const head = Buffer.from(query);
  head.writeUInt16BE(0x8580 | (records === undefined ? NXDOMAIN : 0), 2);
  head.writeUInt16BE(records?.length ?? 0, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...(records ?? [])]);
}
