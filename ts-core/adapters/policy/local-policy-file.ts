/**
 * Writes the policy file of Set-TbsPolicy. Its name sorts in the middle of the policy folder, so that files named
 * before it set defaults and files named after it override it.
 */
import { join } from 'node:path';
import { LOCAL_POLICY_FILE } from '../../domain/policy/change-advice.js';
import { shown } from '../../domain/policy/setting-kinds.js';
import { isPolicySettingName, POLICY_SETTING_NAMES, POLICY_SETTINGS } from '../../domain/policy/setting-table.js';
import type { PolicySettingName } from '../../domain/policy/settings.js';
import { TbsError } from '../../domain/tbs-error.js';
import { makeFolder, replaceFile } from './atomic-write.js';
import { errorCode, readTrustedFile, whyFolderIsNotTrusted } from './trusted-file.js';

const MAX_BYTES = 1_048_576;

export type PolicyChanges = Readonly<Partial<Record<PolicySettingName, unknown>>>;

/**
 * Writes the changes; null removes a setting. Throws TBS_E_BAD_PARAMETER for a bad setting before it writes anything.
 */
export async function writeLocalPolicy(folder: string, changes: PolicyChanges, brokerUid: number): Promise<void> {
  for (const [name, value] of Object.entries(changes)) refuseBadSetting(name, value);
  const path = join(folder, LOCAL_POLICY_FILE);
  try {
    await makeFolder(folder, 0o755);
  } catch (cause) {
    throw notWritten(path, `the folder cannot be created (${errorCode(cause)})`, cause);
  }
  const distrust = whyFolderIsNotTrusted(folder, brokerUid);
  if (distrust !== undefined) throw notWritten(path, distrust);
  const content = { ...readLocalPolicy(path, brokerUid) };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined) delete content[name];
    else content[name] = value;
  }
  try {
    await replaceFile(path, `${JSON.stringify(content, undefined, 2)}\n`, 0o644);
  } catch (cause) {
    throw notWritten(path, errorCode(cause), cause);
  }
}

function refuseBadSetting(name: string, value: unknown): void {
  if (!isPolicySettingName(name)) {
    throw new TbsError('TBS_E_BAD_PARAMETER', {
      message: `There is no policy setting ${shown(name)}.`,
      action: `The settings are: ${POLICY_SETTING_NAMES.join(', ')}.`,
      details: { parameter: name, setting: name },
    });
  }
  if (value === null || value === undefined) return;
  const reading = POLICY_SETTINGS[name].read(value);
  if (reading.verdict === 'accepted') return;
  throw new TbsError('TBS_E_BAD_PARAMETER', {
    message: `The value of the policy setting ${name} is not valid: ${reading.reason}.`,
    details: { parameter: name, setting: name, reason: reading.reason },
  });
}

/** Returns the file's content as it is, including settings that only a newer version knows. */
function readLocalPolicy(path: string, brokerUid: number): Record<string, unknown> {
  const read = readTrustedFile(path, brokerUid, MAX_BYTES);
  if (read.verdict === 'missing') return {};
  if (read.verdict === 'refused') throw notWritten(path, read.reason, read.cause);
  try {
    const content: unknown = JSON.parse(new TextDecoder().decode(read.bytes));
    if (typeof content === 'object' && content !== null && !Array.isArray(content))
      return content as Record<string, unknown>;
  } catch {
    // Reported below: a hand-edited file must not be overwritten because of a typing error.
  }
  throw notWritten(path, 'the file is damaged; correct or remove it first');
}

function notWritten(path: string, reason: string, cause?: unknown): TbsError {
  return new TbsError('TBS_E_INTERNAL_ERROR', {
    message: `Cannot write the policy file ${path}: ${reason}.`,
    action: 'Correct the cause and try again; the policy in force has not changed.',
    details: { path, reason },
    cause,
  });
}
