import { deepEqual } from 'node:assert/strict';
import { readTypedSettings } from '../../../ts-core/domain/policy/typed-settings.js';

const read = (settings: Record<string, unknown>) => readTypedSettings(settings, '2.0');

describe('typed settings', () => {
  it('have names in any case', () => {
    deepEqual(read({ MAXCONTEXTS: 5, ignorelocallist: true }), { maxContexts: 5, ignoreLocalList: true });
  });

  it('are numbers and flags in text', () => {
    deepEqual(
      read({ maxContexts: ' 120 ', ignoreLocalList: 'True', activeDirectoryBackup: 'false', osManagedAuthLevel: '4' }),
      {
        maxContexts: 120,
        ignoreLocalList: true,
        activeDirectoryBackup: false,
        osManagedAuthLevel: 4,
      },
    );
  });

  it('are flags as 0 and 1, and numbers in hexadecimal text', () => {
    deepEqual(read({ ignoreLocalList: 1, activeDirectoryBackup: '0', maxContexts: '0x7B' }), {
      ignoreLocalList: true,
      activeDirectoryBackup: false,
      maxContexts: 123,
    });
    const others = { ignoreLocalList: 2, activeDirectoryBackup: '01', maxContexts: '0x', osManagedAuthLevel: 'x4' };
    deepEqual(read(others), others);
    const lists = { ignoreLocalList: [1], blockedCommands: ['none'], allowedCommands: 'StandardUser: 1\nx' };
    deepEqual(read(lists), lists);
  });

  it('are whole numbers as PowerShell writes them', () => {
    const numbers = { '120.0': 120, '1e2': 100, '1.2E2': 120, '+5': 5, '1KB': 1024, '1.5kb': 1536, '2mb': 2 ** 21 };
    Object.assign(numbers, { '1e+2': 100, '20e-1': 2, '1e12': 1e12, '.25KB': 256, '1.25kb': 1280, '7.': 7 });
    for (const [text, number] of Object.entries(numbers))
      deepEqual(read({ maxContexts: text }), { maxContexts: number });
    deepEqual(read({ maxContexts: '1tb' }), { maxContexts: 2 ** 40 });
    for (const text of ['120.5', '1e-2', '1,000', '-5', '1kbb', '1k', 'kb', '.', '9e99', '1 KB', '0x1KB', '00x1']) {
      deepEqual(read({ maxContexts: text }), { maxContexts: text });
    }
  });

  it('are levels of owner authorization by name', () => {
    const levels = { None: 0, delegated: 2, ' FULL ': 4, LockoutOnly: 5, '4.0': 4, half: 'half' };
    for (const [text, level] of Object.entries(levels)) {
      deepEqual(read({ osManagedAuthLevel: text }), { osManagedAuthLevel: level });
    }
    deepEqual(read({ maxContexts: 'Full', blockedCommands: '1e2' }), { maxContexts: 'Full', blockedCommands: ['1e2'] });
  });

  it('are lists of names, codes and text with commas', () => {
    deepEqual(read({ blockedCommands: ['TPM2_Clear', 'getrandom', '0x126', 379] }), {
      blockedCommands: [0x126, 0x17b, 0x126, 379],
    });
    for (const text of ['TPM2_Clear, 0x17B', 'TPM2_Clear,0x17B', ' TPM2_Clear ,\t0x17B ', '294 379', '294  379\n']) {
      deepEqual(read({ blockedCommands: text }), { blockedCommands: [0x126, 0x17b] });
    }
    deepEqual(read({ blockedCommands: 'none' }), { blockedCommands: [] });
    deepEqual(read({ blockedCommands: 294 }), { blockedCommands: [294] });
  });

  it('are lists by class, as objects and in text', () => {
    deepEqual(read({ allowedCommands: { StandardUser: 'TPM2_Clear', SANDBOXEDAPP: [1], Administrator: null } }), {
      allowedCommands: { standardUser: [0x126], sandboxedApp: [1] },
    });
    deepEqual(read({ disallowedCommands: 'StandardUser: 0x126, 0x17B; SandboxedApp: none' }), {
      disallowedCommands: { standardUser: [0x126, 0x17b], sandboxedApp: [] },
    });
  });

  it('are removed by an empty text', () => {
    deepEqual(read({ maxContexts: '', allowedCommands: '' }), { maxContexts: null, allowedCommands: null });
  });

  it('have an empty list for a class whose text is empty', () => {
    deepEqual(read({ allowedCommands: { Administrator: '', StandardUser: ' ', SandboxedApp: '294 379' } }), {
      allowedCommands: { administrator: [], standardUser: [], sandboxedApp: [0x126, 0x17b] },
    });
  });

  it('keep an empty entry between two commas, so that the rule refuses it', () => {
    deepEqual(read({ blockedCommands: '294,,379' }), { blockedCommands: [294, '', 379] });
  });

  it('are unchanged if they cannot be parsed, so that the rule refuses them by name', () => {
    const settings = {
      maxContexts: 'many',
      nonsense: 1,
      blockedCommands: ['TPM2_Nothing'],
      allowedCommands: 'everything',
    };
    deepEqual(read(settings), settings);
  });
});

describe('typed lists', () => {
  const none = { administrator: [], standardUser: [], sandboxedApp: [] };

  it('are empty for the word none, in any case and with spaces around it', () => {
    for (const text of ['none', ' None ', '\tNONE\n']) {
      deepEqual(read({ blockedCommands: text, allowedCommands: text }), { blockedCommands: [], allowedCommands: none });
    }
    for (const text of ['nonesuch', 'xnone', 'none-x']) {
      deepEqual(read({ blockedCommands: text }), { blockedCommands: [text] });
      deepEqual(read({ allowedCommands: text }), { allowedCommands: text });
    }
  });

  it('by class have a name and a colon in each part, with any spaces', () => {
    deepEqual(read({ allowedCommands: ' StandardUser : 0x7 ;SandboxedApp:8' }), {
      allowedCommands: { standardUser: [7], sandboxedApp: [8] },
    });
    for (const text of ['StandardUser: 7; 8', '7: 8', 'Standard User: 7']) {
      deepEqual(read({ allowedCommands: text }), { allowedCommands: text });
    }
    for (const other of [[1], 5, true, null]) deepEqual(read({ allowedCommands: other }), { allowedCommands: other });
    deepEqual(read({ allowedCommands: { Nobody: [7] } }), { allowedCommands: { Nobody: [7] } });
  });

  it('look up command names of this TPM’s version first, then of the other', () => {
    deepEqual(readTypedSettings({ blockedCommands: 'GetRandom, TPM2_Clear, TPM_TakeOwnership' }, '1.2'), {
      blockedCommands: [70, 0x126, 13],
    });
    deepEqual(read({ blockedCommands: 'GetRandom, TPM_TakeOwnership' }), { blockedCommands: [0x17b, 13] });
  });

  it('are parsed as numbers and flags only if the whole text is one', () => {
    const settings = { maxContexts: '12x', ignoreLocalList: 'trueish', osManagedAuthLevel: '1234567890123456' };
    deepEqual(read(settings), settings);
    deepEqual(read({ ignoreLocalList: ' FALSE ' }), { ignoreLocalList: false });
    deepEqual(read({ maxContexts: 'x12', ignoreLocalList: 'untrue' }), {
      maxContexts: 'x12',
      ignoreLocalList: 'untrue',
    });
  });
});
