/** Tests that Get-TpmSupportedFeature queries the TPM. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { featuresAmong } from '../../../ts-core/application/owner-auth/report-tpm.js';
import { concat, sameBytes, sized, uint8, uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { TPM_CAP as TPM_CAP12, TPM_ORD } from '../../../ts-core/domain/tpm12/codes.js';
import { success as success12 } from '../../../ts-core/domain/tpm12/responses.js';
import { TPM_CAP, TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { success as success20 } from '../../../ts-core/domain/tpm20/responses.js';
import { startMachine } from '../../support/owner-auth-machine.js';
import { startSwtpm } from '../../support/swtpm.js';
import { command12 } from '../../support/tpm12-commands.js';
import { getCapability } from '../../support/tpm20-commands.js';

/** How to ask each TPM for the command that certifies a key, and what one without it answers. */
const TPMS = {
  '2.0': {
    question: getCapability(TPM_CAP.COMMANDS, TPM_CC.Certify, 1),
    // The list begins with the next command.
    lacking: success20(concat(uint8(0), uint32(TPM_CAP.COMMANDS), uint32(1), uint32(TPM_CC.CertifyCreation))),
  },
  '1.2': {
    question: command12(TPM_ORD.GetCapability, concat(uint32(TPM_CAP12.ORD), sized(uint32(TPM_ORD.CertifyKey)))),
    lacking: success12(sized(uint8(0))),
  },
};

for (const version of ['2.0', '1.2'] as const) {
  describe(`the features of a TPM ${version}`, function () {
    this.timeout(30_000);

    it('are those that its commands support, with Windows’ spelling', async () => {
      await using tpm = await startSwtpm({ version, startup: true });
      const folder = mkdtempSync(join(tmpdir(), 'owner-auth-'));
      try {
        let missing = false;
        const { question, lacking } = TPMS[version];
        await using machine = await startMachine({
          ...{ version, tpmSocket: tpm.dataPath, folder },
          answer: (bytes) => (missing && sameBytes(bytes, question) ? lacking : undefined),
        });
        const { tpm: report } = machine.owner;
        assert.deepEqual(await report.supportedFeatures(), ['key attestation']);
        assert.deepEqual(featuresAmong(await report.supportedFeatures(), ['no such feature', 'Key Attestation']), [
          'key attestation',
        ]);
        assert.deepEqual(featuresAmong(await report.supportedFeatures(), ['no such feature']), []);
        missing = true;
        assert.deepEqual(await report.supportedFeatures(), []);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });
}
