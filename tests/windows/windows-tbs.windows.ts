/** Tests the transport over tbs.dll, with the test's own tbs.dll (tbs-over-tcp.cc) instead of Windows'. */
import assert from 'node:assert/strict';
import { createTransport } from '../../ts-core/adapters/transport/create-transport.js';
import { detectTpm } from '../../ts-core/adapters/transport/detect-version.js';
import type { TpmTransport } from '../../ts-core/application/ports/tpm-transport.js';
import { TbsError } from '../../ts-core/domain/tbs-error.js';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { getRandom, startup } from '../support/either-tpm-commands.js';
import { quietLog } from '../support/quiet-log.js';
import { addon } from './pipe-rig.js';

const VENDOR_COMMAND = Uint8Array.of(0x80, 0x01, 0, 0, 0, 10, 0x20, 0, 0, 1);

describe('Windows’ TPM Base Services as a transport', () => {
  let transport: TpmTransport;
  beforeEach(async () => {
    transport = await createTransport(
      { kind: 'auto', devices: [] },
      { log: quietLog(), openTbsContext: () => new addon.TbsContext() },
    );
    await send(startup('2.0'));
  });
  afterEach(() => transport.close());
  const send = (command: Uint8Array, timeoutMs = 10_000) => transport.transmit(command, { locality: 0, timeoutMs });

  it('is what auto uses first', async () => {
    assert.equal(transport.description, "Windows' TPM Base Services");
    assert.equal((await detectTpm(transport, 5000)).version, '2.0');
  });

  it('transfers commands and responses', async () => {
    const response = await send(getRandom('2.0', 16));
    assert.equal(responseCodeOf(response), 0);
    assert.equal(response.length, 28);
    assert.notDeepEqual(await send(getRandom('2.0', 16)), response);
  });

  it('reports Windows’ result if it blocks a command', async () => {
    await assert.rejects(send(VENDOR_COMMAND), (error) => {
      assert.ok(error instanceof TbsError);
      assert.equal(error.symbol, 'TPM_E_COMMAND_BLOCKED');
      assert.match(error.message, /Windows' TPM Base Services/);
      return true;
    });
    assert.equal(responseCodeOf(await send(getRandom('2.0', 8))), 0);
  });

  it('is reported as open to every program', async () => {
    assert.match(String(await transport.exposure()), /every program can use/);
  });

  it('accepts cancel requests, and nothing after it is closed', async () => {
    const running = send(getRandom('2.0', 8));
    await transport.cancel();
    assert.equal(responseCodeOf(await running), 0);
    await transport.close();
    await assert.rejects(send(getRandom('2.0', 8)), { symbol: 'TBS_E_IOERROR' });
  });
});
