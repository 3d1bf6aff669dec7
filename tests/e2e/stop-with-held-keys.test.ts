/** Stops a broker while clients hold keys and sessions: the TPM stays on, and others use it afterwards. */
import assert from 'node:assert/strict';
import { TPM_HT } from '../../ts-core/domain/tpm20/codes.js';
import { TestDaemon } from '../support/daemon.js';
import { RpcClient } from '../support/rpc-client.js';
import { startSwtpm } from '../support/swtpm.js';
import { TpmConnection } from '../support/tpm12-client.js';
import {
  createSigner,
  handleIn,
  handleListIn,
  listHandles,
  sign,
  startAuthSession,
} from '../support/tpm20-commands.js';
import { WireClient } from '../support/wire-client.js';

type Submit = (command: Uint8Array) => Promise<Uint8Array>;

const ENDPOINTS: Readonly<Record<string, (daemon: TestDaemon) => Promise<Submit>>> = {
  'JSON-RPC': async ({ rpcSocket }) => {
    const client = await RpcClient.connect(rpcSocket);
    const context = await client.open();
    return (command) => client.submit(context, command);
  },
  'the wire': async ({ wireSocket }) => {
    const client = await WireClient.open(wireSocket);
    return async (command) => (await client.submit(command)).response;
  },
};

/** Uses the keys until the broker refuses a command or has stopped. */
async function signUntilStopped(submit: Submit, keys: readonly number[]): Promise<void> {
  for (let index = 0; ; index++) {
    const response = await submit(sign(keys[index % keys.length] as number));
    if (response.length <= 10) return;
  }
}

describe('a broker that stops while a client holds keys', function () {
  this.timeout(60_000);

  for (const [name, connectTo] of Object.entries(ENDPOINTS)) {
    it(`leaves none of them in the TPM (${name})`, async () => {
      await using tpm = await startSwtpm({ version: '2.0' });
      const transport = { kind: 'swtpm', swtpm: { data: `unix:${tpm.dataPath}`, control: `unix:${tpm.ctrlPath}` } };
      await using daemon = await TestDaemon.start({ configuration: { transport } });
      const submit = await connectTo(daemon);
      const keys: number[] = [];
      for (let count = 0; count < 3; count++) keys.push(handleIn(await submit(createSigner())));
      await submit(startAuthSession());
      // Its last command is refused or never answered.
      void signUntilStopped(submit, keys).catch(() => undefined);
      assert.equal(await daemon.stop(), 0);
      await using direct = await TpmConnection.open(tpm.dataPath);
      for (const type of [TPM_HT.TRANSIENT, TPM_HT.HMAC_SESSION, TPM_HT.POLICY_SESSION]) {
        const { handles } = handleListIn(await direct.transmit(listHandles(type * 0x1000000)));
        assert.deepEqual(handles, [], `handles of type ${type}`);
      }
    });
  }
});
