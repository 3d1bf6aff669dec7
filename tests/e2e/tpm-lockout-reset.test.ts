/**
 * Tests that an administrator who resets the TPM's own dictionary-attack protection clears the standard users'
 * ledger, by every route; a standard user cannot.
 */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { TPM_KH } from '../../ts-core/domain/tpm12/codes.js';
import { resetLockValue } from '../../ts-core/domain/tpm12/dictionary-attack.js';
import { seal } from '../../ts-core/domain/tpm12/sealed-data.js';
import { ALICE, canBecomeOthers, connectAs } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import type { RpcClient } from '../support/rpc-client.js';
import { codeOf, crypto, secret, TpmConnection, type Transmit } from '../support/tpm12-client.js';
import {
  createPrimaryEcc,
  dictionaryAttackLockReset,
  handleIn,
  SIGNING_KEY,
  signWith,
} from '../support/tpm20-commands.js';
import { WireClient } from '../support/wire-client.js';

interface Rig {
  readonly daemon: TestDaemon;
  readonly root: RpcClient;
  readonly folder: string;
}

/** Routes of an administrator's command to the TPM; undefined: the cmdlet's own method. */
const WAYS: Readonly<Record<string, ((rig: Rig) => Promise<AsyncDisposable & { transmit: Transmit }>) | undefined>> = {
  'Unblock-Tpm': undefined,
  'JSON-RPC': async ({ daemon }) => {
    const client = await daemon.connect();
    const contextId = await client.open();
    return {
      transmit: (command) => client.submit(contextId, command),
      [Symbol.asyncDispose]: async () => client.close(),
    };
  },
  'the wire': async ({ daemon }) => {
    const wire = await WireClient.open(daemon.wireSocket, undefined, 3);
    return {
      transmit: async (command) => (await wire.submit(command)).response,
      [Symbol.asyncDispose]: async () => wire[Symbol.dispose](),
    };
  },
  'the swtpm protocol': ({ folder }) => TpmConnection.open(join(folder, 's')),
  'bare commands': ({ folder }) => TpmConnection.open(join(folder, 'bare')),
};

for (const tpmVersion of ['2.0', '1.2'] as const) {
  describe(`resetting the lockout of a TPM ${tpmVersion}`, function () {
    this.timeout(120_000);
    let rig: Rig;
    let alice: RpcClient;
    let aliceTransmit: Transmit;
    let ownerSecret: Uint8Array = new Uint8Array();
    let key = 0;

    before(async function () {
      // Only root can act as other users.
      if (!canBecomeOthers()) return this.skip();
      const folder = await mkdtemp(join(tmpdir(), 'tbs-reset-'));
      await chmod(folder, 0o777);
      const address = (name: string) => `unix:${join(folder, name)}`;
      const simulator = { swtpm: { data: address('s'), control: address('s.ctrl') }, bare: address('bare') };
      const daemon = await TestDaemon.start({ tpmVersion, configuration: { simulator } });
      rig = { daemon, root: await daemon.connect(), folder };
      alice = await connectAs(ALICE, daemon.rpcSocket);
      const contextId = await alice.open();
      aliceTransmit = (command) => alice.submit(contextId, command);
      if (tpmVersion === '1.2') {
        await rig.root.call('tpm/initialize');
        const { ownerAuth } = await rig.root.call<{ ownerAuth: string }>('ownerAuth/get', { type: 'Full' });
        ownerSecret = Buffer.from(ownerAuth, 'base64');
      } else key = handleIn(await aliceTransmit(createPrimaryEcc('right', SIGNING_KEY.noDa)));
    });
    after(async () => {
      if (rig === undefined) return;
      alice.close();
      rig.root.close();
      await rig.daemon[Symbol.asyncDispose]();
      await rm(rig.folder, { recursive: true, force: true });
    });

    const failures = async () => (await rig.root.call<{ totalFailures: number }>('lockout/get')).totalFailures;

    async function aliceGuesses(): Promise<void> {
      if (tpmVersion === '2.0') {
        assert.notEqual(responseCodeOf(await aliceTransmit(signWith(key, 'wrong'))), 0);
      } else {
        const guessed = { handle: TPM_KH.SRK, secret: secret('wrong') };
        assert.equal(await codeOf(seal(crypto, guessed, Uint8Array.of(1), secret('data')), aliceTransmit), 1);
      }
      assert.equal(await failures(), 1);
    }

    /** Resets the TPM's own lockout; resolves with the TPM's result. */
    async function reset(transmit: Transmit): Promise<number> {
      if (tpmVersion === '1.2') return codeOf(resetLockValue(crypto, ownerSecret), transmit);
      return responseCodeOf(await transmit(dictionaryAttackLockReset()));
    }

    for (const [way, open] of Object.entries(WAYS)) {
      it(`by an administrator through ${way} clears the failures of standard users`, async () => {
        await aliceGuesses();
        if (open === undefined) await rig.root.call('tpm/unblock');
        else {
          await using administrator = await open(rig);
          assert.equal(await reset(administrator.transmit), 0);
        }
        assert.equal(await failures(), 0);
      });
    }

    it('clears nothing if the TPM rejects it', async () => {
      await aliceGuesses();
      const contextId = await rig.root.open();
      const transmit: Transmit = (command) => rig.root.submit(contextId, command);
      if (tpmVersion === '1.2') assert.equal(await codeOf(resetLockValue(crypto, secret('wrong')), transmit), 1);
      else {
        const wrong = dictionaryAttackLockReset('wrong');
        assert.notEqual(responseCodeOf(await transmit(wrong)), 0);
      }
      assert.equal(await failures(), 1);
    });
  });
}
