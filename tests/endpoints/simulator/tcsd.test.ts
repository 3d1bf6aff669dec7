import assert from 'node:assert/strict';
import { TPM_ORD } from '../../../ts-core/domain/tpm12/codes.js';
import { startTcsd, type Tcsd } from '../../support/tcsd.js';
import { eventually, type SimulatorRig, startRig } from './simulator-rig.js';

describe("bare commands endpoint: trousers' tcsd on its TCP device", () => {
  let rig: SimulatorRig;
  let tcsd: Tcsd;

  before(async function () {
    if (process.getuid?.() !== 0) return this.skip(); // tcsd must be started by root, and becomes tss
    rig = await startRig(() => ({ bare: { host: '127.0.0.1', port: 0 } }), { version: '1.2' });
    tcsd = await startTcsd({ port: rig.endpoints.bare?.port ?? 0 });
  });
  after(async () => {
    await tcsd?.stop();
    await rig?.[Symbol.asyncDispose]();
  });

  it('reports the version of the TPM', async () => {
    assert.match(await tcsd.run('tpm_version'), /TPM 1\.2 Version Info/);
  });

  it('creates an endorsement key and takes ownership', async () => {
    await tcsd.run('tpm_createek');
    await tcsd.run('tpm_takeownership', '-y', '-z');
    await assert.rejects(tcsd.run('tpm_takeownership', '-y', '-z'), 'it is owned now');
  });

  it('is one caller, tss, with one context for all its connections', () => {
    const used = rig.opener.connections.filter((connection) => connection.submissions.length > 0);
    // tcsd opens its device and reads capabilities before it drops root; it serves its users as tss.
    assert.deepEqual(
      used.map(({ caller }) => caller.userKey),
      ['uid:0', `uid:${tcsd.uid}`],
    );
    const [asRoot, asTss] = used;
    assert.ok(asRoot?.submissions.every(({ command }) => command[9] === TPM_ORD.GetCapability));
    assert.equal(asTss?.caller.callerClass, 'standardUser');
    assert.equal(asTss?.caller.processId, tcsd.pid);
    assert.equal(new Set(asTss?.submissions.map(({ contextId }) => contextId)).size, 1);
  });

  it('loses its context when it ends', async () => {
    await tcsd.stop();
    await eventually(() => rig.opener.openContexts() === 0);
  });
});
