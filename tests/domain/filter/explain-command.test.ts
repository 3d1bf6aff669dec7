import assert from 'node:assert/strict';
import { explain, listedCodes } from '../../../ts-core/domain/filter/explain-command.js';
import { TPM_ORD } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CC, TPM_RH } from '../../../ts-core/domain/tpm20/codes.js';
import { listsOf } from './filter-fixtures.js';

const NOBODY = { administrator: [], standardUser: [], sandboxedApp: [] };

describe('the explanation of a command', () => {
  it('repeats the question: its version, code, name and class', () => {
    const question = { version: '2.0', code: TPM_CC.Sign, callerClass: 'standardUser' } as const;
    const { verdict, condition, liftedBy, name, ...rest } = explain(listsOf(), question);
    assert.deepEqual(verdict, { allowed: true });
    assert.deepEqual([condition, liftedBy, name], [undefined, [], 'TPM2_Sign']);
    assert.equal(rest.code, TPM_CC.Sign);
  });

  it('names nothing to lift if blocks are switched off and the command is allowed', () => {
    const lists = listsOf({ ignoreLocalList: true }, { blocked: { '1.2': [], '2.0': [TPM_CC.Sign] } });
    const { liftedBy, statements } = explain(lists, { version: '2.0', code: TPM_CC.Sign, callerClass: 'standardUser' });
    assert.deepEqual(liftedBy, []);
    assert.equal(statements.length, 2);
  });

  it('does not ask to lift what is switched off or allows the command', () => {
    const lists = listsOf(
      { blockedCommands: [TPM_CC.Sign], blockedCommandsEnabled: true, ignoreLocalList: true },
      { blocked: { '1.2': [], '2.0': [TPM_CC.Sign] } },
    );
    const { liftedBy } = explain(lists, { version: '2.0', code: TPM_CC.Sign, callerClass: 'standardUser' });
    assert.equal(liftedBy.length, 1);
    assert.match(liftedBy[0] ?? '', /^Take TPM2_Sign off blockedCommands/);
  });

  it('considers handles and their limits for TPM 2.0 commands only', () => {
    // TPM 1.2 has no handle area, although the number equals that of TPM2_PCR_Extend.
    const question = { version: '1.2', code: TPM_CC.PCR_Extend, callerClass: 'standardUser' } as const;
    const explanation = explain(listsOf(), { ...question, handles: [TPM_RH.LOCKOUT] });
    assert.deepEqual([explanation.verdict.allowed, explanation.condition], [true, undefined]);
  });

  it('judges TPM_ExecuteTransport alone, without a command inside, whatever handles are named', () => {
    const question = { version: '1.2', code: TPM_ORD.ExecuteTransport, callerClass: 'administrator' } as const;
    assert.deepEqual(explain(listsOf(), { ...question, handles: [] }).verdict, { allowed: true });
  });
});

describe('the listed codes', () => {
  it('are sorted', () => {
    const lists = listsOf(
      {
        disallowedCommands: { ...NOBODY, standardUser: [5] },
        allowedCommands: { ...NOBODY, administrator: [0x20000002] },
      },
      { blocked: { '1.2': [0x40000000, 3], '2.0': [0x20000001, 1] } },
    );
    const listed = listedCodes(lists, '2.0');
    assert.deepEqual(
      listed,
      [...listed].sort((left, right) => left - right),
    );
    assert.deepEqual([listed[0], listed[1], listed.at(-2), listed.at(-1)], [1, 5, 0x20000001, 0x20000002]);
    const listed12 = listedCodes(lists, '1.2');
    assert.deepEqual(
      listed12,
      [...listed12].sort((left, right) => left - right),
    );
    assert.ok(listed12.includes(0x40000000) && !listed12.includes(0x20000001), 'blocks of TPM 2.0 are not its own');
    assert.equal(listed12.includes(0x20000002), false, 'a grant lists nothing: it only lifts default blocks');
  });

  it('omit codes that the list for both versions means for the other version', () => {
    const lists = listsOf({ blockedCommands: [TPM_ORD.Quote2, TPM_CC.Sign, 0x20000abc] });
    const [of12, of20] = [listedCodes(lists, '1.2'), listedCodes(lists, '2.0')];
    assert.deepEqual([of12.includes(TPM_CC.Sign), of20.includes(TPM_ORD.Quote2)], [false, false]);
    assert.deepEqual([of12.includes(0x20000abc), of20.includes(0x20000abc)], [true, true]);
  });
});
