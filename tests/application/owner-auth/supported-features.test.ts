/** Tests that Get-TpmSupportedFeature queries the TPM. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { featuresAmong } from '../../../ts-core/application/owner-auth/report-tpm.js';
import { readUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import { startMachine } from '../../support/owner-auth-machine.js';
import { startSwtpm } from '../../support/swtpm.js';

const COMMANDS = { '2.0': ['8001', 0x148], '1.2': ['00c4', 50] } as const;

for (const version of ['2.0', '1.2'] as const) {
  describe(`the features of a TPM ${version}`, function () {
    this.timeout(30_000);

    it('are those that its commands support, with Windows’ spelling', async () => {
      await using tpm = await startSwtpm({ version, startup: true });
      const folder = mkdtempSync(join(tmpdir(), 'owner-auth-'));
      try {
        let missing = false;
        const [tag, command] = COMMANDS[version];
        // The list of a TPM 2.0 continues with the next command; a TPM 1.2 returns FALSE.
        const lacking = version === '2.0' ? '00000000020000000100000149' : '0000000100';
        const header = Buffer.alloc(10);
        header.write(tag, 'hex');
        header.writeUInt32BE(10 + lacking.length / 2, 2);
        await using machine = await startMachine({
          ...{ version, tpmSocket: tpm.dataPath, folder },
          answer: (bytes) => {
            const asked = bytes.length === 22 && readUint32(bytes, version === '2.0' ? 14 : 18) === command;
            return missing && asked ? Buffer.concat([header, Buffer.from(lacking, 'hex')]) : undefined;
          },
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
