import assert from 'node:assert/strict';
import { SwtpmControlChannel } from '../../../ts-core/adapters/transport/swtpm-control-channel.js';
import { startFaultyTpm } from '../../support/faulty-tpm.js';
import { startSwtpm } from '../../support/swtpm.js';

const TIMEOUT_MS = 20_000;

describe('SwtpmControlChannel', () => {
  it('answers simultaneous requests, each with its own reply', async () => {
    await using tpm = await startSwtpm({ version: '2.0' });
    const channel = await SwtpmControlChannel.connect({ path: tpm.ctrlPath }, TIMEOUT_MS);
    const [initialized, , information] = await Promise.all([
      channel.isTpmInitialized(TIMEOUT_MS),
      channel.cancelTpmCommand(TIMEOUT_MS),
      channel.information(1, TIMEOUT_MS),
      channel.setLocality(2, TIMEOUT_MS),
      channel.storeVolatile(TIMEOUT_MS),
    ]);
    assert.equal(initialized, true);
    assert.deepEqual(Object.keys(information as object), ['TPMSpecification']);
    channel.close();
  });

  it('reports which request swtpm refused, and with which code', async () => {
    await using tpm = await startSwtpm({ version: '2.0' });
    const channel = await SwtpmControlChannel.connect({ path: tpm.ctrlPath }, TIMEOUT_MS);
    await assert.rejects(channel.setLocality(9, TIMEOUT_MS), /CMD_SET_LOCALITY was answered with 0x3d/);
    assert.equal(await channel.isTpmInitialized(TIMEOUT_MS), true);
    channel.close();
  });

  it('reports whether the TPM has had its TPM_Init', async () => {
    await using tpm = await startSwtpm({ version: '1.2', needInit: true });
    const channel = await SwtpmControlChannel.connect({ path: tpm.ctrlPath }, TIMEOUT_MS);
    assert.equal(await channel.isTpmInitialized(TIMEOUT_MS), false);
    await channel.initialize(TIMEOUT_MS);
    assert.equal(await channel.isTpmInitialized(TIMEOUT_MS), true);
    channel.close();
  });

  it('distinguishes its own time-out from the end of swtpm', async () => {
    const lost: string[] = [];
    await using silent = await startFaultyTpm(() => {});
    const first = await SwtpmControlChannel.connect({ path: silent.path }, TIMEOUT_MS);
    first.onLost = (how) => lost.push(how);
    await assert.rejects(first.setLocality(0, 30), /did not answer within 30 ms/);
    const second = await SwtpmControlChannel.connect({ path: silent.path }, TIMEOUT_MS);
    second.onLost = (how) => lost.push(how);
    const asked = assert.rejects(second.setLocality(0, TIMEOUT_MS), /closed its control channel|ECONNRESET/);
    silent.disconnectAll();
    await asked;
    assert.deepEqual(lost, ['dropped', 'closedByPeer']);
  });

  it('drops a channel that announces too many bytes or sends a reply without a request', async () => {
    for (const reply of [Buffer.from('00000000000000007fffffff', 'hex'), Buffer.alloc(20)]) {
      await using liar = await startFaultyTpm((_request, peer) => peer.write(reply));
      const channel = await SwtpmControlChannel.connect({ path: liar.path }, TIMEOUT_MS);
      const how = new Promise<string>((resolve) => {
        channel.onLost = resolve;
      });
      await channel.information(1, TIMEOUT_MS).catch(() => undefined);
      assert.equal(await how, 'dropped');
    }
  });
});
