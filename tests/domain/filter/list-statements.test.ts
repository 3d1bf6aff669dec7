import assert from 'node:assert/strict';
import type { CallerClass } from '../../../ts-core/domain/caller.js';
import { buildFilterLists, type FilterLists } from '../../../ts-core/domain/filter/filter-lists.js';
import { grantOf, statementsAbout } from '../../../ts-core/domain/filter/list-statements.js';
import { NO_LOCAL_COMMAND_LISTS } from '../../../ts-core/domain/filter/local-command-lists.js';
import { codeKey, type SettingSource } from '../../../ts-core/domain/policy/settings.js';
import { TPM_ORD } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { listsOf, POLICY_FILE, policyOf } from './filter-fixtures.js';

const NOBODY = { administrator: [], standardUser: [], sandboxedApp: [] };
const EVERYONE = (code: number) => ({ administrator: [code], standardUser: [code], sandboxedApp: [code] });
const VENDOR = 0x20000abc;
const LOCAL = 'local list of this machine';
const SHIPPED = 'default list that ships with TpmTbs';
const FILE = `policy file ${POLICY_FILE.location}`;

function about20(lists: FilterLists, code: number, callerClass: CallerClass = 'standardUser') {
  return statementsAbout(lists, '2.0', code, callerClass);
}

function rows(statements: ReturnType<typeof statementsAbout>): unknown[] {
  return statements.map(({ list, effect, inForce, source }) => [list, effect, inForce, source]);
}

describe('statements about a TPM 2.0 command', () => {
  it('are sorted: those that block, policy’s first, then those that allow', () => {
    const lists = listsOf(
      {
        blockedCommands: [TPM_CC.Sign],
        blockedCommandsEnabled: true,
        disallowedCommands: EVERYONE(TPM_CC.Sign),
        allowedCommands: EVERYONE(TPM_CC.Sign),
      },
      { blocked: { '1.2': [], '2.0': [TPM_CC.Sign] }, allowed: EVERYONE(TPM_CC.Sign) },
    );
    assert.deepEqual(rows(about20(lists, TPM_CC.Sign)), [
      ['policy', 'blocks', true, FILE],
      ['policy', 'blocks', true, FILE],
      ['local', 'blocks', true, LOCAL],
      ['policy', 'allows', true, FILE],
      ['default', 'allows', true, SHIPPED],
      ['local', 'allows', true, LOCAL],
    ]);
  });

  it('name every GPO that blocks it, since the command stays blocked until the last one is gone', () => {
    const source: SettingSource = { kind: 'groupPolicy', location: 'GPO "Base", GPO "Linux"' };
    const policy = policyOf({ blockedCommands: [TPM_CC.Sign, TPM_CC.Clear], blockedCommandsEnabled: true });
    const codeSources = { blockedCommands: { [TPM_CC.Sign]: source } };
    const lists = buildFilterLists({ ...policy, codeSources }, NO_LOCAL_COMMAND_LISTS);
    const [sign] = about20(lists, TPM_CC.Sign);
    assert.equal(sign?.source, 'GPO "Base", GPO "Linux"');
    assert.match(
      sign.liftedBy,
      /^Take TPM2_Sign off blockedCommands in GPO "Base", GPO "Linux"\. Administrators of the/,
    );
    assert.equal(about20(lists, TPM_CC.Clear)[0]?.source, FILE, 'another source has that one alone');
  });

  it('name the GPOs that disallow it for the class, or allow it', () => {
    const source: SettingSource = { kind: 'groupPolicy', location: 'GPO "Users"' };
    const policy = policyOf({ disallowedCommands: EVERYONE(TPM_CC.Sign), allowedCommands: EVERYONE(TPM_CC.Clear) });
    const codeSources = {
      disallowedCommands: { [codeKey(TPM_CC.Sign, 'standardUser')]: source },
      allowedCommands: { [codeKey(TPM_CC.Clear, 'standardUser')]: source },
    };
    const lists = buildFilterLists({ ...policy, codeSources }, NO_LOCAL_COMMAND_LISTS);
    for (const code of [TPM_CC.Sign, TPM_CC.Clear]) {
      assert.equal(about20(lists, code)[0]?.source, 'GPO "Users"');
      assert.equal(about20(lists, code, 'administrator')[0]?.source, FILE);
    }
  });

  it('that allow need nothing to be lifted', () => {
    const lists = listsOf({}, { allowed: EVERYONE(VENDOR) });
    assert.deepEqual(about20(lists, VENDOR), [
      {
        list: 'local',
        effect: 'allows',
        inForce: true,
        source: LOCAL,
        reason: 'An administrator of this machine granted it to standard users.',
        liftedBy: '',
      },
    ]);
  });

  it('report that no list has it, with what is known about the command', () => {
    const [unknown] = about20(listsOf(), VENDOR);
    assert.equal(unknown?.list, 'notAllowed');
    assert.match(unknown.reason, /^No allowed list of standard users has it\. TpmTbs does not know the command/);
    const [clear] = about20(listsOf(), TPM_CC.Clear);
    assert.match(clear?.reason ?? '', /^No allowed list of standard users has it\. (?!TpmTbs does not know)\S/);
  });

  it('name the limit on handles if the shipped list has one that applies to the class', () => {
    const reasonOf = (code: number, callerClass: CallerClass) => about20(listsOf(), code, callerClass)[0]?.reason ?? '';
    assert.match(reasonOf(TPM_CC.PCR_Extend, 'standardUser'), / Limit: only on PCR 16 and 23\.$/);
    assert.match(reasonOf(TPM_CC.NV_Write, 'standardUser'), / Limit: not with TPM_RH_OWNER\.$/);
    assert.doesNotMatch(reasonOf(TPM_CC.PCR_Extend, 'administrator'), /Limit/);
    assert.doesNotMatch(reasonOf(TPM_CC.GetRandom, 'standardUser'), /Limit/);
  });
});

describe('statements about a TPM 1.2 command', () => {
  const about12 = (lists: FilterLists, ordinal: number, callerClass: CallerClass = 'standardUser') =>
    statementsAbout(lists, '1.2', ordinal, callerClass);

  it('list policy before the shipped list, and that before the local list', () => {
    const lists = listsOf(
      { blockedCommands: [TPM_ORD.TakeOwnership], blockedCommandsEnabled: true },
      { blocked: { '1.2': [TPM_ORD.TakeOwnership], '2.0': [] } },
    );
    assert.deepEqual(rows(about12(lists, TPM_ORD.TakeOwnership)), [
      ['policy', 'blocks', true, FILE],
      ['default', 'blocks', true, SHIPPED],
      ['local', 'blocks', true, LOCAL],
    ]);
  });

  it('mention a grant only if it lifts a default block', () => {
    const lists = listsOf({}, { allowed: { ...NOBODY, standardUser: [TPM_ORD.TakeOwnership, TPM_ORD.GetRandom] } });
    assert.deepEqual(rows(about12(lists, TPM_ORD.TakeOwnership)), [
      ['default', 'blocks', false, SHIPPED],
      ['local', 'allows', true, LOCAL],
    ]);
    assert.deepEqual(about12(lists, TPM_ORD.GetRandom), []);
    assert.deepEqual(rows(about12(listsOf(), TPM_ORD.TakeOwnership)), [['default', 'blocks', true, SHIPPED]]);
  });

  it('have no source for an empty list', () => {
    assert.deepEqual(about12(listsOf(), TPM_ORD.GetRandom), []);
  });
});

describe('what lifts a statement', () => {
  it('names a command, or its number in the notation of the TPM’s documents', () => {
    const lists = listsOf();
    assert.match(
      grantOf(lists, '2.0', TPM_CC.Clear, 'sandboxedApp'),
      /^Grant-TbsCommand -Class SandboxedApp -Name TPM2_Clear, or /,
    );
    assert.match(grantOf(lists, '2.0', VENDOR, 'administrator'), /-Class Administrator -Name 0x20000ABC, /);
    assert.match(grantOf(lists, '1.2', 0x20000abc, 'standardUser'), /-Class StandardUser -Name 536873660, /);
  });

  it('names the place where a withdrawal by policy is changed', () => {
    const lists = listsOf({ disallowedCommands: { ...NOBODY, sandboxedApp: [VENDOR] } });
    const [withdrawn] = about20(lists, VENDOR, 'sandboxedApp');
    assert.equal(withdrawn?.reason, 'Policy (disallowedCommands) removes it from the allowed list of sandboxed apps.');
    assert.match(
      withdrawn.liftedBy,
      /^Remove 0x20000ABC from disallowedCommands for sandboxed apps in .*50-site\.json/,
    );
  });
});

describe('the source of a statement', () => {
  const sourceOf = (source: SettingSource) => {
    const lists = listsOf({ blockedCommands: [VENDOR] });
    Object.assign(lists.policy.sources, { blockedCommands: source });
    return about20(lists, VENDOR)[0]?.source;
  };

  it('is the kind of the source and its location', () => {
    assert.equal(sourceOf({ kind: 'registryPol', location: '/x/Registry.pol' }), 'Group Policy /x/Registry.pol');
    assert.equal(sourceOf({ kind: 'windowsRegistry', location: 'HKLM\\X' }), 'registry HKLM\\X');
    assert.equal(sourceOf({ kind: 'configuration', location: '/etc/tbsd.json' }), 'configuration /etc/tbsd.json');
    assert.equal(sourceOf({ kind: 'groupPolicy', location: 'GPO {1}' }), 'GPO {1}');
    assert.equal(sourceOf({ kind: 'default', location: '' }), 'default');
  });
});
