/**
 * Tests the TPM 1.2 virtualizer in front of a real software TPM. swtpm has room for 20 keys, 16 authorization sessions,
 * 16 transport sessions and 128 saved sessions; tests of eviction use more than that, and the others more than three.
 */
import assert from 'node:assert/strict';
import { concat, sized, uint16, uint32 } from '../../ts-core/domain/tpm/byte-fields.js';
import { readUint32, responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { flushSession, openDsap, openOiap, openOsap } from '../../ts-core/domain/tpm12/authorization-sessions.js';
import { runCommand, type Session } from '../../ts-core/domain/tpm12/authorized-command.js';
import {
  TPM_ET,
  TPM_KEY_USAGE,
  TPM_KH,
  TPM_ORD,
  TPM_RESULT,
  TPM_RT,
  TPM_ST,
} from '../../ts-core/domain/tpm12/codes.js';
import { createDelegationFamily, enableDelegationFamily } from '../../ts-core/domain/tpm12/delegation.js';
import { resetLockValue } from '../../ts-core/domain/tpm12/dictionary-attack.js';
import { ownerClear } from '../../ts-core/domain/tpm12/ownership.js';
import { createWrapKey, loadKey2, seal, unseal } from '../../ts-core/domain/tpm12/sealed-data.js';
import { keyTemplate } from '../../ts-core/domain/tpm12/structures.js';
import { REFUSED_INSIDE_TRANSPORT } from '../../ts-core/domain/tpm12/transport.js';
import { Tpm12Virtualizer } from '../../ts-core/domain/virtualization/tpm12/tpm12-virtualizer.js';
import { type Swtpm, startSwtpm } from '../support/swtpm.js';
import {
  codeOf,
  crypto,
  defineNvSpace,
  establishTransport,
  executeTransport,
  flush,
  getPubKey,
  keyDelegation,
  listHandles,
  loadContext,
  OWNER_SECRET,
  provision,
  run,
  SRK_SECRET,
  saveContext,
  secret,
  sign,
  TpmConnection,
  type Transmit,
  throughContext,
} from '../support/tpm12-client.js';
import { command12 } from '../support/tpm12-commands.js';

const MORE_KEYS_THAN_FIT = 24;
const MORE_SESSIONS_THAN_FIT = 20;
const SRK = { handle: TPM_KH.SRK, secret: SRK_SECRET };
const ALICE = { userKey: 'uid:1000', callerClass: 'standardUser' as const };
const BOB = { userKey: 'uid:1001', callerClass: 'standardUser' as const };

function signingKey(name: string) {
  const template = keyTemplate({ usage: TPM_KEY_USAGE.SIGNING, needsAuthorization: true });
  return createWrapKey(crypto, SRK, { template, usageSecret: secret(name), migrationSecret: secret(name) });
}

/** Signs with a new OIAP session. */
function* signOnce(handle: number, name: string) {
  return yield* sign(yield* openOiap(crypto), handle, secret(name));
}

function osapTo(handle: number, name: string) {
  return openOsap(crypto, { type: TPM_ET.KEYHANDLE, value: handle, secret: secret(name) });
}

describe('TPM 1.2 virtualization on a software TPM', function () {
  this.timeout(120_000);
  let tpm: Swtpm;
  let connection: TpmConnection;
  let virtualizer: Tpm12Virtualizer;
  let keys: Uint8Array[];
  let alice: Transmit;
  let alice2: Transmit;
  let bob: Transmit;

  before(async () => {
    tpm = await startSwtpm({ version: '1.2', startup: true });
    connection = await TpmConnection.open(tpm.dataPath);
    await provision(connection.transmit);
    keys = [];
    for (let index = 0; index < 5; index++) keys.push(await run(signingKey(`key ${index}`), connection.transmit));
  });
  after(async () => {
    await connection?.[Symbol.asyncDispose]();
    await tpm?.stop();
  });
  beforeEach(async () => {
    virtualizer = new Tpm12Virtualizer();
    await run(virtualizer.start(undefined), connection.transmit);
    virtualizer.openContext(1, ALICE);
    virtualizer.openContext(2, BOB);
    virtualizer.openContext(3, ALICE);
    alice = throughContext(virtualizer, 1, connection.transmit);
    bob = throughContext(virtualizer, 2, connection.transmit);
    alice2 = throughContext(virtualizer, 3, connection.transmit);
  });
  afterEach(async () => {
    for (const contextId of [1, 2, 3]) await run(virtualizer.closeContext(contextId), connection.transmit);
    for (const type of [TPM_RT.KEY, TPM_RT.AUTH, TPM_RT.TRANS, TPM_RT.CONTEXT]) {
      assert.deepEqual(await run(listHandles(type), connection.transmit), [], `type ${type} leaked`);
    }
  });

  const load = (index: number, transmit: Transmit) => run(loadKey2(crypto, SRK, keys[index] as Uint8Array), transmit);

  it('uses more keys than fit into the TPM', async () => {
    const handles = [];
    for (let index = 0; index < MORE_KEYS_THAN_FIT; index++) handles.push(await load(index % 5, alice));
    assert.equal(new Set(handles).size, MORE_KEYS_THAN_FIT);
    for (let round = 0; round < 2; round++) {
      for (const [index, handle] of handles.entries()) await run(signOnce(handle, `key ${index % 5}`), alice);
    }
    assert.ok(virtualizer.resources().some((resource) => !resource.resident));
  });

  it('uses more sessions than fit into the TPM, and updates their nonces', async () => {
    const handle = await load(0, alice);
    const sessions: Session[] = [];
    for (let index = 0; index < MORE_SESSIONS_THAN_FIT; index++) sessions.push(await run(openOiap(crypto), alice));
    for (let round = 0; round < 2; round++) {
      for (const session of sessions) await run(sign(session, handle, secret('key 0'), true), alice);
    }
  });

  it('keeps OSAP sessions alive while their keys are swapped', async () => {
    const handles = [];
    const sessions: Session[] = [];
    for (let index = 0; index < MORE_KEYS_THAN_FIT; index++) {
      const handle = await load(index % 5, alice);
      handles.push(handle);
      sessions.push(await run(osapTo(handle, `key ${index % 5}`), alice));
    }
    for (let round = 0; round < 2; round++) {
      for (const [index, session] of sessions.entries()) {
        await run(sign(session, handles[index] as number, secret(''), true), alice);
      }
    }
  });

  it('answers a handle of another context like one that does not exist', async () => {
    const handle = await load(0, alice);
    const session = await run(openOiap(crypto), alice);
    for (const other of [bob, alice2]) {
      assert.equal(await codeOf(signOnce(handle, 'key 0'), other), TPM_RESULT.INVALID_KEYHANDLE);
      assert.equal(await codeOf(flush(handle, TPM_RT.KEY), other), TPM_RESULT.INVALID_KEYHANDLE);
      assert.equal(await codeOf(flush(session.handle, TPM_RT.AUTH), other), TPM_RESULT.INVALID_AUTHHANDLE);
      assert.equal(await codeOf(saveContext(handle, TPM_RT.KEY), other), TPM_RESULT.INVALID_KEYHANDLE);
      assert.equal(await codeOf(saveContext(session.handle, TPM_RT.AUTH), other), TPM_RESULT.INVALID_AUTHHANDLE);
      assert.equal(await codeOf(osapTo(handle, 'key 0'), other), TPM_RESULT.INVALID_KEYHANDLE);
      assert.deepEqual(await run(listHandles(TPM_RT.KEY), other), []);
      assert.deepEqual(await run(listHandles(TPM_RT.AUTH), other), []);
      const otherKey = await load(1, other);
      assert.equal(await codeOf(sign(session, otherKey, secret('key 1')), other), TPM_RESULT.INVALID_AUTHHANDLE);
    }
    assert.deepEqual(await run(listHandles(TPM_RT.KEY), alice), [handle]);
    assert.deepEqual(await run(listHandles(TPM_RT.AUTH), alice), [session.handle]);
    await run(sign(session, handle, secret('key 0')), alice);
  });

  it('ends a session whose continue flag is returned as 0', async () => {
    const handle = await load(0, alice);
    const session = await run(openOiap(crypto), alice);
    await run(sign(session, handle, secret('key 0'), false), alice);
    assert.equal(await codeOf(sign(session, handle, secret('key 0')), alice), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(virtualizer.counts(1).loadedSessions, 0);
  });

  it('ends a session whose command failed, but not the others', async () => {
    const handle = await load(0, alice);
    const failing = await run(openOiap(crypto), alice);
    const others: Session[] = [];
    for (let index = 0; index < MORE_SESSIONS_THAN_FIT; index++) others.push(await run(openOiap(crypto), alice));
    assert.equal(await codeOf(sign(failing, handle, secret('guess'), true), alice), TPM_RESULT.AUTHFAIL);
    assert.equal(await codeOf(sign(failing, handle, secret('key 0'), true), alice), TPM_RESULT.INVALID_AUTHHANDLE);
    for (const session of others) await run(sign(session, handle, secret('key 0')), alice);
  });

  it('ends the OSAP sessions of a flushed key, loaded or saved', async () => {
    const handle = await load(0, alice);
    const sessions: Session[] = [];
    for (let index = 0; index < MORE_SESSIONS_THAN_FIT; index++)
      sessions.push(await run(osapTo(handle, 'key 0'), alice));
    await run(flush(handle, TPM_RT.KEY), alice);
    assert.equal(virtualizer.counts(1).loadedSessions, 0);
    assert.equal(await codeOf(signOnce(handle, 'key 0'), alice), TPM_RESULT.INVALID_KEYHANDLE);
    for (const session of sessions) {
      assert.equal(await codeOf(flushSession(crypto, session), alice), TPM_RESULT.INVALID_AUTHHANDLE);
    }
  });

  it("keeps another user's OSAP session when a copy of its key is flushed", async () => {
    const aliceKey = await load(0, alice);
    const bobKey = await load(0, bob);
    const bobSession = await run(osapTo(bobKey, 'key 0'), bob);
    await run(flush(aliceKey, TPM_RT.KEY), alice);
    await run(sign(bobSession, bobKey, secret('')), bob);
  });

  it('moves a saved session between contexts of its user, once, and refuses it to another user', async () => {
    const handle = await load(0, alice);
    const session = await run(osapTo(handle, 'key 0'), alice);
    const blob = await run(saveContext(session.handle, TPM_RT.AUTH), alice);
    assert.equal(await codeOf(sign(session, handle, secret('')), alice), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(await codeOf(loadContext(blob, await load(0, bob)), bob), TPM_RESULT.BADCONTEXT);
    const handle2 = await load(0, alice2);
    const loaded = await run(loadContext(blob, handle2), alice2);
    await run(sign({ ...session, handle: loaded }, handle2, secret('')), alice2);
    assert.equal(await codeOf(loadContext(blob, handle2), alice2), TPM_RESULT.BADCONTEXT);
  });

  it('loads saved keys as bearer blobs, with their old handle if requested', async () => {
    const handle = await load(0, alice);
    const blob = await run(saveContext(handle, TPM_RT.KEY), alice);
    assert.equal(await codeOf(loadContext(blob, 0, true), alice), TPM_RESULT.BAD_HANDLE, 'it is taken');
    await run(flush(handle, TPM_RT.KEY), alice);
    assert.equal(await run(loadContext(blob, 0, true), alice), handle);
    await run(signOnce(handle, 'key 0'), alice);
    await run(signOnce(await run(loadContext(blob), bob), 'key 0'), bob);
  });

  it('synchronizes the sessions after delegation commands', async () => {
    const handle = await load(0, alice);
    const bound = await run(osapTo(handle, 'key 0'), alice);
    const free = await run(openOiap(crypto), alice);
    await run(createDelegationFamily(crypto, OWNER_SECRET, 1), bob);
    assert.equal(await codeOf(sign(bound, handle, secret('')), alice), TPM_RESULT.INVALID_AUTHHANDLE);
    await run(sign(free, handle, secret('key 0')), alice);
  });

  it('seals, unseals, defines NV space and works as the owner beside others', async () => {
    const storage = [];
    for (let index = 0; index < 4; index++) storage.push(await load(index, bob));
    const data = new TextEncoder().encode('sealed');
    const blob = await run(seal(crypto, SRK, data, secret('data')), alice);
    assert.deepEqual(await run(unseal(crypto, SRK, blob, secret('data')), alice), data);
    await run(defineNvSpace(0x00011101, 16), alice);
    await run(resetLockValue(crypto, OWNER_SECRET), alice);
    const owner = await run(openOsap(crypto, { type: TPM_ET.OWNER, value: TPM_KH.OWNER, secret: OWNER_SECRET }), alice);
    for (const [index, handle] of storage.entries()) await run(signOnce(handle, `key ${index}`), bob);
    for (let index = 0; index < 4; index++) await run(openOiap(crypto), bob);
    await run(runCommand(crypto, { ordinal: TPM_ORD.ResetLockValue }, [{ session: owner }]), alice);
  });

  it('loads keys with TPM_LoadKey, whose handle the TPM authenticates, beside those of other contexts', async () => {
    const loadKey1 = function* (index: number) {
      const session = yield* openOiap(crypto);
      const { parameters } = yield* runCommand(
        crypto,
        { ordinal: TPM_ORD.LoadKey, handles: [TPM_KH.SRK], parameters: keys[index] as Uint8Array },
        [{ session, entitySecret: SRK_SECRET }],
      );
      return readUint32(parameters, 0);
    };
    for (let index = 0; index < MORE_KEYS_THAN_FIT; index++) await load(index % 5, bob);
    const handles = [];
    for (let index = 0; index < MORE_KEYS_THAN_FIT; index++) handles.push(await run(loadKey1(index % 5), alice));
    for (const [index, handle] of handles.entries()) await run(signOnce(handle, `key ${index % 5}`), alice);
    await run(runCommand(crypto, { ordinal: TPM_ORD.EvictKey, handles: [handles[0] as number] }), alice);
    assert.equal(await codeOf(signOnce(handles[0] as number, 'key 0'), alice), TPM_RESULT.INVALID_KEYHANDLE);
  });

  it('keeps DSAP sessions of delegated keys across evictions', async () => {
    const handle = await load(0, alice);
    const family = await run(createDelegationFamily(crypto, OWNER_SECRET, 2), alice);
    await run(enableDelegationFamily(crypto, OWNER_SECRET, family, true), alice);
    const blob = await run(keyDelegation(handle, 'key 0', family, 'delegate'), alice);
    const open = () =>
      openDsap(crypto, { type: TPM_ET.DEL_KEY_BLOB, keyHandle: handle, value: blob, secret: secret('delegate') });
    assert.equal(await codeOf(open(), bob), TPM_RESULT.INVALID_KEYHANDLE);
    const sessions: Session[] = [];
    for (let index = 0; index < 6; index++) sessions.push(await run(open(), alice));
    for (let index = 0; index < MORE_KEYS_THAN_FIT; index++) await load(index % 5, bob);
    for (const session of sessions) await run(sign(session, handle, secret('')), alice);
  });

  it('also saves and loads with the predecessors of TPM_SaveContext', async () => {
    const handle = await load(0, alice);
    const session = await run(openOiap(crypto), alice);
    const saved = function* (ordinal: number, what: number) {
      const { parameters } = yield* runCommand(crypto, { ordinal, handles: [what] });
      return parameters;
    };
    const loaded = function* (ordinal: number, blob: Uint8Array) {
      const { parameters } = yield* runCommand(crypto, { ordinal, parameters: blob });
      return readUint32(parameters, 0);
    };
    const keyBlob = await run(saved(TPM_ORD.SaveKeyContext, handle), alice);
    const sessionBlob = await run(saved(TPM_ORD.SaveAuthContext, session.handle), alice);
    assert.equal(await codeOf(saved(TPM_ORD.SaveKeyContext, handle), bob), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(await codeOf(loaded(TPM_ORD.LoadAuthContext, sessionBlob), bob), TPM_RESULT.BADCONTEXT);
    await run(flush(handle, TPM_RT.KEY), alice);
    const key = await run(loaded(TPM_ORD.LoadKeyContext, keyBlob), alice);
    const again = await run(loaded(TPM_ORD.LoadAuthContext, sessionBlob), alice);
    await run(sign({ ...session, handle: again }, key, secret('key 0')), alice);
  });

  it('runs commands with keys and sessions inside transport sessions, more of them than fit', async () => {
    const transports = [];
    for (let index = 0; index < MORE_SESSIONS_THAN_FIT; index++)
      transports.push(await run(establishTransport(), alice));
    const handles = [];
    for (let index = 0; index < 4; index++) handles.push(await load(index, alice));
    const oiap = command12(TPM_ORD.OIAP);
    for (const [index, transport] of transports.entries()) {
      const response = await run(executeTransport(transport, oiap, 0, 0), alice);
      assert.equal(responseCodeOf(response), 0);
      const session = { handle: readUint32(response, 10), nonceEven: response.slice(14, 34), sharedSecret: undefined };
      const keyIndex = index % 4;
      let wrapped = new Uint8Array();
      const capturing: Transmit = async (command) => {
        wrapped = command.slice();
        return run(executeTransport(transport, wrapped, 4, 45), alice);
      };
      const publicKey = await run(
        getPubKey(session, handles[keyIndex] as number, secret(`key ${keyIndex}`)),
        capturing,
      );
      assert.ok(publicKey.length > 256);
    }
  });

  it('refuses commands inside a transport session that it cannot follow, and keeps the session', async () => {
    const transport = await run(establishTransport(), alice);
    const handle = await load(0, alice);
    for (const ordinal of REFUSED_INSIDE_TRANSPORT) {
      const inner = command12(ordinal, concat(uint32(handle), new Uint8Array(20)));
      const code = await codeOf(executeTransport(transport, inner, 4, 0), alice);
      assert.equal(code, TPM_RESULT.E_EMBEDDED_COMMAND_UNSUPPORTED, `ordinal ${ordinal}`);
    }
    const random = command12(TPM_ORD.GetRandom, uint32(8));
    assert.equal((await run(executeTransport(transport, random, 0, 0), alice)).length, 22);
    assert.equal(await codeOf(executeTransport(transport, random, 0, 0), bob), TPM_RESULT.INVALID_AUTHHANDLE);
  });

  it('answers TPM_Startup like a started TPM', async () => {
    const startup = command12(TPM_ORD.Startup, uint16(TPM_ST.CLEAR));
    assert.equal(responseCodeOf(await alice(startup)), TPM_RESULT.INVALID_POSTINIT);
  });

  it('flushes what an earlier run left behind, and keeps its callers’ saved sessions', async () => {
    await load(0, alice);
    for (let index = 0; index < MORE_SESSIONS_THAN_FIT; index++) await run(openOiap(crypto), alice);
    const session = await run(openOiap(crypto), alice);
    const blob = await run(saveContext(session.handle, TPM_RT.AUTH), alice);
    const snapshot = JSON.parse(JSON.stringify(virtualizer.snapshot()));
    virtualizer.tpmWasReset();

    const next = new Tpm12Virtualizer();
    await run(next.start(snapshot), connection.transmit);
    next.openContext(7, ALICE);
    const later = throughContext(next, 7, connection.transmit);
    const handle = await run(loadContext(blob), later);
    const key = await load(0, later);
    await run(sign({ ...session, handle }, key, secret('key 0')), later);
    await run(next.closeContext(7), connection.transmit);
  });

  it('keeps keys and sessions across a suspend', async () => {
    const handle = await load(0, alice);
    const bound = await run(osapTo(handle, 'key 0'), alice);
    const free = await run(openOiap(crypto), alice);
    await run(virtualizer.suspend(), connection.transmit);
    assert.deepEqual(await run(listHandles(TPM_RT.KEY), connection.transmit), []);
    assert.deepEqual(await run(listHandles(TPM_RT.AUTH), connection.transmit), []);
    await run(virtualizer.resume(), connection.transmit);
    await run(sign(bound, handle, secret('')), alice);
    await run(sign(free, handle, secret('key 0')), alice);
  });

  it('shows one owner-evict key to everybody and never flushes it', async () => {
    const handle = await load(0, alice);
    const control = (keyHandle: number, stays: boolean) =>
      (function* () {
        const publicKey = yield* getPubKey(yield* openOiap(crypto), keyHandle, secret('key 0'));
        const session = yield* openOiap(crypto);
        const parameters = concat(publicKey, uint32(1), Uint8Array.of(stays ? 1 : 0));
        yield* runCommand(crypto, { ordinal: TPM_ORD.KeyControlOwner, handles: [keyHandle], parameters }, [
          { session, entitySecret: OWNER_SECRET },
        ]);
      })();
    await run(control(handle, true), alice);
    assert.deepEqual(await run(listHandles(TPM_RT.KEY), bob), [handle]);
    for (let index = 0; index < MORE_KEYS_THAN_FIT; index++) {
      await run(signOnce(await load(index % 5, bob), `key ${index % 5}`), bob);
    }
    await run(signOnce(handle, 'key 0'), bob);
    assert.equal(await codeOf(flush(handle, TPM_RT.KEY), bob), TPM_RESULT.KEY_OWNER_CONTROL);
    await run(virtualizer.closeContext(1), connection.transmit);
    await run(signOnce(handle, 'key 0'), bob);
    await run(control(handle, false), bob);
    await run(flush(handle, TPM_RT.KEY), bob);
  });

  it('hides one context’s SHA-1 thread from another', async () => {
    const start = command12(TPM_ORD.SHA1Start);
    const complete = command12(TPM_ORD.SHA1Complete, sized(secret('').subarray(0, 3)));
    const codeOfBytes = async (transmit: Transmit, command: Uint8Array) => responseCodeOf(await transmit(command));
    assert.equal(await codeOfBytes(alice, start), 0);
    assert.equal(await codeOfBytes(bob, complete), TPM_RESULT.SHA_THREAD);
    assert.equal(await codeOfBytes(alice, complete), 0);
  });

  it('hides one context’s DAA session from another, and flushes it with the context', async () => {
    const stage = (handle: number, number: number, input: Uint8Array) =>
      (function* () {
        const session = yield* openOiap(crypto);
        const parameters = concat(Uint8Array.of(number), sized(input), sized(new Uint8Array()));
        const response = yield* runCommand(crypto, { ordinal: TPM_ORD.DAA_JOIN, handles: [handle], parameters }, [
          { session, entitySecret: OWNER_SECRET },
        ]);
        return response.parameters;
      })();
    const handle = readUint32(await run(stage(0, 0, uint32(7)), alice), 4);
    assert.deepEqual(await run(listHandles(TPM_RT.DAA_TPM), alice), [handle]);
    assert.deepEqual(await run(listHandles(TPM_RT.DAA_TPM), bob), []);
    assert.equal(await codeOf(stage(handle, 1, new Uint8Array(256)), bob), TPM_RESULT.BAD_HANDLE);
    assert.equal(await codeOf(flush(handle, TPM_RT.DAA_TPM), bob), TPM_RESULT.BAD_HANDLE);
    assert.deepEqual(await run(listHandles(TPM_RT.DAA_TPM), connection.transmit), [handle]);
    await run(virtualizer.closeContext(1), connection.transmit);
    assert.deepEqual(await run(listHandles(TPM_RT.DAA_TPM), connection.transmit), []);
  });

  it('sends only the command itself for resident keys and sessions', async () => {
    const handle = await load(0, alice);
    const session = await run(openOiap(crypto), alice);
    connection.sent.length = 0;
    const direct: Transmit = async (command) => {
      const physical = virtualizer.direct.begin(1, command);
      assert.ok(physical !== null);
      return virtualizer.direct.complete(await connection.transmit(physical));
    };
    await run(sign(session, handle, secret('key 0'), true), direct);
    await run(sign(session, handle, secret('key 0'), false), direct);
    assert.deepEqual(connection.sent, [TPM_ORD.Sign, TPM_ORD.Sign]);
    assert.equal(virtualizer.counts(1).loadedSessions, 0);
  });

  it('forgets everything when the owner clears the TPM', async () => {
    await using cleared = await startSwtpm({ version: '1.2', startup: true });
    await using other = await TpmConnection.open(cleared.dataPath);
    await provision(other.transmit);
    const own = new Tpm12Virtualizer();
    await run(own.start(undefined), other.transmit);
    own.openContext(1, ALICE);
    const transmit = throughContext(own, 1, other.transmit);
    await run(openOiap(crypto), transmit);
    await run(ownerClear(crypto, OWNER_SECRET), transmit);
    assert.deepEqual(own.resources(), []);
  });
});
