import assert from 'node:assert/strict';
import { nativeEventLoop, openNativeByteStream } from '../../../ts-core/adapters/identity/native-byte-stream.js';
import { createTransport } from '../../../ts-core/adapters/transport/create-transport.js';
import type { ByteStreamOpener } from '../../../ts-core/application/ports/event-loop.js';
import { responseCodeOf } from '../../../ts-core/domain/tpm/command-header.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { getRandom, startup } from '../../support/either-tpm-commands.js';
import { startFaultyTpm, tpm20Response } from '../../support/faulty-tpm.js';
import { quietLog } from '../../support/quiet-log.js';
import { type Swtpm, type SwtpmOptions, startSwtpm } from '../../support/swtpm.js';
import { describeTransportContract, isIoError, type TransportUnderTest } from './transport-contract.js';

const [EIO, EAGAIN, ENOSPC] = [5, 11, 28];
const OPTIONS = { locality: 0, timeoutMs: 5000 };

function connectTo(tpm: Swtpm, withControl = true, openByteStream?: ByteStreamOpener) {
  const at = (path: string, port: number) => (path === '' ? { host: '127.0.0.1', port } : { path });
  const control = withControl ? { control: at(tpm.ctrlPath, tpm.ctrlPort) } : {};
  const data = at(tpm.dataPath, tpm.dataPort);
  return createTransport({ kind: 'swtpm', data, ...control }, { log: quietLog(), openByteStream });
}

async function make(
  options: SwtpmOptions,
  withControl: boolean,
  openByteStream?: ByteStreamOpener,
): Promise<TransportUnderTest> {
  const tpm = await startSwtpm(options);
  const transport = await connectTo(tpm, withControl, openByteStream);
  return {
    transport,
    tpmProcessId: () => tpm.pid,
    revive: () => tpm.restart(),
    dispose: async () => {
      await transport.close();
      await tpm.stop();
    },
  };
}

describe('an idle swtpm', () => {
  const disturbances = async (options: SwtpmOptions, withControl: boolean, disturb: (tpm: Swtpm) => Promise<void>) => {
    await using tpm = await startSwtpm(options);
    const transport = await connectTo(tpm, withControl);
    let disturbed = 0;
    transport.onDisturbed = () => disturbed++;
    await transport.transmit(startup(options.version), OPTIONS);
    // Without control channel, only a second answer on the same connection shows that swtpm keeps it open.
    if (options.disconnect !== true) await transport.transmit(getRandom(options.version, 8), OPTIONS);
    await disturb(tpm);
    // The event loop reports the end of a connection.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await transport.close();
    return disturbed;
  };

  it('is reported when it ends, by whichever channel notices', async () => {
    assert.equal(await disturbances({ version: '2.0' }, true, (tpm) => tpm.kill()), 1);
    assert.equal(await disturbances({ version: '2.0' }, false, (tpm) => tpm.kill()), 1);
  });

  it('is not reported when it closes a connection after each response', async () => {
    assert.equal(await disturbances({ version: '2.0', disconnect: true }, true, async () => {}), 0);
    assert.equal(await disturbances({ version: '2.0', disconnect: true }, false, async () => {}), 0);
  });
});

const kinds = [
  { name: 'swtpm over Unix sockets', options: {}, withControl: true },
  { name: 'swtpm over TCP', options: { tcp: true }, withControl: true },
  { name: 'swtpm that waits for CMD_INIT', options: { needInit: true }, withControl: true },
  { name: 'swtpm that closes after each response', options: { disconnect: true }, withControl: true },
  { name: 'swtpm without its control channel', options: {}, withControl: false },
];

for (const { name, options, withControl } of kinds) {
  const capabilities = { hasLocality: withControl };
  describeTransportContract(name, (version) => make({ version, ...options }, withControl), capabilities);
  const makeCarried = (version: TpmVersion) => make({ version, ...options }, withControl, openNativeByteStream);
  describeTransportContract(`${name}, carried by the addon`, makeCarried, capabilities);
}

describe('SwtpmTransport', () => {
  it('power-cycles the TPM through the control channel', async () => {
    await using tpm = await startSwtpm({ version: '2.0' });
    const transport = await connectTo(tpm);
    let resets = 0;
    transport.onReset = () => {
      resets++;
    };
    await transport.transmit(startup('2.0'), OPTIONS);
    assert.equal(responseCodeOf(await transport.transmit(getRandom('2.0', 8), OPTIONS)), 0);
    await transport.reset?.();
    assert.equal(responseCodeOf(await transport.transmit(getRandom('2.0', 8), OPTIONS)), TPM_RC.INITIALIZE);
    assert.equal(resets, 0);
    await transport.close();
  });

  it('lets other work run once the TPM has a command, and accepts a response that arrives meanwhile', async () => {
    await using tpm = await startSwtpm({ version: '2.0', startup: true });
    let answered = false;
    const openWatched: ByteStreamOpener = (socket, buffer, onReadable, onWritable) => {
      const onAnswer = (received: number): void => {
        answered = true;
        onReadable(received);
      };
      return openNativeByteStream(socket, buffer, onAnswer, onWritable);
    };
    const transport = await connectTo(tpm, true, openWatched);
    await transport.transmit(getRandom('2.0', 8), OPTIONS);
    for (let count = 1; count <= 5; count++) {
      answered = false;
      const whileTpmWorks = (): boolean => {
        const untilMs = performance.now() + 5_000;
        // The ready streams include that of the TPM.
        while (!answered && performance.now() < untilMs) nativeEventLoop.takeRequests();
        return false;
      };
      const response = await transport.transmit(getRandom('2.0', 8), { ...OPTIONS, whileTpmWorks });
      assert.equal(responseCodeOf(response), 0);
      assert.ok(answered);
    }
    await transport.close();
  });

  it('uses one connection for all commands', async () => {
    await using tpm = await startFaultyTpm((_command, peer) => peer.write(tpm20Response()));
    const transport = await connectToFaulty(tpm.path);
    for (let count = 0; count < 10; count++) await transport.transmit(getRandom('2.0', 8), OPTIONS);
    assert.equal(tpm.connections(), 1);
    await transport.close();
  });

  for (const [name, fault] of [
    ['takes half of a command', { sent: (length: number) => Math.floor(length / 2) }],
    ['takes nothing of a command', { sent: () => -EAGAIN }],
    ['cannot be written (EIO)', { sent: () => -EIO }],
    ['has no room (ENOSPC)', { sent: () => -ENOSPC }],
    ['cannot be read (EIO)', { received: -EIO }],
    ['ends', { received: 0 }],
  ] as const) {
    it(`reports TBS_E_IOERROR if the connection ${name}, and reconnects for the next command`, async () => {
      await using tpm = await startSwtpm({ version: '2.0', startup: true });
      let isFaulty = false;
      const received = (count: number): number => (isFaulty && 'received' in fault ? fault.received : count);
      const openFaulty: ByteStreamOpener = (socket, buffer, onReadable, onWritable) => {
        const stream = openNativeByteStream(socket, buffer, (count) => onReadable(received(count)), onWritable);
        return {
          send: (bytes, offset, end) => {
            if (!isFaulty || !('sent' in fault)) return stream.send(bytes, offset, end);
            const sent = fault.sent(end - offset);
            return sent > 0 ? stream.send(bytes, offset, offset + sent) : sent;
          },
          receive: (spin, sleep) => received(stream.receive(spin, sleep)),
          setInterest: (readable, writable) => stream.setInterest(readable, writable),
          unwatch: () => stream.unwatch(),
          close: () => stream.close(),
        };
      };
      const transport = await connectTo(tpm, true, openFaulty);
      // The transport waits in place for short commands, and receives their responses there.
      for (let count = 0; count < 20; count++) await transport.transmit(getRandom('2.0', 8), OPTIONS);
      isFaulty = true;
      const startedAtMs = performance.now();
      await assert.rejects(transport.transmit(getRandom('2.0', 8), OPTIONS), isIoError);
      assert.ok(performance.now() - startedAtMs < OPTIONS.timeoutMs, 'not only when its time is over');
      isFaulty = false;
      assert.equal(responseCodeOf(await transport.transmit(getRandom('2.0', 8), OPTIONS)), 0);
      await transport.close();
    });
  }

  it('assembles a response that arrives byte by byte', async () => {
    const response = tpm20Response(Uint8Array.of(1, 2, 3));
    await using tpm = await startFaultyTpm(async (_command, peer) => {
      for (const byte of response) {
        peer.write(Uint8Array.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const transport = await connectToFaulty(tpm.path);
    assert.deepEqual(Buffer.from(await transport.transmit(getRandom('2.0', 8), OPTIONS)), response);
    await transport.close();
  });

  const faults: readonly { readonly name: string; readonly answer: Uint8Array }[] = [
    { name: 'a size field of 0', answer: Uint8Array.from([0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]) },
    { name: 'a size field of 9', answer: Uint8Array.from([0x80, 1, 0, 0, 0, 9, 0, 0, 0, 0]) },
    { name: 'a size field of 4 GiB - 1', answer: Uint8Array.from([0x80, 1, 255, 255, 255, 255, 0, 0, 0, 0]) },
    { name: 'more bytes than its size field says', answer: Buffer.concat([tpm20Response(), Buffer.of(0)]) },
    { name: '100 kB of garbage', answer: Buffer.alloc(100_000, 0x7f) },
  ];
  for (const { name, answer } of faults) {
    it(`refuses a response with ${name}, drops the connection and continues`, async () => {
      await using tpm = await startFaultyTpm((_command, peer, count) =>
        peer.write(count === 1 ? answer : tpm20Response()),
      );
      const transport = await connectToFaulty(tpm.path);
      await assert.rejects(transport.transmit(getRandom('2.0', 8), OPTIONS), isIoError);
      assert.equal(responseCodeOf(await transport.transmit(getRandom('2.0', 8), OPTIONS)), 0);
      assert.equal(tpm.connections(), 2);
      await transport.close();
    });
  }

  it('gives up on half a response after the time-out', async () => {
    await using tpm = await startFaultyTpm((_command, peer) => peer.write(tpm20Response().subarray(0, 7)));
    const transport = await connectToFaulty(tpm.path);
    await assert.rejects(transport.transmit(getRandom('2.0', 8), { locality: 0, timeoutMs: 50 }), isIoError);
    await transport.close();
  });

  it('drops a connection on which bytes arrive without a command', async () => {
    await using tpm = await startFaultyTpm((_command, peer, count) => {
      peer.write(tpm20Response());
      if (count === 1) setTimeout(() => peer.write(tpm20Response(Uint8Array.of(9), TPM_RC.FAILURE)), 10);
    });
    const transport = await connectToFaulty(tpm.path);
    assert.equal(responseCodeOf(await transport.transmit(getRandom('2.0', 8), OPTIONS)), 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(responseCodeOf(await transport.transmit(getRandom('2.0', 8), OPTIONS)), 0);
    assert.equal(tpm.connections(), 2);
    await transport.close();
  });

  it('reports where it tried to connect if nothing listens', async () => {
    const transport = await connectToFaulty('/nonexistent/tpm.sock');
    await assert.rejects(transport.transmit(getRandom('2.0', 8), OPTIONS), /\/nonexistent\/tpm\.sock.*ENOENT/);
    await transport.close();
  });

  it('warns about TCP, and about Unix sockets that others can open', async () => {
    await using tcp = await startSwtpm({ version: '2.0', tcp: true });
    const overTcp = await connectTo(tcp);
    assert.match((await overTcp.exposure()).join(), /every user/);
    await overTcp.close();
    await using unix = await startSwtpm({ version: '2.0' });
    const overUnix = await connectTo(unix);
    const { chmod } = await import('node:fs/promises');
    await Promise.all([unix.dataPath, unix.ctrlPath].map((path) => chmod(path, 0o600)));
    assert.deepEqual(await overUnix.exposure(), []);
    await chmod(unix.dataPath, 0o666);
    assert.match((await overUnix.exposure()).join(), /tpm\.sock can be opened by every user/);
    await overUnix.close();
  });
});

function connectToFaulty(path: string) {
  return createTransport({ kind: 'swtpm', data: { path } }, { log: quietLog() });
}
