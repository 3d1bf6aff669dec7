import assert from 'node:assert/strict';
import { TPM_CAP, TPM_CAP_PROP, TPM_RT } from '../../../ts-core/domain/tpm12/codes.js';
import * as tpm12 from '../../../ts-core/domain/tpm12/commands.js';

describe('commands of TPM 1.2', () => {
  const golden: readonly (readonly [string, Uint8Array, string])[] = [
    ['Startup(CLEAR)', tpm12.startup('CLEAR'), '00c10000000c000000990001'],
    ['Startup(STATE)', tpm12.startup('STATE'), '00c10000000c000000990002'],
    ['SaveState', tpm12.saveState(), '00c10000000a00000098'],
    ['GetRandom(20)', tpm12.getRandom(20), '00c10000000e0000004600000014'],
    ['GetTicks', tpm12.getTicks(), '00c10000000a000000f1'],
    ['GetCapability(VERSION)', tpm12.getCapability(TPM_CAP.VERSION), '00c100000012000000650000000600000000'],
    [
      'GetCapability(PROPERTY, OWNER)',
      tpm12.getCapability(TPM_CAP.PROPERTY, TPM_CAP_PROP.OWNER),
      '00c10000001600000065000000050000000400000111',
    ],
    ['PcrRead(10)', tpm12.pcrRead(10), '00c10000000e000000150000000a'],
    ['Extend', tpm12.extend(10, new Uint8Array(20).fill(7)), `00c100000022000000140000000a${'07'.repeat(20)}`],
    [
      'SaveContext',
      tpm12.saveContext(5, TPM_RT.AUTH),
      `00c100000022000000b80000000500000002${Buffer.from('TpmTbs saved one').toString('hex')}`,
    ],
    ['LoadContext', tpm12.loadContext(Uint8Array.of(1, 2), 9), '00c100000015000000b90000000900000000020102'],
    ['FlushSpecific', tpm12.flushSpecific(5, TPM_RT.KEY), '00c100000012000000ba0000000500000001'],
  ];
  for (const [name, bytes, expected] of golden) {
    it(`${name} has the bytes of the specification`, () => {
      assert.equal(Buffer.from(bytes).toString('hex'), expected);
    });
  }
});
