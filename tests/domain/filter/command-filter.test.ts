import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CALLER_CLASSES, type CallerClass } from '../../../ts-core/domain/caller.js';
import { decide, decideCode } from '../../../ts-core/domain/filter/command-filter.js';
import { explain, listedCodes } from '../../../ts-core/domain/filter/explain-command.js';
import { writeUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import { knownCommands } from '../../../ts-core/domain/tpm/command-names.js';
import { TPM_ORD } from '../../../ts-core/domain/tpm12/codes.js';
import { REFUSED_INSIDE_TRANSPORT } from '../../../ts-core/domain/tpm12/transport.js';
import {
  LAST_ASSIGNED_CODE,
  SRK_HANDLE,
  TPM_CC,
  TPM_RH,
  TRANSIENT_FIRST,
} from '../../../ts-core/domain/tpm20/codes.js';
import { command12, insideTransport } from '../../support/tpm12-commands.js';
import { decideOn, listsOf, POLICY_FILE } from './filter-fixtures.js';

const LISTS = listsOf();
const POLICY_SECRET = TPM_CC.PolicySecret;
const NV_WRITE = TPM_CC.NV_Write;
const PCR_EXTEND = TPM_CC.PCR_Extend;
/** The platform hierarchy limited to the firmware's security version 0, and to the highest. */
const SVN_PLATFORM = [TPM_RH.SVN_PLATFORM_BASE, TPM_RH.SVN_PLATFORM_BASE + 0xffff];
const NOBODY = { administrator: [], standardUser: [], sandboxedApp: [] };

describe('handle rules', () => {
  it('refuse TPM_RH_LOCKOUT and TPM_RH_PLATFORM in any position to everyone except administrators', () => {
    for (const handle of [TPM_RH.LOCKOUT, TPM_RH.PLATFORM, TPM_RH.FW_PLATFORM, ...SVN_PLATFORM]) {
      for (const handles of [[handle], [TRANSIENT_FIRST, handle], [TRANSIENT_FIRST, SRK_HANDLE, handle]]) {
        for (const callerClass of ['standardUser', 'sandboxedApp'] as const) {
          const verdict = decideOn(LISTS, '2.0', POLICY_SECRET, callerClass, handles);
          assert.ok(!verdict.allowed);
          assert.deepEqual([verdict.list, verdict.symbol], ['handleRule', 'TPM_E_COMMAND_BLOCKED']);
        }
        assert.equal(decideOn(LISTS, '2.0', POLICY_SECRET, 'administrator', handles).allowed, true);
      }
    }
  });

  it('for TPM_RH_LOCKOUT are not lifted by granting the command', () => {
    const granted = listsOf({}, { allowed: { ...NOBODY, standardUser: [POLICY_SECRET, 0x20000123] } });
    for (const code of [POLICY_SECRET, 0x20000123]) {
      assert.equal(decideOn(granted, '2.0', code, 'standardUser', [TPM_RH.LOCKOUT]).allowed, false);
    }
  });

  it('limit the class to application PCRs until the command is granted to it', () => {
    const granted = listsOf({}, { allowed: { ...NOBODY, standardUser: [PCR_EXTEND] } });
    assert.equal(decideOn(granted, '2.0', PCR_EXTEND, 'standardUser', [7]).allowed, true);
    assert.equal(decideOn(LISTS, '2.0', PCR_EXTEND, 'standardUser', [7]).allowed, false);
  });

  it('let users write NV with its own authorization but not with the owner’s', () => {
    const index = 0x01000001;
    assert.equal(decideOn(LISTS, '2.0', NV_WRITE, 'standardUser', [index, index]).allowed, true);
    assert.equal(decideOn(LISTS, '2.0', NV_WRITE, 'standardUser', [TPM_RH.OWNER, index]).allowed, false);
    assert.equal(decideOn(LISTS, '2.0', NV_WRITE, 'administrator', [TPM_RH.OWNER, index]).allowed, true);
    assert.equal(
      decideOn(LISTS, '2.0', TPM_CC.CreatePrimary, 'standardUser', [TPM_RH.OWNER]).allowed,
      true,
      'TPM2_CreatePrimary',
    );
  });

  it('refuse handles that cannot be checked', () => {
    assert.equal(decideOn(LISTS, '2.0', TPM_CC.GetRandom, 'standardUser', null).allowed, false);
    assert.equal(decideOn(LISTS, '2.0', TPM_CC.GetRandom, 'administrator', null).allowed, true);
  });
});

describe('grants on TPM 1.2', () => {
  const TAKE_OWNERSHIP = TPM_ORD.TakeOwnership;

  it('lift a default block for the class that they name, locally or by policy', () => {
    const grant = { ...NOBODY, standardUser: [TAKE_OWNERSHIP] };
    for (const lists of [listsOf({}, { allowed: grant }), listsOf({ allowedCommands: grant })]) {
      assert.equal(decideOn(lists, '1.2', TAKE_OWNERSHIP, 'standardUser').allowed, true);
      assert.equal(decideOn(lists, '1.2', TAKE_OWNERSHIP, 'sandboxedApp').allowed, false);
      const why = explain(lists, { version: '1.2', code: TAKE_OWNERSHIP, callerClass: 'standardUser' });
      assert.equal(why.verdict.allowed, true);
    }
    assert.equal(decideOn(LISTS, '1.2', TAKE_OWNERSHIP, 'standardUser').allowed, false);
  });

  it('lift no explicit block', () => {
    const allowed = { ...NOBODY, standardUser: [TAKE_OWNERSHIP] };
    const byPolicy = listsOf({ blockedCommands: [TAKE_OWNERSHIP], blockedCommandsEnabled: true }, { allowed });
    const byLocal = listsOf({}, { allowed, blocked: { '1.2': [TAKE_OWNERSHIP], '2.0': [] } });
    for (const [lists, list] of [
      [byPolicy, 'policy'],
      [byLocal, 'local'],
    ] as const) {
      const verdict = decideOn(lists, '1.2', TAKE_OWNERSHIP, 'standardUser');
      assert.ok(!verdict.allowed);
      assert.equal(verdict.list, list);
    }
  });

  it('are named as what lifts a default block', () => {
    const verdict = decideOn(LISTS, '1.2', TAKE_OWNERSHIP, 'standardUser');
    assert.ok(!verdict.allowed);
    assert.match(verdict.liftedBy, /Grant-TbsCommand -Class StandardUser -Name TPM_TakeOwnership/);
  });
});

describe('commands inside TPM_ExecuteTransport', () => {
  const EXECUTE_TRANSPORT = 231;

  const around = (ordinal: number, declaredBytes?: number) => insideTransport(command12(ordinal), declaredBytes);

  function decideInside(command: Uint8Array, callerClass: CallerClass, lists = LISTS) {
    return decide({ version: '1.2', code: EXECUTE_TRANSPORT, command, handles: null, callerClass, lists });
  }

  it('are filtered by the caller’s lists as if sent alone', () => {
    for (const callerClass of ['administrator', 'standardUser'] as const) {
      for (const { code } of knownCommands('1.2')) {
        if (REFUSED_INSIDE_TRANSPORT.has(code)) continue;
        const alone = decideCode(LISTS, '1.2', code, callerClass);
        const inside = decideInside(around(code), callerClass);
        assert.equal(inside.allowed, alone.allowed, `${code}`);
        if (inside.allowed || alone.allowed) continue;
        assert.deepEqual(inside, { ...alone, symbol: 'TPM_E_EMBEDDED_COMMAND_BLOCKED' });
      }
    }
  });

  it('are refused as unsupported if the broker could not follow them there, whatever the lists say', () => {
    const open = listsOf({ ignoreDefaultList: true });
    for (const ordinal of [
      230, 231, 232, 150, 32, 34, 180, 181, 182, 183, 184, 185, 186, 41, 49, 14, 15, 153, 151, 90,
    ]) {
      const verdict = decideInside(around(ordinal), 'administrator', open);
      assert.ok(!verdict.allowed);
      assert.deepEqual(
        [verdict.symbol, verdict.list, verdict.code],
        ['TPM_E_EMBEDDED_COMMAND_UNSUPPORTED', 'embedded', ordinal],
      );
    }
  });

  it('are refused when they cannot be read', () => {
    for (const command of [around(70, 11), around(70, 0xffffffff), new Uint8Array(10), new Uint8Array(0)]) {
      const verdict = decideInside(command, 'administrator');
      assert.ok(!verdict.allowed);
      assert.deepEqual([verdict.symbol, verdict.list], ['TPM_E_EMBEDDED_COMMAND_BLOCKED', 'embedded']);
    }
  });

  it('are refused if the authorization of the transport session does not follow them', () => {
    const whole = around(70);
    const command = whole.slice(0, whole.length - 45);
    writeUint32(command, 2, command.length);
    const verdict = decideInside(command, 'administrator');
    assert.ok(!verdict.allowed);
    assert.equal(verdict.symbol, 'TPM_E_EMBEDDED_COMMAND_BLOCKED');
  });

  it('are not checked if TPM_ExecuteTransport itself is blocked', () => {
    const verdict = decideInside(around(70), 'sandboxedApp');
    assert.ok(!verdict.allowed);
    assert.deepEqual([verdict.symbol, verdict.code], ['TPM_E_COMMAND_BLOCKED', EXECUTE_TRANSPORT]);
  });
});

describe('the explanation of a verdict', () => {
  it('names the policy file, and what lifts the block', () => {
    const lists = listsOf({ blockedCommandsEnabled: true, blockedCommands: [TPM_CC.GetRandom] });
    const { verdict, liftedBy } = explain(lists, {
      version: '2.0',
      code: TPM_CC.GetRandom,
      callerClass: 'administrator',
    });
    assert.ok(!verdict.allowed);
    assert.equal(verdict.source, `policy file ${POLICY_FILE.location}`);
    assert.match(
      liftedBy[0] as string,
      /^Take TPM2_GetRandom off blockedCommands in .*50-site\.json, which administrators/,
    );
  });

  it('names the cmdlet that grants or unblocks', () => {
    const clear = explain(LISTS, { version: '2.0', code: TPM_CC.Clear, callerClass: 'standardUser' });
    assert.match(clear.liftedBy[0] as string, /^Grant-TbsCommand -Class StandardUser -Name TPM2_Clear\b/);
    const local = listsOf({}, { blocked: { '1.2': [TPM_ORD.GetRandom], '2.0': [TPM_CC.GetRandom] } });
    const random = explain(local, { version: '2.0', code: TPM_CC.GetRandom, callerClass: 'administrator' });
    assert.match(random.liftedBy[0] as string, /^Remove-TbsCommandBlock -Name TPM2_GetRandom\b/);
    assert.match(
      explain(local, { version: '1.2', code: TPM_ORD.GetRandom, callerClass: 'administrator' }).liftedBy[0] as string,
      /^Remove-TbsCommandBlock -Name TPM_GetRandom\b/,
    );
    const vendor = explain(LISTS, { version: '2.0', code: 0x20000123, callerClass: 'administrator' });
    assert.match(vendor.liftedBy[0] as string, /-Class Administrator -Name 0x20000123\b/);
  });

  it('lists everything that has to be lifted, and what is switched off', () => {
    const lists = listsOf(
      { blockedCommandsEnabled: true, blockedCommands: [TPM_CC.Clear], ignoreLocalList: true },
      { blocked: { '1.2': [], '2.0': [TPM_CC.Clear] } },
    );
    const explanation = explain(lists, { version: '2.0', code: TPM_CC.Clear, callerClass: 'standardUser' });
    assert.deepEqual(
      explanation.statements.map(({ list, effect, inForce }) => [list, effect, inForce]),
      [
        ['policy', 'blocks', true],
        ['local', 'blocks', false],
        ['notAllowed', 'blocks', true],
      ],
    );
    assert.equal(explanation.liftedBy.length, 2);
  });

  it('judges the handles in the question, and names the limit if there are none', () => {
    const question = { version: '2.0', code: PCR_EXTEND, callerClass: 'standardUser' } as const;
    const general = explain(LISTS, question);
    assert.deepEqual([general.verdict.allowed, general.condition], [true, 'only on PCR 16 and 23']);
    const boot = explain(LISTS, { ...question, handles: [0] });
    assert.ok(!boot.verdict.allowed);
    assert.deepEqual(boot.liftedBy, [boot.verdict.liftedBy]);
    assert.match(boot.verdict.liftedBy, /^Grant-TbsCommand -Class StandardUser -Name TPM2_PCR_Extend/);
  });

  it('has a reason, a source and a remedy for every blocked command of every class', () => {
    for (const version of ['1.2', '2.0'] as const) {
      for (const { code } of knownCommands(version)) {
        for (const callerClass of CALLER_CLASSES) {
          const { verdict, liftedBy } = explain(LISTS, { version, code, callerClass });
          if (verdict.allowed) assert.deepEqual(liftedBy, []);
          else assert.ok(verdict.reason && verdict.source && verdict.liftedBy && liftedBy.length > 0);
        }
      }
    }
  });

  it('covers every known command, and codes that only policy or local lists name', () => {
    const lists = listsOf(
      { blockedCommands: [0x20000abc, 129], blockedCommandsEnabled: true },
      { allowed: { ...NOBODY, standardUser: [0x20000123] } },
    );
    const listed = listedCodes(lists, '2.0');
    assert.equal(listed.length, knownCommands('2.0').length + 2, 'ordinal 129 is of TPM 1.2');
    assert.ok(listed.includes(0x20000abc) && listed.includes(0x20000123));
    assert.deepEqual(
      listedCodes(LISTS, '1.2'),
      knownCommands('1.2').map(({ code }) => code),
    );
  });

  it('names who granted a vendor command, and to which class', () => {
    const lists = listsOf({}, { allowed: { ...NOBODY, standardUser: [0x20000123] } });
    const ofClass = (callerClass: CallerClass) => explain(lists, { version: '2.0', code: 0x20000123, callerClass });
    assert.equal(ofClass('administrator').verdict.allowed, false);
    const { verdict, statements } = ofClass('standardUser');
    assert.equal(verdict.allowed, true);
    assert.deepEqual(
      statements.map(({ list, effect, source }) => [list, effect, source]),
      [['local', 'allows', 'local list of this machine']],
    );
  });
});

describe('the filter for every command', () => {
  it('allocates no object for an allowed command', () => {
    const verdicts = new Set(
      [TPM_CC.GetRandom, TPM_CC.GetCapability, TPM_CC.Sign].map((code) =>
        decideOn(LISTS, '2.0', code, 'standardUser', [TRANSIENT_FIRST]),
      ),
    );
    assert.equal(verdicts.size, 1);
  });

  it('never throws, whatever the command', () => {
    const codes = fc.oneof(
      fc.nat(0xffffffff),
      fc.constant(TPM_ORD.ExecuteTransport),
      fc.integer({ min: TPM_CC.NV_UndefineSpaceSpecial, max: LAST_ASSIGNED_CODE }),
    );
    const handles = fc.option(fc.array(fc.nat(0xffffffff), { maxLength: 3 }));
    fc.assert(
      fc.property(
        codes,
        fc.uint8Array({ maxLength: 60 }),
        handles,
        fc.constantFrom(...CALLER_CLASSES),
        (code, bytes, hs, c) => {
          for (const version of ['1.2', '2.0'] as const) {
            const verdict = decide({ version, code, command: bytes, handles: hs, callerClass: c, lists: LISTS });
            assert.equal(typeof verdict.allowed, 'boolean');
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
