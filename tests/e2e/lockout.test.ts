/** Tests users who guess, on a real TPM, with objects under its dictionary-attack protection and without. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAttack } from '../../bench/hostile/working-user.js';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { TPM_KH, TPM_RESULT } from '../../ts-core/domain/tpm12/codes.js';
import { seal } from '../../ts-core/domain/tpm12/sealed-data.js';
import {
  ACTIVE_SESSION_FIRST,
  RESOURCE_MANAGER_LAYER,
  TPM_CC,
  TPM_RC,
  TPM_RH,
} from '../../ts-core/domain/tpm20/codes.js';
import { aboutSession, isAuthorizationFailure } from '../../ts-core/domain/tpm20/responses.js';
import { ALICE, BOB, CAROL, canBecomeOthers, connectAs, type TestUser } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { ROUTES } from '../support/guessing-routes.js';
import { type RpcClient, RpcFailure } from '../support/rpc-client.js';
import { codeOf, crypto, SRK_SECRET, secret } from '../support/tpm12-client.js';
import {
  createPrimaryEcc,
  dictionaryAttackLockReset,
  dictionaryAttackParameters,
  GET_RANDOM_20,
  handleIn,
  hierarchyChangeAuth,
  passwordCommand,
  SIGNING_KEY,
  signWith,
} from '../support/tpm20-commands.js';

const LOCKED = 'TPM_20_E_LOCKOUT';
/** The same refusal in a TPM response. */
const LOCKED_IN_RESPONSES = RESOURCE_MANAGER_LAYER | TPM_RC.LOCKOUT;
/** The TPM's response to a wrong value in the first session. */
const BAD_AUTH = aboutSession(TPM_RC.BAD_AUTH, 0);

interface Guesser {
  readonly client: RpcClient;
  readonly contextId: number;
  readonly key: number;
}

/** Signs. Resolves with `right`, `wrong`, another response code in hexadecimal, or the symbol of the refusal. */
async function sign({ client, contextId, key }: Guesser, password: string): Promise<string> {
  try {
    const code = responseCodeOf(await client.submit(contextId, signWith(key, password)));
    if (code === 0) return 'right';
    return isAuthorizationFailure(code) ? 'wrong' : `0x${code.toString(16)}`;
  } catch (error) {
    assert.ok(error instanceof RpcFailure, String(error));
    return error.data.symbol;
  }
}

describe('the lockout of standard users, on swtpm', function () {
  this.timeout(60_000);

  before(function () {
    // Only root can act as other users.
    if (!canBecomeOthers()) this.skip();
  });

  async function start(configuration: Readonly<Record<string, unknown>> = {}): Promise<TestDaemon> {
    const daemon = await TestDaemon.start({ configuration });
    const root = await daemon.connect();
    const contextId = await root.open();
    // A new swtpm locks itself after three wrong guesses.
    assert.equal(responseCodeOf(await root.submit(contextId, dictionaryAttackParameters(100))), 0);
    root.close();
    return daemon;
  }

  async function guesser(daemon: TestDaemon, user: TestUser, attributes: number): Promise<Guesser> {
    const client = user.uid === 0 ? await daemon.connect() : await connectAs(user, daemon.rpcSocket);
    const contextId = await client.open();
    const created = await client.submit(contextId, createPrimaryEcc('right', attributes));
    assert.equal(responseCodeOf(created), 0);
    return { client, contextId, key: handleIn(created) };
  }

  for (const [kind, attributes] of Object.entries(SIGNING_KEY)) {
    it(`starts for a user at 4 failures, for all at 9, and never for an administrator (${kind})`, async () => {
      await using daemon = await start();
      const alice = await guesser(daemon, ALICE, attributes);
      const bob = await guesser(daemon, BOB, attributes);
      const carol = await guesser(daemon, CAROL, attributes);
      const root = await guesser(daemon, { uid: 0, gid: 0 }, attributes);
      assert.equal(await sign(alice, 'right'), 'right');
      for (let guess = 0; guess < 4; guess++) assert.equal(await sign(alice, 'guess'), 'wrong');
      assert.equal(await sign(alice, 'guess'), LOCKED);
      assert.equal(await sign(alice, 'right'), LOCKED, 'the right password is refused as well');
      assert.equal(responseCodeOf(await alice.client.submit(alice.contextId, GET_RANDOM_20)), 0, 'no authorization');
      for (let guess = 0; guess < 4; guess++) assert.equal(await sign(bob, 'guess'), 'wrong');
      assert.equal(await sign(carol, 'right'), 'right');
      assert.equal(await sign(carol, 'guess'), 'wrong');
      assert.equal(await sign(carol, 'right'), LOCKED, 'nine failures in all');
      for (let guess = 0; guess < 6; guess++) assert.equal(await sign(root, 'guess'), 'wrong');
      assert.equal(await sign(root, 'right'), 'right');
    });
  }

  it('counts over a user’s many connections and over a burst of queued guesses', async () => {
    await using daemon = await start();
    const connections = await Promise.all(Array.from({ length: 6 }, () => guesser(daemon, ALICE, SIGNING_KEY.underDa)));
    const answers = await Promise.all(
      connections.flatMap((each) => Array.from({ length: 5 }, () => sign(each, 'guess'))),
    );
    assert.equal(answers.filter((answer) => answer === 'wrong').length, 4);
    assert.equal(answers.filter((answer) => answer === LOCKED).length, 26);
  });

  it('holds during a flood of another user: of 25 connections with 30 guesses each, four reach the TPM', async () => {
    await using daemon = await start();
    const connections = await Promise.all(
      Array.from({ length: 25 }, () => guesser(daemon, ALICE, SIGNING_KEY.underDa)),
    );
    const attacker = await startAttack(61_301, ['wire: HIGH commands in 1,000 contexts'], {
      rpc: daemon.rpcSocket,
      wire: daemon.wireSocket,
    });
    try {
      const answers = await Promise.all(
        connections.flatMap((each) => Array.from({ length: 30 }, () => sign(each, 'guess'))),
      );
      assert.equal(answers.filter((answer) => answer === 'wrong').length, 4);
      assert.equal(answers.filter((answer) => answer === LOCKED).length, 746);
    } finally {
      attacker.kill('SIGKILL');
    }
  });

  it('counts over all routes: of 25 connections over nine routes with 30 guesses each, four reach the TPM', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'routes-'));
    await chmod(folder, 0o777);
    const path = (name: string): string => join(folder, name);
    try {
      await using daemon = await start({
        simulator: {
          mssim: { command: `unix:${path('m')}`, platform: `unix:${path('m.ctrl')}` },
          swtpm: { data: `unix:${path('s')}`, control: `unix:${path('s.ctrl')}` },
          bare: `unix:${path('b')}`,
        },
      });
      const sockets = { rpc: daemon.rpcSocket, wire: daemon.wireSocket };
      const simulators = { mssim: path('m'), swtpm: path('s'), bare: path('b') };
      const routes = Object.values(ROUTES);
      assert.equal(routes.length, 9);
      const senders = await Promise.all(
        Array.from({ length: 25 }, async (_, index) => {
          const open = routes[index % routes.length] as (typeof routes)[number];
          const send = await open({ ...sockets, ...simulators }, ALICE);
          const created = await send(createPrimaryEcc('right', SIGNING_KEY.underDa));
          assert.equal(responseCodeOf(created), 0);
          return { send, key: handleIn(created) };
        }),
      );
      const codes = await Promise.all(
        senders.map(async ({ send, key }) => {
          const seen: number[] = [];
          for (let guess = 0; guess < 30; guess++) seen.push(responseCodeOf(await send(signWith(key, 'guess'))));
          return seen;
        }),
      );
      const wrong = codes.flat().filter(isAuthorizationFailure);
      assert.equal(wrong.length, 4);
      assert.equal(codes.flat().filter((code) => code === LOCKED_IN_RESPONSES).length, 746);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is the same after the broker was killed and restarted', async () => {
    await using daemon = await start();
    const before = await guesser(daemon, ALICE, SIGNING_KEY.underDa);
    for (let guess = 0; guess < 3; guess++) assert.equal(await sign(before, 'guess'), 'wrong');
    await daemon.kill('SIGKILL');
    await daemon.run();
    const after = await guesser(daemon, ALICE, SIGNING_KEY.underDa);
    assert.equal(await sign(after, 'guess'), 'wrong');
    assert.equal(await sign(after, 'right'), LOCKED);
  });

  it('shows a user the failures and the end of the lockout, and an administrator can reset it', async () => {
    await using daemon = await start();
    const alice = await guesser(daemon, ALICE, SIGNING_KEY.underDa);
    for (let guess = 0; guess < 4; guess++) await sign(alice, 'guess');
    const state = await alice.client.call<{
      totalFailures: number;
      users: { userKey: string; failures: number; lockedOut: boolean; freesAt: string }[];
    }>('lockout/get');
    assert.equal(state.totalFailures, 4);
    assert.deepEqual(
      state.users.map(({ userKey }) => userKey),
      ['uid:61001'],
    );
    const minutes = (Date.parse(state.users[0]?.freesAt ?? '') - Date.now()) / 60_000;
    assert.ok(minutes > 479 && minutes <= 480.1, `${minutes}`);
    const root = await daemon.connect();
    await root.call('lockout/reset', { user: '61001' });
    assert.equal(await sign(alice, 'right'), 'right');
    const kinds = (await daemon.auditLines()).map((line) => line['kind']);
    for (const kind of ['authorizationFailed', 'lockoutBegan', 'lockoutEnded', 'administration']) {
      assert.ok(kinds.includes(kind), `${kind} in ${kinds}`);
    }
    root.close();
  });

  it('is reset when an administrator resets the TPM’s own dictionary-attack protection', async () => {
    await using daemon = await start();
    const alice = await guesser(daemon, ALICE, SIGNING_KEY.underDa);
    for (let guess = 0; guess < 4; guess++) await sign(alice, 'guess');
    assert.equal(await sign(alice, 'right'), LOCKED);
    const root = await daemon.connect();
    const contextId = await root.open();
    assert.equal(responseCodeOf(await root.submit(contextId, dictionaryAttackLockReset())), 0);
    assert.equal(await sign(alice, 'right'), 'right');
    root.close();
  });

  it('causes a warning if the TPM would lock itself first, until that is corrected', async () => {
    await using daemon = await TestDaemon.start();
    const root = await daemon.connect();
    const warnings = async () =>
      (await root.call<{ warnings: { id: string }[] }>('status/get')).warnings.map(({ id }) => id);
    const contextId = await root.open();
    await root.submit(contextId, dictionaryAttackParameters(9));
    assert.ok((await warnings()).includes('tpmLocksBeforePolicy'));
    await root.submit(contextId, dictionaryAttackParameters(10));
    assert.ok(!(await warnings()).includes('tpmLocksBeforePolicy'));
    root.close();
  });

  it('does not count the empty password that a closed hierarchy rejects, but every other wrong one', async () => {
    await using daemon = await start();
    const root = await daemon.connect();
    const rootContext = await root.open();
    for (const hierarchy of [TPM_RH.OWNER, TPM_RH.ENDORSEMENT]) {
      assert.equal(responseCodeOf(await root.submit(rootContext, hierarchyChangeAuth(hierarchy, 'secret'))), 0);
    }
    const alice = await connectAs(ALICE, daemon.rpcSocket);
    const contextId = await alice.open();
    const failures = async () =>
      (await alice.call<{ users: { failures: number }[] }>('lockout/get')).users[0]?.failures ?? 0;
    const createPrimary = async (hierarchy: number, password: string) =>
      responseCodeOf(await alice.submit(contextId, createPrimaryEcc('', SIGNING_KEY.noDa, { hierarchy, password })));
    for (let attempt = 0; attempt < 6; attempt++) {
      for (const hierarchy of [TPM_RH.OWNER, TPM_RH.ENDORSEMENT]) {
        assert.equal(await createPrimary(hierarchy, ''), BAD_AUTH);
      }
    }
    assert.equal(await failures(), 0);
    assert.equal(await createPrimary(TPM_RH.OWNER, 'guess'), BAD_AUTH);
    assert.equal(await failures(), 1);
    const created = await alice.submit(
      contextId,
      createPrimaryEcc('right', SIGNING_KEY.noDa, { hierarchy: TPM_RH.NULL }),
    );
    assert.equal(responseCodeOf(await alice.submit(contextId, signWith(handleIn(created), ''))), BAD_AUTH);
    assert.equal(await failures(), 2, 'the empty password of an object counts');
    for (const client of [root, alice]) client.close();
  });

  it('keeps TPM_RH_LOCKOUT from standard users, so that nobody spends the administrator’s only try', async () => {
    await using daemon = await start();
    const alice = await connectAs(ALICE, daemon.rpcSocket);
    const contextId = await alice.open();
    // PolicySecret(TPM_RH_LOCKOUT) with a wrong authorization.
    const handles = [TPM_RH.LOCKOUT, ACTIVE_SESSION_FIRST];
    const policySecret = passwordCommand(TPM_CC.PolicySecret, handles, 'wrong', Buffer.alloc(10));
    await assert.rejects(alice.submit(contextId, policySecret), (error: RpcFailure) => {
      assert.equal(error.data.symbol, 'TPM_E_COMMAND_BLOCKED');
      assert.equal(error.data.details['list'], 'handleRule');
      return true;
    });
    alice.close();
  });
});

describe('the lockout of standard users, on a TPM 1.2', function () {
  this.timeout(120_000);

  it('stops one user, then all, before the TPM locks itself, while an administrator can continue', async function () {
    // Only root can act as other users.
    if (!canBecomeOthers()) this.skip();
    // The software TPM locks itself after five failures.
    const thresholds = {
      standardUserAuthorizationFailureIndividualThreshold: 2,
      standardUserAuthorizationFailureTotalThreshold: 4,
    };
    await using daemon = await TestDaemon.start({ tpmVersion: '1.2', policy: { '10.json': thresholds } });
    const root = await daemon.connect();
    await root.call('tpm/initialize');
    /** Resolves with the TPM's result, or with the symbol of the refusal. */
    const sealsWith = async (client: RpcClient, srkSecret: Uint8Array): Promise<number | string> => {
      const contextId = await client.open();
      const srk = { handle: TPM_KH.SRK, secret: srkSecret };
      try {
        return await codeOf(seal(crypto, srk, Uint8Array.of(1), secret('data')), (command) =>
          client.submit(contextId, command),
        );
      } catch (error) {
        assert.ok(error instanceof RpcFailure, String(error));
        return error.data.symbol;
      }
    };
    const stopped = 'TPM_E_DEFEND_LOCK_RUNNING';
    const [alice, bob, carol] = await Promise.all([ALICE, BOB, CAROL].map((user) => connectAs(user, daemon.rpcSocket)));
    for (const user of [alice, bob] as RpcClient[]) {
      for (let guess = 0; guess < 2; guess++) assert.equal(await sealsWith(user, secret('guess')), TPM_RESULT.AUTHFAIL);
      assert.equal(await sealsWith(user, SRK_SECRET), stopped, 'the right password is refused as well');
    }
    assert.equal(await sealsWith(carol as RpcClient, SRK_SECRET), stopped, 'four failures in all');
    const { lockedOut, lockoutCount, lockoutMax } = await root.call<Record<string, unknown>>('tpm/get');
    assert.deepEqual([lockedOut, lockoutCount, lockoutMax], [false, 4, 5]);
    assert.equal(await sealsWith(root, SRK_SECRET), 0, 'an administrator can continue');
    await root.call('tpm/unblock');
    assert.equal((await root.call<{ lockoutCount: number }>('tpm/get')).lockoutCount, 0);
    assert.equal(await sealsWith(carol as RpcClient, SRK_SECRET), 0, 'the ledger is empty');
    for (const client of [alice, bob, carol, root]) client?.close();
  });
});
