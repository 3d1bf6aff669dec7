/** Tests a byte stream over a real Node.js socket; the test decides when the client at its other end reads. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ByteConnection, overNodeSocket } from '../../ts-core/endpoints/byte-connection.js';

/** More than the kernel buffers for a socket. */
const MUCH = 4 * 1024 * 1024;

describe('a connection over a Node.js socket', () => {
  let directory: string;
  let client: Socket;
  let connection: ByteConnection;
  let events: string[];
  let received: Buffer;
  let awaited: (() => void) | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tpmtbs-bytes-'));
    const path = join(directory, 'socket');
    events = [];
    received = Buffer.alloc(0);
    const server = createServer({ allowHalfOpen: true });
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    client = connect(path);
    client.on('error', () => {});
    client.pause();
    connection = overNodeSocket(await accepted);
    server.close();
    const note = (event: string) => {
      events.push(event);
      awaited?.();
    };
    connection.events = {
      received: (bytes, start, end) => {
        received = Buffer.concat([received, bytes.subarray(start, end)]);
        note('received');
      },
      drained: () => note('drained'),
      closed: () => note('closed'),
    };
  });

  afterEach(async () => {
    client.destroy();
    connection.close(false);
    await rm(directory, { recursive: true });
  });

  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => (awaited = resolve));
  }

  const happened = (event: string) => until(() => events.includes(event));

  /** Returns everything that the client receives until the broker closes the connection. */
  async function clientReadsToTheEnd(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    client.on('data', (chunk) => chunks.push(chunk));
    client.resume();
    await new Promise((resolve) => client.once('close', resolve));
    return Buffer.concat(chunks);
  }

  it('hands over what the client sends', async () => {
    client.write('abc');
    await until(() => received.length === 3);
    assert.equal(received.toString(), 'abc');
  });

  it('sends the given number of bytes, which the caller may change at once', async () => {
    const bytes = Buffer.from('reply and more');
    connection.send(bytes, 5);
    bytes.fill('x');
    connection.close(true);
    assert.equal((await clientReadsToTheEnd()).toString(), 'reply');
  });

  it('keeps its own copy of what the client does not read at once', async () => {
    connection.send(Buffer.alloc(MUCH, 'x'), MUCH);
    const bytes = Buffer.from('reply');
    connection.send(bytes, 5);
    bytes.fill('x');
    connection.close(true);
    assert.equal((await clientReadsToTheEnd()).toString('latin1', MUCH), 'reply');
  });

  it('keeps what arrives in the kernel while it does not read', async () => {
    connection.setReading(false);
    let written = false;
    client.write(Buffer.alloc(MUCH), () => {
      written = true;
    });
    await new Promise((resolve) => connect(join(directory, 'none')).once('error', resolve));
    assert.deepEqual([received.length, written], [0, false]);
    connection.setReading(true);
    await until(() => received.length === MUCH);
  });

  it('counts what the client does not read, and reports when all of it has left', async () => {
    assert.equal(connection.unsentBytes(), 0);
    connection.send(Buffer.alloc(MUCH), MUCH);
    connection.send(Buffer.alloc(10), 10);
    assert.ok(connection.unsentBytes() > MUCH / 2, `${connection.unsentBytes()}`);
    assert.deepEqual(events, []);
    client.resume();
    await happened('drained');
    assert.equal(connection.unsentBytes(), 0);
  });

  it('sends everything before it closes, if it is asked to, and reads nothing more', async () => {
    connection.send(Buffer.alloc(MUCH), MUCH);
    connection.close(true);
    client.write('too late');
    assert.equal((await clientReadsToTheEnd()).length, MUCH);
    await happened('closed');
    assert.deepEqual([events.filter((event) => event === 'closed').length, received.length], [1, 0]);
  });

  it('closes at once otherwise, whatever is unread', async () => {
    connection.send(Buffer.alloc(MUCH), MUCH);
    connection.close(false);
    await happened('closed');
    assert.ok((await clientReadsToTheEnd()).length < MUCH);
    assert.equal(events.filter((event) => event === 'closed').length, 1);
  });

  it('ends with its client, and does not wait until unread replies are read', async () => {
    client.resume();
    client.end();
    await happened('closed');
    assert.deepEqual(events, ['closed']);
  });

  it('ends quietly if the client resets the connection', async () => {
    connection.send(Buffer.alloc(MUCH), MUCH);
    client.destroy();
    await happened('closed');
    connection.send(Buffer.of(1), 1);
    connection.close(true);
    connection.close(false);
    assert.equal(events.filter((event) => event === 'closed').length, 1);
  });
});
