/** Tests a real tbsd whose state was stored with another TPM, as after a disk was moved or a backup restored. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT_CODES } from '../../ts-core/daemon/exit-codes.js';
import type { Status } from '../../ts-core/endpoints/rpc/protocol/status.js';
import { TestDaemon } from '../support/daemon.js';
import type { RpcClient } from '../support/rpc-client.js';
import { type Swtpm, startSwtpm } from '../support/swtpm.js';

const WARNING = 'tpmReplaced';

function transportOf({ dataPath, ctrlPath }: Swtpm) {
  return { kind: 'swtpm', swtpm: { data: `unix:${dataPath}`, control: `unix:${ctrlPath}` } };
}

async function restartWith(daemon: TestDaemon, tpm: Swtpm): Promise<RpcClient> {
  await daemon.stop();
  const file = join(daemon.folder, 'tbsd.json');
  const configuration = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...configuration, transport: transportOf(tpm) }));
  await daemon.run();
  return daemon.connect();
}

async function replacement(client: RpcClient): Promise<string | undefined> {
  const { warnings } = await client.call<Status>('status/get');
  return warnings.find(({ id }) => id === WARNING)?.message;
}

const ownerAuth = async (client: RpcClient) =>
  (await client.call<{ ownerAuth: string }>('ownerAuth/get', { type: 'Full' })).ownerAuth;
const failedTries = async (client: RpcClient) => (await client.call<{ lockoutCount: number }>('tpm/get')).lockoutCount;

describe('a broker with the state of another TPM', function () {
  this.timeout(300_000);

  it('recognises it, reports it, uses none of it, and uses it again with the TPM that it belongs to', async () => {
    await using first = await startSwtpm({ version: '2.0' });
    await using second = await startSwtpm({ version: '2.0' });
    await using daemon = await TestDaemon.start({ configuration: { transport: transportOf(first) } });
    const before = await daemon.connect();
    await before.call('commandBlock/add', { commands: ['TPM2_Hash'] });
    await before.call('tpm/initialize');
    const owner = await ownerAuth(before);
    assert.equal(await replacement(before), undefined);
    before.close();

    const other = await restartWith(daemon, second);
    assert.match((await replacement(other)) ?? '', /is another one than before \(.*are set aside\.$/);
    assert.equal((await other.call<{ tpmOwned: boolean }>('tpm/get')).tpmOwned, false);
    await assert.rejects(ownerAuth(other), 'the value sealed to the first TPM is not available');
    assert.equal(await failedTries(other), 0, 'no value of the first TPM was tried on the second');
    const { commands } = await other.call<{ commands: readonly { name: string; lists: readonly string[] }[] }>(
      'commandBlock/list',
    );
    assert.ok(commands.length > 0, 'the local lists belong to the machine, not to the TPM');
    const { recent } = await other.call<{ recent: readonly { kind: string; message: string }[] }>('event/subscribe', {
      recent: 100,
      follow: false,
    });
    assert.ok(recent.some(({ kind, message }) => kind === 'warning' && message.includes('another one than before')));
    other.close();

    const back = await restartWith(daemon, first);
    assert.match((await replacement(back)) ?? '', /set aside for this TPM is in use again\.$/);
    assert.equal(await ownerAuth(back), owner);
    back.close();

    const quiet = await restartWith(daemon, first);
    assert.equal(await replacement(quiet), undefined, 'the next start ends the warning');
    assert.equal(await ownerAuth(quiet), owner);
    quiet.close();
  });

  it('ends when another TPM takes the place of its own, and its next start sets the state aside', async () => {
    await using tpm = await startSwtpm({ version: '2.0' });
    await using daemon = await TestDaemon.start({ configuration: { transport: transportOf(tpm) } });
    const before = await daemon.connect();
    await before.call('tpm/initialize');
    before.close();

    await tpm.restart();
    const same = await daemon.connect();
    assert.equal(await failedTries(same), 0, 'the TPM that came back is its own');

    await tpm.kill();
    rmSync(join(tpm.dir, 'state'), { recursive: true });
    await tpm.start();
    same.close();
    assert.equal(await daemon.ended(), EXIT_CODES.tpmNotFound);
    assert.match(daemon.errorOutput, /The TPM was exchanged while the broker ran/);

    await daemon.run();
    const after = await daemon.connect();
    assert.match((await replacement(after)) ?? '', /is another one than before/);
    await assert.rejects(ownerAuth(after));
    after.close();
  });
});
