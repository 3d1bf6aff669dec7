/** Reads a file that a setting names and that only an administrator may write. */
import { readTrustedFile } from '../adapters/policy/trusted-file.js';
import { TbsError } from '../domain/tbs-error.js';

const MAX_FILE_BYTES = 1_048_576;

/** Throws TBS_E_BAD_PARAMETER if the file is missing or others may write it. */
export function fileOfSetting(setting: string, file: string, brokerUid: number): Uint8Array {
  const read = readTrustedFile(file, brokerUid, MAX_FILE_BYTES);
  if (read.verdict === 'read') return read.bytes;
  throw new TbsError('TBS_E_BAD_PARAMETER', {
    message: `${file}, which ${setting} names, ${read.verdict === 'missing' ? 'does not exist' : read.reason}.`,
    action: `Put the file there, or change ${setting} in tbsd.json.`,
    details: { setting, file },
  });
}
