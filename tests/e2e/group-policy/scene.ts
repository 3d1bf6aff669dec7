/**
 * The set-up of the Group Policy tests: a domain with a joined member, a broker that watches what is delivered there,
 * and callers. Also the entries of a GPO, as the administrative template writes them.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { REGISTRY_TYPES } from '../../../ts-core/domain/policy/registry-pol.js';
import { ALICE, connectAs } from '../../support/as-user.js';
import { TestDaemon } from '../../support/daemon.js';
import { GroupPolicyLab } from '../../support/group-policy-lab.js';
import { NativeClients } from '../../support/native-clients.js';
import { NODE, TBS } from '../../support/programs.js';
import { dword, type PolEntryInput, sz } from '../../support/registry-pol-writer.js';
import { RpcFailure } from '../../support/rpc-client.js';
import { CLEAR_20, GET_RANDOM_20 } from '../../support/tpm20-commands.js';

const TPM = 'Software\\Policies\\Microsoft\\TPM';
const LIST = `${TPM}\\BlockedCommands\\List`;
export const GET_RANDOM = '379';
export const CLEAR = '294';

const enabled: PolEntryInput = {
  key: `${TPM}\\BlockedCommands`,
  valueName: 'Enabled',
  type: REGISTRY_TYPES.REG_DWORD,
  data: dword(1),
};

export const blocks = (...codes: string[]): PolEntryInput[] => [
  enabled,
  ...codes.map((code) => ({ key: LIST, valueName: code, type: REGISTRY_TYPES.REG_SZ, data: sz(code) })),
];

export const lasts = (minutes: number): PolEntryInput => ({
  key: TPM,
  valueName: 'StandardUserAuthorizationFailureDuration',
  type: REGISTRY_TYPES.REG_DWORD,
  data: dword(minutes),
});

export const disabledBlockList: PolEntryInput[] = [
  { key: `${TPM}\\BlockedCommands`, valueName: '**del.Enabled', type: REGISTRY_TYPES.REG_SZ, data: sz(' ') },
  { key: LIST, valueName: '**delvals.', type: REGISTRY_TYPES.REG_SZ, data: sz(' ') },
];

interface PolicyState {
  readonly settings: readonly { readonly name: string; readonly value: unknown; readonly source: string }[];
  readonly problems: readonly { readonly source: string; readonly message: string }[];
  readonly revision: number;
}

interface Refusal {
  readonly symbol: string;
  readonly source: string;
  readonly liftedBy: string;
}

export type Scene = Awaited<ReturnType<typeof startScene>>;

export async function startScene() {
  const lab = await GroupPolicyLab.start();
  await lab.registerExtension();
  const daemon = await TestDaemon.start({
    configuration: { policy: { groupPolicy: [{ kind: 'samba', folder: lab.delivery }] } },
  });
  const clients = await NativeClients.install();
  const root = await daemon.connect();
  const alice = await connectAs(ALICE, daemon.rpcSocket);
  const rootContext = await root.open();
  const aliceContext = await alice.open();

  const policy = () => root.call<PolicyState>('policy/get');
  const setting = async (name: string) => (await policy()).settings.find((state) => state.name === name);
  const refusalOf = async (call: Promise<unknown>): Promise<Refusal | undefined> => {
    try {
      await call;
      return undefined;
    } catch (error) {
      assert.ok(error instanceof RpcFailure, String(error));
      const details = error.data.details as Record<string, unknown>;
      return { symbol: error.data.symbol, source: String(details['source']), liftedBy: String(details['liftedBy']) };
    }
  };
  const aliceGetRandom = () => refusalOf(alice.submit(aliceContext, GET_RANDOM_20));
  return {
    lab,
    daemon,
    root,
    policy,
    setting,
    refusalOf,
    duration: async () => (await setting('standardUserAuthorizationFailureDurationMinutes'))?.value,
    /** Waits until the broker, after its settling time, has applied the delivered policy and `condition` holds. */
    becomes: async (what: string, condition: () => Promise<boolean>, seconds = 5): Promise<void> => {
      for (let tries = 0; tries < seconds * 40; tries += 1) {
        if (await condition()) return;
        await wait(25);
      }
      assert.fail(`timed out after ${seconds} seconds: ${what}; the policy is ${JSON.stringify(await policy())}`);
    },
    isBlocked: async () => (await aliceGetRandom()) !== undefined,
    isFree: async () => (await aliceGetRandom()) === undefined,
    clear: () => root.submit(rootContext, CLEAR_20),
    /** Runs tpm2_clear as at a terminal, where nobody has set TSS2_LOG. */
    tpm2Clear: () => clients.run(daemon.wireSocket, 'tpm2_clear', [], { env: { TSS2_LOG: '' }, timeoutMs: 30_000 }),
    tbs: (...args: string[]) =>
      spawnSync(NODE, [TBS, ...args], {
        encoding: 'utf8',
        timeout: 30_000,
        env: { ...process.env, TPMTBS_SOCKET: daemon.rpcSocket },
      }),
    stop: async () => {
      root.close();
      alice.close();
      await daemon[Symbol.asyncDispose]();
      await clients[Symbol.asyncDispose]();
      await lab.stop();
    },
  };
}
