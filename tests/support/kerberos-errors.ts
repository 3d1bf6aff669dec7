/** A KDC that answers every request with one error (RFC 4120, 5.9.1), or not at all; UDP and TCP on a loopback address. */
import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';

export interface FailingKdc extends AsyncDisposable {
  /** `ADDRESS:PORT` */
  readonly address: string;
}

/** `errorCode` is one of the protocol, such as 37 for a clock that differs too much; undefined means no answer. */
export async function startFailingKdc(realm: string, errorCode: number | undefined): Promise<FailingKdc> {
  const answer = errorCode === undefined ? undefined : kerberosError(realm, errorCode);
  const connections = new Set<Socket>();
  const tcp = createServer((connection) => {
    connections.add(connection);
    connection.on('error', () => undefined);
    connection.on('data', () => {
      if (answer === undefined) return;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(answer.length);
      connection.write(Buffer.concat([length, answer]));
    });
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const bound = tcp.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const udp = createSocket('udp4');
  udp.on('message', (_request, peer) => {
    if (answer !== undefined) udp.send(answer, peer.port, peer.address);
  });
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const connection of connections) connection.destroy();
      await new Promise((resolve) => tcp.close(resolve));
      await new Promise<void>((resolve) => udp.close(resolve));
    },
  };
}

function kerberosError(realm: string, errorCode: number): Buffer {
  const now = new Date().toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
  const text = (value: string) => der(0x1b, Buffer.from(value));
  const number = (value: number) => der(0x02, Buffer.from([value]));
  const names = der(0x30, text('krbtgt'), text(realm));
  return der(
    0x7e,
    der(
      0x30,
      der(0xa0, number(5)),
      der(0xa1, number(30)),
      der(0xa4, der(0x18, Buffer.from(`${now}Z`))),
      der(0xa5, number(0)),
      der(0xa6, number(errorCode)),
      der(0xa9, text(realm)),
      der(0xaa, der(0x30, der(0xa0, number(2)), der(0xa1, names))),
    ),
  );
}

/** Encodes a value in DER. Lengths above 127 take the long form with one byte, which is enough here. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from(body.length < 128 ? [tag, body.length] : [tag, 0x81, body.length]), body]);
}
