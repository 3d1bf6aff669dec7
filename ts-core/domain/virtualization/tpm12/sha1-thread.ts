/** A TPM 1.2 has one SHA-1 thread; it is the context's that started it, and unknown to all others. */
import { TPM_ORD } from '../../tpm12/codes.js';
import type { Tpm12Virtualizer } from './tpm12-virtualizer.js';

const CONTINUES: ReadonlySet<number> = new Set([TPM_ORD.SHA1Update, TPM_ORD.SHA1Complete, TPM_ORD.SHA1CompleteExtend]);

/** False for a command that would go on with a thread that another context started. */
export function maySendToSha1Thread(virtualizer: Tpm12Virtualizer, contextId: number, ordinal: number): boolean {
  return !CONTINUES.has(ordinal) || virtualizer.sha1Context === contextId;
}

/** Keeps whose the thread is, after the TPM's answer. */
export function noteSha1Thread(
  virtualizer: Tpm12Virtualizer,
  contextId: number,
  ordinal: number,
  success: boolean,
): void {
  if (ordinal === TPM_ORD.SHA1Start && success) virtualizer.sha1Context = contextId;
  else if (CONTINUES.has(ordinal) && !(ordinal === TPM_ORD.SHA1Update && success)) {
    virtualizer.sha1Context = undefined;
  }
}
