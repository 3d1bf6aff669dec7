/** The lists of this machine's administrators, outside policy: Add-TbsCommandBlock and Grant-TbsCommand. */
import type { CallerClass } from '../caller.js';
import type { TpmVersion } from '../tpm/tpm-version.js';

/** Codes that a local administrator blocked (both versions) and allowed by class (TPM 2.0: opens; TPM 1.2: lifts a default block). */
export interface LocalCommandLists {
  readonly blocked: Readonly<Record<TpmVersion, readonly number[]>>;
  readonly allowed: Readonly<Record<CallerClass, readonly number[]>>;
}

export const NO_LOCAL_COMMAND_LISTS: LocalCommandLists = {
  blocked: { '1.2': [], '2.0': [] },
  allowed: { administrator: [], standardUser: [], sandboxedApp: [] },
};
