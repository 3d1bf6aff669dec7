/** Tests the steps of Initialize-Tpm with a TPM that answers by command, for a TPM 1.2 as recorded. */
import assert from 'node:assert/strict';
import type { BrokerContext } from '../../../ts-core/application/owner-auth/broker-context.js';
import type { OwnerAuthCoordinator } from '../../../ts-core/application/owner-auth/owner-auth-coordinator.js';
import { OwnerAuthRecords } from '../../../ts-core/application/owner-auth/owner-auth-record.js';
import type { OwnershipState } from '../../../ts-core/application/owner-auth/owner-tpm.js';
import { ProvisioningSteps } from '../../../ts-core/application/owner-auth/provisioning-steps.js';
import type { OsManagedAuthLevel, PolicySettings } from '../../../ts-core/domain/policy/settings.js';
import { errorResponse, readUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import type { Exchange } from '../../../ts-core/domain/tpm/exchange.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { WELL_KNOWN_SECRET } from '../../../ts-core/domain/tpm12/ownership.js';
import {
  EK_HANDLE,
  SRK_HANDLE,
  TPM_ALG,
  TPM_CC,
  TPM_RC,
  TPM_RH,
  TRANSIENT_FIRST,
} from '../../../ts-core/domain/tpm20/codes.js';
import type { KeyAlgorithm } from '../../../ts-core/domain/tpm20/keys.js';
import { aboutSession } from '../../../ts-core/domain/tpm20/responses.js';
import { answered, success, successWithSession } from '../../support/answered-exchange.js';
import { FakeOwnerTpm } from '../../support/fake-owner-tpm.js';
import { MemoryStore } from '../../support/memory-store.js';
import { recordedTpm12 } from '../../support/tpm-conversations.js';

type Command = keyof typeof TPM_CC;

const [OWNER, STORAGE] = [Uint8Array.of(0x01), Uint8Array.of(0x0a)];
const NEW_KEY = TRANSIENT_FIRST + 7;
const WRONG = errorResponse('2.0', aboutSession(TPM_RC.AUTH_FAIL, 0));
const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(TPM_CC).map(([name, code]) => [code, name]));

interface Given {
  readonly version?: TpmVersion;
  readonly level?: OsManagedAuthLevel;
  readonly backupMode?: 'off' | 'enabled' | 'required';
  readonly stored?: Readonly<Record<string, Uint8Array>>;
  readonly state?: Partial<OwnershipState>;
  /** Answers of the TPM that differ from success. */
  readonly answers?: Partial<Record<Command, (command: Uint8Array) => Uint8Array>>;
  readonly settings?: Partial<PolicySettings>;
  readonly keyAlgorithm?: KeyAlgorithm | 'auto';
  /** The firmware's pending request. */
  readonly pending?: { readonly transitionAction: number; readonly userRequired: boolean };
}

/** A TPM 2.0 without owner and keys, unless the test says otherwise. */
function setUp(given: Given = {}) {
  const { version = '2.0', level = 4, backupMode = 'off', answers = {} } = given;
  const tpm = new FakeOwnerTpm(OWNER.slice(), version);
  Object.assign(tpm.state, { owned: false, hasStorageRootKey: false, hasEndorsementKey: false }, given.state);
  const stored = new Map(Object.entries(given.stored ?? {}));
  const sent: Uint8Array[] = [];
  const did: string[] = [];
  /** The secrets that were passed on: the arrays themselves, not copies. */
  const passedOn: Uint8Array[] = [];
  const note = (what: string) => void did.push(what);
  const succeed = (command: Uint8Array): Uint8Array => {
    const code = readUint32(command, 6);
    if (code === TPM_CC.CreatePrimary) return successWithSession(new Uint8Array(), NEW_KEY);
    if (code !== TPM_CC.EvictControl)
      return code === TPM_CC.DictionaryAttackParameters ? successWithSession() : success();
    const persistent = readUint32(command, command.length - 4);
    if (persistent === SRK_HANDLE) tpm.state.hasStorageRootKey = true;
    if (persistent === EK_HANDLE) tpm.state.hasEndorsementKey = true;
    return successWithSession();
  };
  const answer = (command: Uint8Array): Uint8Array => {
    sent.push(command.slice());
    return (answers[NAMES.get(readUint32(command, 6)) as Command] ?? succeed)(command);
  };
  const recorded = recordedTpm12('provisioning');
  let exchanges = 0;
  const context = {
    run: async (begin: () => Exchange<unknown>) => {
      exchanges++;
      if (version === '1.2') return recorded.context.run(begin);
      return answered(begin(), ...Array.from({ length: 10 }, () => answer)).result;
    },
  } as unknown as BrokerContext;
  const records = new OwnerAuthRecords(new MemoryStore());
  const coordinator = {
    parts: {
      ...{ tpm, context, records, crypto: recorded.crypto, level: () => level },
      secrets: {
        discardBroken: async () => note('discard broken secrets'),
        has: (name: string) => stored.has(name),
        get: async (name: string) => stored.get(name)?.slice(),
      },
      change: {
        change: async (current: Uint8Array, next: Uint8Array, to: number) => {
          passedOn.push(next);
          note(`set the owner authorization at level ${to}`);
          assert.deepEqual(current, version === '1.2' ? WELL_KNOWN_SECRET : new Uint8Array());
          Object.assign(tpm.state, { owned: true, hasStorageRootKey: true, hasEndorsementKey: true });
          await records.update({ wellKnownOwner: false });
          stored.set('owner', OWNER);
          return { kind: 'nothing' };
        },
      },
      hierarchies: { close: async () => note('close the hierarchies') },
      backup: { mode: backupMode, check: async () => note('check the backup') },
      firmware: { pendingRequest: async () => given.pending },
    },
    randomOwnerAuth: () => new Uint8Array(20).fill(9),
    schedule: ({ kind }: { kind: string }) => note(`remains: ${kind}`),
    tellKeptNowhere: (at: number) => note(`stored nowhere at level ${at}`),
    currentOwnerAuth: async () => OWNER.slice(),
    clear: async (owner: Uint8Array) => {
      passedOn.push(owner);
      note(`clear with ${owner[0]}`);
    },
  } as unknown as OwnerAuthCoordinator;
  const settings = () => ({ standardUserAuthorizationFailureTotalThreshold: 9, ...given.settings }) as PolicySettings;
  const steps = new ProvisioningSteps(coordinator, settings, given.keyAlgorithm ?? 'auto');
  const commands = () => sent.map((command) => NAMES.get(readUint32(command, 6)));
  const commandsWith = (name: Command) => sent.filter((command) => readUint32(command, 6) === TPM_CC[name]);
  const zeroed = () => passedOn.length > 0 && passedOn.every((secret) => secret.every((byte) => byte === 0));
  return { steps, did, records, commands, commandsWith, zeroed, exchanges: () => exchanges };
}

const KEY = ['TestParms', 'CreatePrimary', 'EvictControl', 'FlushContext'];
const PROVISIONED = { owned: true, hasStorageRootKey: true, hasEndorsementKey: true };
/** The parameters of TPM2_DictionaryAttackParameters: tries, recovery time, recovery time of the lockout. */
const parametersOf = (command: Uint8Array) => [12, 8, 4].map((behind) => readUint32(command, command.length - behind));

describe('the steps that provision a TPM 2.0', () => {
  it('make both keys persistent, set the parameters of the lockout, then the owner authorization', async () => {
    const { steps, commands, commandsWith, did, zeroed } = setUp();
    const verdict = await steps.run(false);
    assert.ok(zeroed(), 'the new owner authorization is overwritten');
    assert.deepEqual(commands(), [...KEY, ...KEY, 'DictionaryAttackParameters']);
    assert.deepEqual(
      commandsWith('CreatePrimary').map((command) => readUint32(command, 10)),
      [TPM_RH.OWNER, TPM_RH.ENDORSEMENT],
    );
    assert.deepEqual(did, [
      ...['discard broken secrets', 'set the owner authorization at level 4', 'remains: nothing'],
    ]);
    assert.deepEqual([verdict.ready, verdict.needs], [true, []]);
  });

  it('set nothing that an earlier run or an administrator has set', async () => {
    const { steps, records, commands } = setUp({ state: PROVISIONED, stored: { owner: OWNER } });
    await records.update({ lockoutParametersSet: true });
    assert.equal((await steps.run(false)).ready, true);
    assert.deepEqual(commands(), []);
  });

  it('set the parameters of the lockout with the stored owner authorization, or not at all', async () => {
    const known = setUp({ state: PROVISIONED, stored: { owner: OWNER } });
    await known.steps.run(false);
    assert.deepEqual(known.commands(), ['DictionaryAttackParameters']);
    assert.equal(known.records.current.lockoutParametersSet, true);
    const unknown = setUp({ state: PROVISIONED });
    await unknown.steps.run(false);
    assert.deepEqual([unknown.commands(), unknown.records.current.lockoutParametersSet], [[], false]);
  });

  it('allow 32 tries, or one more than standard users have together', async () => {
    for (const [total, tries] of [
      [9, 32],
      [31, 32],
      [32, 33],
    ] as const) {
      const { steps, commandsWith } = setUp({ settings: { standardUserAuthorizationFailureTotalThreshold: total } });
      await steps.run(false);
      assert.deepEqual(commandsWith('DictionaryAttackParameters').map(parametersOf), [[tries, 600, 86_400]]);
    }
  });

  it('close the hierarchies only on request', async () => {
    for (const closes of [false, true]) {
      const { steps, did } = setUp();
      await steps.run(closes);
      assert.equal(did.includes('close the hierarchies'), closes);
    }
  });

  it('take the stored authorization of a closed storage hierarchy for both keys', async () => {
    const { steps, commands } = setUp({ state: { storageAuthSet: true }, stored: { storage: STORAGE } });
    assert.equal((await steps.run(false)).ready, true);
    assert.deepEqual(commands(), [...KEY, ...KEY, 'DictionaryAttackParameters']);
  });

  it('send nothing and need a clear if somebody else closed the storage hierarchy before there was a key', async () => {
    const { steps, commands, did } = setUp({ state: { storageAuthSet: true } });
    const { needs, clearRequired } = await steps.run(false);
    assert.deepEqual(commands(), []);
    assert.deepEqual(did, ['discard broken secrets']);
    assert.equal(clearRequired, true);
    assert.ok(needs.includes('TPM_FORCE_CLEAR') && needs.includes('TPM_SRKPUB'), needs.join());
  });

  it('create the storage root key alone if somebody else closed the endorsement hierarchy', async () => {
    const { steps, commands } = setUp({ state: { endorsementAuthSet: true } });
    const { needs } = await steps.run(false);
    assert.deepEqual(commands(), [...KEY, 'DictionaryAttackParameters']);
    assert.deepEqual(needs, []);
  });

  it('flush the new key when TPM2_EvictControl fails, and say which authorization was refused', async () => {
    const persisting = setUp({ answers: { EvictControl: () => WRONG } });
    await assert.rejects(persisting.steps.run(false), { symbol: 'TPM_20_E_AUTH_FAIL', message: /storage hierarchy/ });
    assert.deepEqual(persisting.commands(), KEY);
    const [flush] = persisting.commandsWith('FlushContext');
    assert.equal(flush && readUint32(flush, 10), NEW_KEY);
    const creating = setUp({ state: { hasStorageRootKey: true }, answers: { CreatePrimary: () => WRONG } });
    await assert.rejects(creating.steps.run(false), { message: /endorsement hierarchy/ });
    const failing = setUp({ answers: { CreatePrimary: () => errorResponse('2.0', TPM_RC.FAILURE) } });
    await assert.rejects(failing.steps.run(false), { symbol: 'TBS_E_INTERNAL_ERROR' });
  });

  it('use the elliptic curve if the TPM has no RSA, and never another algorithm than the configured one', async () => {
    const refusesRsa = (command: Uint8Array) =>
      command[11] === TPM_ALG.RSA ? errorResponse('2.0', TPM_RC.VALUE) : success();
    const automatic = setUp({ state: { hasEndorsementKey: true }, answers: { TestParms: refusesRsa } });
    await automatic.steps.run(false);
    assert.deepEqual(automatic.commands(), ['TestParms', ...KEY, 'DictionaryAttackParameters']);
    const configured = setUp({ keyAlgorithm: 'rsa2048', answers: { TestParms: refusesRsa } });
    await assert.rejects(configured.steps.run(false), { symbol: 'TBS_E_PROVISIONING_INCOMPLETE', message: /rsa2048/ });
    assert.deepEqual(configured.commands(), ['TestParms']);
  });

  it('report a new owner authorization that neither the level nor a backup stores', async () => {
    for (const [level, backupMode, isTold] of [
      [0, 'off', true],
      [0, 'enabled', false],
      [4, 'off', false],
    ] as const) {
      const { steps, did } = setUp({ level, backupMode });
      await steps.run(false);
      assert.equal(did.includes(`stored nowhere at level ${level}`), isTold, `level ${level}, backup ${backupMode}`);
    }
  });

  it('send nothing to a TPM that is disabled or deactivated', async () => {
    for (const state of [{ enabled: false }, { activated: false }]) {
      const { steps, commands } = setUp({ state });
      assert.ok((await steps.run(false)).needs.includes('REBOOT'));
      assert.deepEqual(commands(), []);
    }
  });
});

describe('the steps that provision a TPM 1.2', () => {
  it('create the endorsement key, take ownership with the well-known secret, then set the final one', async () => {
    const { steps, did, exchanges } = setUp({ version: '1.2', state: { hasEndorsementKey: false } });
    const verdict = await steps.run(false);
    assert.equal(exchanges(), 2);
    assert.deepEqual(did, [
      ...['discard broken secrets', 'set the owner authorization at level 4', 'remains: nothing'],
    ]);
    assert.equal(verdict.ready, true);
  });

  it('ask first whether a required backup works', async () => {
    const { steps, did } = setUp({ version: '1.2', backupMode: 'required' });
    await steps.run(false);
    assert.equal(did[1], 'check the backup');
  });

  it('continue after a crash between TPM_TakeOwnership and the final secret', async () => {
    const { steps, did, records, exchanges } = setUp({ version: '1.2', state: PROVISIONED, stored: { owner: OWNER } });
    await records.update({ wellKnownOwner: true });
    assert.ok((await steps.verdict()).needs.includes('TPM_TAKE_OWNERSHIP'));
    await steps.run(false);
    assert.ok(did.includes('set the owner authorization at level 4'));
    assert.equal(exchanges(), 0, 'neither TPM_CreateEndorsementKeyPair nor TPM_TakeOwnership');
    assert.equal((await steps.verdict()).ready, true);
  });

  it('send nothing to a TPM that has its final owner', async () => {
    const { steps, did, exchanges } = setUp({ version: '1.2', state: PROVISIONED });
    await steps.run(false);
    assert.deepEqual([did, exchanges()], [['discard broken secrets'], 0]);
  });

  it('need a person at the machine to activate it', async () => {
    const { steps } = setUp({ version: '1.2', state: { ...PROVISIONED, activated: false }, stored: { owner: OWNER } });
    assert.deepEqual((await steps.run(false)).needs, ['TPM_ACTIVATE', 'PHYSICAL_PRESENCE', 'REBOOT']);
  });
});

describe('what provisioning still needs', () => {
  const provisioned = (given: Given = {}) => setUp({ state: PROVISIONED, stored: { owner: OWNER }, ...given }).steps;

  it('is the owner authorization if the level stores it and it is not here', async () => {
    assert.deepEqual((await provisioned({ stored: {} }).verdict()).needs, ['TPM_OWNERAUTH']);
    assert.deepEqual((await provisioned({ stored: {}, level: 0 }).verdict()).needs, []);
  });

  it('is ownership while the TPM has no owner', async () => {
    const { needs } = await provisioned({ state: { ...PROVISIONED, owned: false }, stored: {} }).verdict();
    assert.deepEqual(needs, ['TPM_TAKE_OWNERSHIP']);
  });

  it('is the second phase of a backup that waits, unless backup is off', async () => {
    const stored = { owner: OWNER, pending: OWNER };
    const waiting = await provisioned({ stored, backupMode: 'enabled' }).verdict();
    assert.deepEqual([waiting.needs, waiting.ready], [['TPM_AD_BACKUP_PHASE_II'], true]);
    assert.deepEqual((await provisioned({ stored }).verdict()).needs, []);
  });

  it('is also what the firmware’s pending request needs, unless nothing else is needed', async () => {
    for (const [transitionAction, needs] of [
      [0, []],
      [1, ['SHUTDOWN']],
      [2, ['REBOOT']],
      [3, []],
    ] as const) {
      const unattended = { transitionAction, userRequired: false };
      assert.deepEqual((await provisioned({ stored: {}, pending: unattended }).verdict()).needs, [
        ...['TPM_OWNERAUTH', ...needs],
      ]);
      const attended = { transitionAction, userRequired: true };
      assert.deepEqual((await provisioned({ stored: {}, pending: attended }).verdict()).needs, [
        ...['TPM_OWNERAUTH', 'PHYSICAL_PRESENCE', ...needs],
      ]);
      assert.deepEqual((await provisioned({ pending: attended }).verdict()).needs, []);
    }
  });

  it('is a clear only where a key is missing that a closed hierarchy would create', async () => {
    const needsClear = async (given: Given) => (await setUp(given).steps.verdict()).needs.includes('TPM_FORCE_CLEAR');
    const [hasBoth, hasStorageRootKey] = [PROVISIONED, { hasStorageRootKey: true }];
    assert.equal(await needsClear({ state: { ...hasBoth, storageAuthSet: true, endorsementAuthSet: true } }), false);
    assert.equal(await needsClear({ state: { ...hasStorageRootKey, storageAuthSet: true } }), true);
    assert.equal(await needsClear({ state: { hasEndorsementKey: true, storageAuthSet: true } }), true);
    assert.equal(await needsClear({ state: { ...hasStorageRootKey, endorsementAuthSet: true } }), true);
    assert.equal(await needsClear({ state: { hasEndorsementKey: true, endorsementAuthSet: true } }), false);
    assert.equal(
      await needsClear({ state: { ...hasStorageRootKey, storageAuthSet: true }, stored: { storage: STORAGE } }),
      false,
    );
  });
});

describe('clearing a TPM as its owner', () => {
  it('uses the stored authorization', async () => {
    const { steps, did, zeroed } = setUp({ state: PROVISIONED, stored: { owner: OWNER } });
    assert.equal(await steps.clearAsOwner(), true);
    assert.deepEqual([did, zeroed()], [['clear with 1'], true]);
  });

  it('is not tried without it, or if the TPM forbids it', async () => {
    for (const given of [
      { state: PROVISIONED },
      { state: { ...PROVISIONED, ownerClearDisabled: true }, stored: { owner: OWNER } },
    ]) {
      const { steps, did } = setUp(given);
      assert.deepEqual([await steps.clearAsOwner(), did], [false, []]);
    }
  });

  it('needs no stored authorization if the TPM has no owner', async () => {
    assert.equal(await setUp().steps.clearAsOwner(), true);
  });
});
