/** Gives every test of the surrounding `describe` a new software TPM, and a folder for the machine that it belongs to. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TpmVersion } from '../../ts-core/domain/tpm/tpm-version.js';
import { type Machine, type MachineOptions, startMachine } from './owner-auth-machine.js';
import { type Swtpm, startSwtpm } from './swtpm.js';

export interface TpmOfEachTest {
  readonly tpm: Swtpm;
  readonly folder: string;
  /** Starts a machine with that TPM and that folder; a second machine stands for the first one after a restart. */
  start(options?: Partial<MachineOptions>): Promise<Machine>;
}

export function tpmOfEachTest(version: TpmVersion): TpmOfEachTest {
  let tpm: Swtpm;
  let folder: string;
  beforeEach(async () => {
    tpm = await startSwtpm({ version, startup: true });
    folder = mkdtempSync(join(tmpdir(), 'owner-auth-'));
  });
  afterEach(async () => {
    await tpm.stop();
    rmSync(folder, { recursive: true });
  });
  return {
    get tpm() {
      return tpm;
    },
    get folder() {
      return folder;
    },
    start: (options = {}) => startMachine({ version, tpmSocket: tpm.dataPath, folder, ...options }),
  };
}
