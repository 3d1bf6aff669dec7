import { deepEqual } from 'node:assert/strict';
import { readTypedSettings } from '../../../ts-core/domain/policy/typed-settings.js';

const read = (settings: Record<string, unknown>) => readTypedSettings(settings, '2.0');

describe('settings as people write them', () => {
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

  it('are lists of names, codes and text with commas', () => {
    deepEqual(read({ blockedCommands: ['TPM2_Clear', 'getrandom', '0x126', 379] }), {
      blockedCommands: [0x126, 0x17b, 0x126, 379],
    });
    deepEqual(read({ blockedCommands: 'TPM2_Clear, 0x17B' }), { blockedCommands: [0x126, 0x17b] });
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

  it('stay as they are where they cannot be read, so that the rule refuses them by name', () => {
    const settings = {
      maxContexts: 'many',
      nonsense: 1,
      blockedCommands: ['TPM2_Nothing'],
      allowedCommands: 'everything',
    };
    deepEqual(read(settings), settings);
  });
});
