/**
 * Tests a TPM that answers late, partly, wrongly or not at all: each results in TBS_E_IOERROR in time, and the next
 * command works.
 */
import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { TestDaemon } from '../support/daemon.js';
import { RpcFailure } from '../support/rpc-client.js';
import { type Swtpm, startSwtpm } from '../support/swtpm.js';
import { createPrimaryEcc, GET_RANDOM_20, handleIn, SIGNING_KEY, signWith } from '../support/tpm20-commands.js';

type Fault = 'none' | 'silence' | 'garbage' | 'half' | 'cut' | 'tooMuch';

/** A relay between the broker and a swtpm, which applies the current fault to the responses of the TPM. */
class FaultyLine implements AsyncDisposable {
  fault: Fault = 'none';
  readonly #sockets = new Set<Socket>();
  readonly #server: ReturnType<typeof createServer>;

  private constructor(
    readonly path: string,
    server: ReturnType<typeof createServer>,
  ) {
    this.#server = server;
  }

  static async start(tpm: Swtpm): Promise<FaultyLine> {
    const path = join(tpm.dir, 'line.sock');
    const server = createServer();
    const line = new FaultyLine(path, server);
    server.on('connection', (broker) => line.#join(broker, connect(tpm.dataPath)));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return line;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(broker: Socket, tpm: Socket): void {
    for (const [socket, other] of [
      [broker, tpm],
      [tpm, broker],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    broker.on('data', (command) => tpm.write(command));
    tpm.on('data', (response) => this.#answer(broker, response));
  }

  #answer(broker: Socket, response: Buffer): void {
    if (this.fault === 'none') broker.write(response);
    else if (this.fault === 'garbage') broker.write(Buffer.alloc(response.length, 0xa5));
    else if (this.fault === 'half') broker.write(response.subarray(0, 7));
    else if (this.fault === 'tooMuch') broker.write(Buffer.concat([response, response]));
    else if (this.fault === 'cut') broker.destroy();
  }
}

const COMMAND_TIMEOUT_MS = 700;

describe('a faulty TPM', function () {
  this.timeout(60_000);
  let tpm: Swtpm;
  let line: FaultyLine;
  let daemon: TestDaemon;

  before(async () => {
    tpm = await startSwtpm({ version: '2.0' });
    line = await FaultyLine.start(tpm);
    daemon = await TestDaemon.start({
      configuration: {
        transport: { kind: 'swtpm', swtpm: { data: `unix:${line.path}` } },
        timeouts: { commandMs: COMMAND_TIMEOUT_MS },
      },
    });
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    await line?.[Symbol.asyncDispose]();
    await tpm?.stop();
  });

  for (const fault of ['silence', 'garbage', 'half', 'cut'] as const) {
    it(`${fault}: TBS_E_IOERROR within the configured time-out, then commands and keys as before`, async () => {
      const client = await daemon.connect();
      const contextId = await client.open();
      const key = handleIn(await client.submit(contextId, createPrimaryEcc('x', SIGNING_KEY.noDa)));
      line.fault = fault;
      const startedAtMs = performance.now();
      const failed = await client.submit(contextId, GET_RANDOM_20).catch((error: unknown) => error);
      const tookMs = performance.now() - startedAtMs;
      assert.ok(failed instanceof RpcFailure, String(failed));
      assert.equal(failed.data.symbol, 'TBS_E_IOERROR');
      assert.ok(tookMs < COMMAND_TIMEOUT_MS + 500, `${tookMs} ms`);
      if (fault === 'silence') assert.ok(tookMs >= COMMAND_TIMEOUT_MS - 50, `${tookMs} ms`);
      line.fault = 'none';
      assert.equal(responseCodeOf(await client.submit(contextId, GET_RANDOM_20)), 0);
      assert.equal(responseCodeOf(await client.submit(contextId, signWith(key, 'x'))), 0, 'the key is still there');
      client.close();
    });
  }

  it('more bytes than expected are never taken for a response', async () => {
    const client = await daemon.connect();
    const contextId = await client.open();
    line.fault = 'tooMuch';
    await client.submit(contextId, GET_RANDOM_20).catch(() => undefined);
    line.fault = 'none';
    for (let length = 1; length < 20; length++) {
      const command = Buffer.from(GET_RANDOM_20);
      command.writeUInt16BE(length, 10);
      const response = await client.submit(contextId, command).catch(() => undefined);
      if (response !== undefined) assert.equal(response.length, 12 + length, 'a response of another command');
    }
    client.close();
  });

  it('a lost response leaves nothing behind: what the TPM created is found and flushed', async () => {
    const client = await daemon.connect();
    const contextId = await client.open();
    line.fault = 'silence';
    await client.submit(contextId, createPrimaryEcc('x', SIGNING_KEY.noDa)).catch(() => undefined);
    line.fault = 'none';
    assert.equal(responseCodeOf(await client.submit(contextId, GET_RANDOM_20)), 0);
    for (let count = 0; count < 5; count++) {
      const made = await client.submit(contextId, createPrimaryEcc('x', SIGNING_KEY.noDa));
      assert.equal(responseCodeOf(made), 0, 'every slot of the TPM can be used');
    }
    client.close();
  });
});
