import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FilePolicyStore } from '../../ts-core/adapters/policy/policy-store.js';
import { RegistryStateStore } from '../../ts-core/adapters/state/registry-state-store.js';
import type { StateRecords } from '../../ts-core/application/ports/state-store.js';
import { stateKeyAccess } from '../../ts-core/domain/windows-access.js';
import { FakeClock } from '../support/fake-clock.js';
import { quietLog } from '../support/quiet-log.js';
import { dword, encodeRegistryPol, sz } from '../support/registry-pol-writer.js';
import { addon, ownSid } from './pipe-rig.js';

const POLICY = 'Software\\Policies\\Microsoft\\TPM';
const PREFERENCES = 'Software\\Microsoft\\Tpm';
const REG_SZ = 1;
const REG_DWORD = 4;
const ACCESS = stateKeyAccess(ownSid);

describe("policy in Windows' registry", () => {
  const written: [key: string, name: string][] = [];
  let folder: string;
  let store: FilePolicyStore;
  const set = (key: string, name: string, type: number, data: Uint8Array): void => {
    addon.makeRegistryKey(key, ACCESS);
    addon.setRegistryValue(key, name, type, data);
    written.push([key, name]);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tpmtbs-'));
    const pol = join(folder, 'Registry.pol');
    const entry = (valueName: string, value: number) => ({
      key: POLICY,
      valueName,
      type: REG_DWORD,
      data: dword(value),
    });
    writeFileSync(
      pol,
      encodeRegistryPol([
        entry('StandardUserAuthorizationFailureDuration', 60),
        entry('StandardUserAuthorizationFailureTotalThreshold', 20),
      ]),
    );
    store = new FilePolicyStore({
      folder: join(folder, 'policy.d'),
      registryPol: [pol],
      groupPolicy: [],
      missingFileGraceMs: 60_000,
      refreshOverdueMs: 259_200_000,
      configured: { values: {}, location: 'tbsd.json' },
      stateFolder: join(folder, 'state'),
      brokerUid: 0,
      windowsRegistry: addon,
      pollMs: 1000,
      clock: new FakeClock(),
      log: quietLog(),
    });
  });
  afterEach(async () => {
    await store.close();
    for (const [key, name] of written.splice(0)) addon.deleteRegistryValue(key, name);
    rmSync(folder, { recursive: true, force: true });
  });

  it('overrides a Registry.pol, value by value', async () => {
    set(POLICY, 'StandardUserAuthorizationFailureTotalThreshold', REG_DWORD, dword(7));
    const { settings, sources, problems } = await store.refresh();
    assert.equal(settings.standardUserAuthorizationFailureTotalThreshold, 7);
    assert.equal(settings.standardUserAuthorizationFailureDurationMinutes, 60);
    assert.deepEqual(sources.standardUserAuthorizationFailureTotalThreshold, {
      kind: 'windowsRegistry',
      location: `HKEY_LOCAL_MACHINE\\${POLICY}`,
    });
    assert.equal(sources.standardUserAuthorizationFailureDurationMinutes.kind, 'registryPol');
    assert.deepEqual(problems, []);
  });

  it('has the lists of blocked and allowed commands, and the quotas', async () => {
    set(`${POLICY}\\BlockedCommands`, 'Enabled', REG_DWORD, dword(1));
    set(`${POLICY}\\BlockedCommands\\List`, '170', REG_SZ, sz('170'));
    set(`${PREFERENCES}\\AllowedW8UserCommands\\List`, '126', REG_DWORD, dword(1));
    set(PREFERENCES, 'MaxContexts', REG_DWORD, dword(33));
    set(PREFERENCES, 'SomethingOfWindows', REG_DWORD, dword(1));
    const { settings, problems } = await store.refresh();
    assert.equal(settings.blockedCommandsEnabled, true);
    assert.deepEqual(settings.blockedCommands, [170]);
    assert.deepEqual(settings.allowedCommands.standardUser, [0x126]);
    assert.equal(settings.maxContexts, 33);
    assert.deepEqual(problems, [], 'the broker ignores the values that Windows stores beside its own');
  });

  it('reports and ignores a value of another type', async () => {
    set(POLICY, 'OSManagedAuthLevel', REG_SZ, sz('4'));
    const { settings, problems } = await store.refresh();
    assert.equal(settings.osManagedAuthLevel, undefined);
    assert.match(String(problems[0]?.message), /OSManagedAuthLevel: a REG_DWORD is expected/);
  });
});

describe("the broker's records in the registry", () => {
  const key = `Software\\TpmTbs\\State\\test-${process.pid}`;
  const open = () => RegistryStateStore.open({ key, access: ACCESS, registry: addon, onClose: () => {} });
  const ledger = { failures: [{ userKey: 'sid:S-1-5-21-1' }] } as unknown as StateRecords['failureLedger'];

  it('are still there when it is opened again, unless they were deleted', async () => {
    const store = open();
    await store.put('failureLedger', ledger);
    await store.put('feature:test', { text: 'größer als ASCII' });
    assert.deepEqual(open().get('failureLedger'), ledger);
    assert.deepEqual(open().get('feature:test'), { text: 'größer als ASCII' });
    await store.delete('failureLedger');
    await store.delete('failureLedger');
    assert.equal(open().get('failureLedger'), undefined);
    await store.delete('feature:test');
  });

  it('are refused if they are larger than the registry allows, and the old one is kept', async () => {
    const store = open();
    await store.put('feature:test', 'small');
    await assert.rejects(store.put('feature:test', 'x'.repeat(1_000_001)), /larger than 1000000 bytes/);
    assert.equal(open().get('feature:test'), 'small');
    await store.delete('feature:test');
  });
});
