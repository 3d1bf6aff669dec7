import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { RESOURCE_MANAGER_LAYER, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { refusal } from '../../../ts-core/domain/tpm20/responses.js';
import { ALICE } from '../../support/callers.js';
import { getRandom } from '../../support/either-tpm-commands.js';
import { eventually, type RawClient, rawClient, type SimulatorRig, startRig } from './simulator-rig.js';

const offer = (directory: string) => ({
  swtpm: { data: { path: join(directory, 's') }, control: { path: join(directory, 's.ctrl') } },
  mssim: { command: { path: join(directory, 'm') }, platform: { path: join(directory, 'm.ctrl') } },
  bare: { host: '127.0.0.1', port: 0 },
});

describe('simulator endpoints under abuse', () => {
  let rig: SimulatorRig;
  beforeEach(async () => {
    rig = await startRig(offer);
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  const everyPort = () => [
    ...['s', 's.ctrl', 'm', 'm.ctrl'].map((name) => ({ path: join(rig.directory, name) })),
    { port: rig.endpoints.bare?.port ?? 0 },
  ];

  /** Checks that others get fast responses. On a busy machine one may be late; a blocked endpoint delays all of them. */
  const othersAreServed = async () => {
    let fastestMs = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 5; attempt++) {
      const client = await rawClient({ path: join(rig.directory, 's') });
      const began = performance.now();
      client.send(getRandom('2.0', 8));
      await client.receive(20);
      client.close();
      fastestMs = Math.min(fastestMs, performance.now() - began);
    }
    assert.ok(fastestMs < 250, `answered after ${fastestMs} ms`);
  };

  it('drop half a request after a while, and serve others meanwhile', async () => {
    const halves: readonly (readonly [{ path: string } | { port: number }, Uint8Array])[] = [
      [{ path: join(rig.directory, 's') }, Uint8Array.of(0x80, 1, 0)],
      [{ path: join(rig.directory, 's') }, Uint8Array.of(0x80, 1, 0, 0, 0, 50, 0, 0, 1, 0x7b, 0)],
      [{ path: join(rig.directory, 's.ctrl') }, Uint8Array.of(0, 0, 0, 2, 0)],
      [{ path: join(rig.directory, 'm') }, Uint8Array.of(0, 0, 0, 8, 0, 0, 0, 0)],
      [{ path: join(rig.directory, 'm') }, Uint8Array.of(0, 0, 0, 8, 0, 0, 0, 0, 50, 0x80, 1)],
      [{ path: join(rig.directory, 'm.ctrl') }, Uint8Array.of(0, 0)],
      [{ port: rig.endpoints.bare?.port ?? 0 }, Uint8Array.of(0x80)],
    ];
    const clients: RawClient[] = [];
    for (const [where, bytes] of halves) {
      const client = await rawClient(where);
      client.send(bytes);
      clients.push(client);
    }
    await othersAreServed();
    for (const client of clients) assert.equal((await client.untilClosed()).length, 0);
  });

  for (const size of [0, 9, 0xffffffff, 0x10000 + 1]) {
    it(`refuse a command with the size field ${size}`, async () => {
      const command = Buffer.from(getRandom('2.0', 8));
      command.writeUInt32BE(size, 2);
      for (const where of [{ path: join(rig.directory, 's') }, { port: rig.endpoints.bare?.port ?? 0 }]) {
        const client = await rawClient(where);
        client.send(command);
        assert.deepEqual(
          new Uint8Array(await client.untilClosed()),
          refusal(RESOURCE_MANAGER_LAYER | TPM_RC.COMMAND_SIZE),
        );
      }
      const mssim = await rawClient({ path: join(rig.directory, 'm') });
      const request = Buffer.alloc(9);
      request.writeUInt32BE(8, 0);
      request.writeUInt32BE(size, 5);
      mssim.send(Buffer.concat([request, command]));
      assert.equal((await mssim.untilClosed()).toString('hex'), '00000001');
      await othersAreServed();
    });
  }

  it('survive random bytes on every port', async () => {
    for (let round = 0; round < 40; round++) {
      for (const where of everyPort()) {
        const client = await rawClient(where);
        client.send(randomBytes(1 + Math.floor(Math.random() * 3000)));
        setTimeout(() => client.close(), 50);
      }
    }
    await othersAreServed();
  });

  it('buffer nothing for a client that never reads: its commands stay unread', async () => {
    const client = await rawClient({ path: join(rig.directory, 's') });
    client.socket.pause();
    const before = process.memoryUsage().rss;
    const command = Buffer.from(getRandom('2.0', 32));
    const batch = Buffer.concat(new Array<Buffer>(1000).fill(command));
    for (let count = 0; count < 200; count++) client.socket.write(batch);
    await eventually(() => (rig.opener.connections[0]?.submissions.length ?? 0) > 500);
    await othersAreServed();
    let previous = -1;
    const submitted = () => rig.opener.connections.reduce((sum, { submissions }) => sum + submissions.length, 0);
    await eventually(async () => {
      const stalled = previous === submitted();
      previous = submitted();
      await new Promise((resolve) => setTimeout(resolve, 100));
      return stalled;
    }, 15_000);
    assert.ok(submitted() < 150_000, `${submitted()} commands were taken from a client that reads no answer`);
    assert.ok(process.memoryUsage().rss - before < 200_000_000);
    client.close();
  });

  it('limit the connections of a user, and continue to serve the existing ones', async () => {
    await rig[Symbol.asyncDispose]();
    rig = await startRig(offer, {
      limits: { maxConnections: 100, maxConnectionsPerUser: 5 },
      identify: async () => ({ caller: ALICE, process: undefined }),
    });
    const first = await rawClient({ path: join(rig.directory, 'm') });
    const clients: RawClient[] = [];
    for (let count = 0; count < 20; count++) clients.push(await rawClient({ path: join(rig.directory, 'm') }));
    await eventually(() => rig.refusals.length >= 16);
    first.send(Buffer.concat([Buffer.of(0, 0, 0, 8, 0, 0, 0, 0, 12), getRandom('2.0', 8)]));
    assert.equal((await first.receive(28)).readUInt32BE(4 + 6), 0);
    for (const client of [first, ...clients]) client.close();
    await eventually(() => rig.opener.openContexts() === 0);
    const later = await rawClient({ path: join(rig.directory, 'm') });
    later.send(Buffer.concat([Buffer.of(0, 0, 0, 8, 0, 0, 0, 0, 12), getRandom('2.0', 8)]));
    assert.equal((await later.receive(28)).readUInt32BE(4 + 6), 0);
  });

  it('answer several commands that arrive together, in order', async () => {
    const client = await rawClient({ port: rig.endpoints.bare?.port ?? 0 });
    client.send(Buffer.concat([getRandom('2.0', 8), getRandom('2.0', 9), getRandom('2.0', 10)]));
    for (const count of [8, 9, 10]) {
      const response = await client.receive(12 + count);
      assert.equal(response.readUInt16BE(10), count);
    }
    client.close();
  });
});
