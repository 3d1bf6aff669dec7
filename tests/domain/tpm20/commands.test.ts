import assert from 'node:assert/strict';
import { TPM_ALG, TPM_CAP } from '../../../ts-core/domain/tpm20/codes.js';
import * as tpm20 from '../../../ts-core/domain/tpm20/commands.js';

describe('commands of TPM 2.0', () => {
  const golden: readonly (readonly [string, Uint8Array, string])[] = [
    ['Startup(CLEAR)', tpm20.startup('CLEAR'), '80010000000c000001440000'],
    ['Startup(STATE)', tpm20.startup('STATE'), '80010000000c000001440001'],
    ['Shutdown(CLEAR)', tpm20.shutdown('CLEAR'), '80010000000c000001450000'],
    ['Shutdown(STATE)', tpm20.shutdown('STATE'), '80010000000c000001450001'],
    ['GetRandom(20)', tpm20.getRandom(20), '80010000000c0000017b0014'],
    [
      'GetCapability',
      tpm20.getCapability(TPM_CAP.TPM_PROPERTIES, 0x100, 1),
      '8001000000160000017a000000060000010000000001',
    ],
    ['ReadClock', tpm20.readClock(), '80010000000a00000181'],
    [
      'PCR_Read of PCR 0, 9 and 23',
      tpm20.pcrRead(TPM_ALG.SHA256, [0, 9, 23]),
      '8001000000140000017e00000001000b03010280',
    ],
    ['ContextSave', tpm20.contextSave(0x80000001), '80010000000e0000016280000001'],
    ['ContextLoad', tpm20.contextLoad(Uint8Array.of(1, 2, 3)), '80010000000d00000161010203'],
    ['FlushContext', tpm20.flushContext(0x02000001), '80010000000e0000016502000001'],
  ];
  for (const [name, bytes, expected] of golden) {
    it(`${name} has the bytes of the specification`, () => {
      assert.equal(Buffer.from(bytes).toString('hex'), expected);
    });
  }
});
