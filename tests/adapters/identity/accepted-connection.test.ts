import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AcceptedConnection } from '../../../ts-core/adapters/identity/accepted-connection.js';
import { acceptNatively } from '../../../ts-core/adapters/identity/connection-acceptor.js';
import { openNativeByteStream } from '../../../ts-core/adapters/identity/native-byte-stream.js';
import { NativeByteConnection } from '../../../ts-core/adapters/wire/native-byte-connection.js';
import { MessageRooms } from '../../../ts-core/endpoints/message-rooms.js';

const RULES = {
  ownUid: 0,
  userMode: false,
  administratorsGroupGid: undefined,
  sandboxGroupGid: undefined,
  ownerOfSubordinateUid: () => undefined,
  overflowUid: 65_534,
  overflowUserUid: undefined,
};

describe('a connection that the addon has accepted', () => {
  let folder: string;
  let listener: { close(): void };
  let next: Promise<AcceptedConnection>;
  let client: Socket;

  before(function () {
    if (process.platform !== 'linux') this.skip();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'accepted-'));
    const path = join(folder, 'sock');
    next = new Promise((resolve) => {
      const options = { mode: 0o666, backlog: 8, onConnection: resolve, onAcceptError: () => {} };
      listener = acceptNatively({ path }, options);
    });
    client = connect(path);
    client.on('error', () => {});
  });
  afterEach(() => {
    client?.destroy();
    listener?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  it('belongs to the process that connected, and transfers bytes once it is taken over', async () => {
    const accepted = await next;
    assert.equal(accepted.callerBy(RULES).userKey, `uid:${process.geteuid?.()}`);
    const bytes = new NativeByteConnection(accepted, openNativeByteStream, new MessageRooms());
    bytes.send(Buffer.from('hello'), 5);
    const [received] = (await once(client, 'data')) as [Buffer];
    assert.equal(received.toString(), 'hello');
    bytes.close(false);
    await once(client, 'close');
  });

  it('uses one descriptor, which is closed with it', async () => {
    const accepted = await next;
    const before = descriptors();
    const bytes = new NativeByteConnection(accepted, openNativeByteStream, new MessageRooms());
    assert.equal(descriptors() - before, 0);
    bytes.close(false);
    assert.equal(descriptors() - before, -1);
  });

  it('sends the last words to its peer and closes when it is refused', async () => {
    const accepted = await next;
    accepted.refuse(Buffer.from('no'));
    const [received] = (await once(client, 'data')) as [Buffer];
    assert.equal(received.toString(), 'no');
    await once(client, 'close');
    assert.equal(accepted.peerIsGone(), true);
    assert.throws(() => accepted.callerBy(RULES), { symbol: 'TBS_E_ACCESS_DENIED' });
    assert.throws(() => new NativeByteConnection(accepted, openNativeByteStream, new MessageRooms()), /closed before/);
  });

  it('reports that its peer has disconnected', async () => {
    const accepted = await next;
    assert.equal(accepted.peerIsGone(), false);
    client.destroy();
    await once(client, 'close');
    assert.equal(accepted.peerIsGone(), true);
    accepted.refuse();
  });

  function descriptors(): number {
    return readdirSync('/proc/self/fd').length;
  }
});
