import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tpmCommand } from '../../../ts-core/cli/commands/tpm.js';
import { tpmInitialize, tpmOpenHierarchies, tpmProvisioning } from '../../../ts-core/endpoints/rpc/protocol/tpm.js';
import { CannedBroker } from '../../support/canned-broker.js';

const READY = {
  ...{ tpmReady: true, information: 0, missing: [], restartRequired: false, shutdownRequired: false },
  ...{ clearRequired: false, physicalPresencePromptRequired: false },
  ...{ storageHierarchy: 'open', endorsementHierarchy: 'open', policyClosesHierarchies: false },
};

describe('tbs tpm', () => {
  let broker: CannedBroker;
  beforeEach(async () => {
    broker = await CannedBroker.start();
    broker.answers(tpmProvisioning, READY);
    broker.answers(tpmInitialize, READY);
    broker.answers(tpmOpenHierarchies, READY);
  });
  afterEach(() => broker[Symbol.asyncDispose]());

  const tpm = (...args: readonly string[]) => broker.tbs(tpmCommand, 'tpm', ...args, '--json');
  const initialized = () =>
    broker.calls.filter(([method]) => method === tpmInitialize.name).map(([, params]) => params);

  it('initialize leaves the hierarchies open, does not ask, and reports whether the TPM is ready', async () => {
    assert.equal((await tpm('initialize')).exitCode, 0);
    assert.deepEqual(initialized(), [{ closeHierarchies: false }]);
    broker.answers(tpmInitialize, { ...READY, tpmReady: false });
    assert.equal((await tpm('initialize')).exitCode, 2);
  });

  it('initialize asks before it closes open hierarchies, whether the option or policy requests it', async () => {
    await assert.rejects(tpm('initialize', '--close-hierarchies'), { symbol: 'notConfirmed', message: /clevis/ });
    broker.answers(tpmProvisioning, { ...READY, policyClosesHierarchies: true });
    await assert.rejects(tpm('initialize'), { symbol: 'notConfirmed', message: /^Policy requires this\./ });
    assert.deepEqual(initialized(), []);
    await tpm('initialize', '--close-hierarchies', '--yes');
    assert.deepEqual(initialized(), [{ closeHierarchies: true }]);
    broker.answers(tpmProvisioning, { ...READY, storageHierarchy: 'closed', endorsementHierarchy: 'closed' });
    await tpm('initialize', '--close-hierarchies');
    assert.deepEqual(initialized(), [{ closeHierarchies: true }], 'nothing is open any more');
  });

  it('open-hierarchies reads authorizations from files, without a trailing line feed', async () => {
    const [storage, endorsement] = [join(broker.folder, 'storage'), join(broker.folder, 'endorsement')];
    writeFileSync(storage, 'secret\n');
    writeFileSync(endorsement, Buffer.alloc(64, 7));
    const { calls } = await tpm(
      'open-hierarchies',
      '--storage-auth-file',
      storage,
      '--endorsement-auth-file',
      endorsement,
    );
    assert.deepEqual(calls[0]?.[1], {
      storageAuth: Buffer.from('secret').toString('base64'),
      endorsementAuth: Buffer.alloc(64, 7).toString('base64'),
    });
    assert.deepEqual((await tpm('open-hierarchies')).calls[0]?.[1], {});
    writeFileSync(storage, Buffer.alloc(65, 7));
    await assert.rejects(tpm('open-hierarchies', '--storage-auth-file', storage), {
      exitCode: 64,
      message: /holds 65 bytes/,
    });
    assert.deepEqual(broker.calls, []);
  });
});
