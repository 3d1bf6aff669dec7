/**
 * Watches for changes of the owner authorization that bypass the broker's own procedure: raw commands of callers, and
 * clearing the TPM.
 *
 * Invariant: stored material is never trusted once the TPM may have executed such a command. A durable mark is written
 * before the command goes to the TPM, and removed after its response has been handled. If a crash or a lost response
 * leaves a mark, the broker asks the TPM before it next uses the material.
 */
import type { ResponseClass } from '../../domain/lockout/response-classification.js';
import { MATERIAL_NAMES, type MaterialName } from '../../domain/owner-auth/kept-material.js';
import { materialVoidedBy } from '../../domain/owner-auth/raw-changes.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { PendingCommand } from '../commands/pending-command.js';
import type { Events } from '../events/events.js';
import type { Log } from '../ports/logs.js';
import type { StateStore } from '../ports/state-store.js';
import type { KeptSecrets } from './kept-secrets.js';
import type { OwnerAuthRecords } from './owner-auth-record.js';
import type { OwnerTpm } from './owner-tpm.js';
import { isLockedOut } from './tpm-failure.js';
import { materialThatIsVoid } from './verify-kept-material.js';

export interface ExternalOwnerChangeMonitorParts {
  readonly store: StateStore;
  readonly tpm: OwnerTpm;
  readonly secrets: KeptSecrets;
  readonly records: OwnerAuthRecords;
  readonly events: Events;
  readonly log: Log;
}

export const RAW_CHANGE_RECORD = 'feature:ownerAuthRawChange';

export class ExternalOwnerChangeMonitor {
  /** The material that was already marked when the latest mark was written. */
  #leftOver: readonly MaterialName[] = [];
  readonly #parts: ExternalOwnerChangeMonitorParts;

  constructor(parts: ExternalOwnerChangeMonitorParts) {
    this.#parts = parts;
  }

  get isMarked(): boolean {
    return this.#marked().length > 0;
  }

  /** Resolves when the mark is durable; undefined for a command that changes no owner authorization. */
  beforeCommand({ header, command }: PendingCommand): Promise<void> | undefined {
    const names = materialVoidedBy(this.#parts.tpm.version, header.code, command);
    return names.length === 0 ? undefined : this.#mark(names);
  }

  /**
   * Wipes the material that a caller's successful command made void; resolves when this and the removal of the mark are
   * durable.
   */
  commandEnded({ header, command, caller }: PendingCommand, outcome: ResponseClass): Promise<void> | undefined {
    const names = materialVoidedBy(this.#parts.tpm.version, header.code, command);
    if (names.length === 0) return undefined;
    if (outcome !== 'success') return this.#unmark();
    const lost = this.#wipe(names);
    if (lost.length > 0) {
      this.#parts.events.raise('ownerAuthorization', 'A caller’s command made the stored owner authorization void.', {
        caller,
        details: { voided: lost },
      });
    }
    return this.#forgetOwner(names).then(() => this.#unmark());
  }

  /** Runs `work`, which clears the TPM or removes its owner in another way, under the mark. */
  async during(work: () => Promise<void>): Promise<void> {
    await this.#mark(MATERIAL_NAMES[this.#parts.tpm.version]);
    try {
      await work();
    } catch (error) {
      // Without a response, the TPM may have executed it.
      if (!(error instanceof TbsError && error.symbol === 'TBS_E_IOERROR')) await this.#unmark();
      throw error;
    }
    this.#parts.secrets.wipeAll();
    await this.#forgetOwner(['owner']);
    await this.#unmark();
  }

  /** Finds out what a marked command has done. Runs alone; the mark stays while the TPM does not allow an attempt. */
  async resolve(): Promise<void> {
    if (!this.isMarked) return;
    const { tpm, secrets, events, log } = this.#parts;
    // This waits for the running command, whose response may remove the mark.
    const state = await tpm.ownership();
    const names = this.#marked();
    if (names.length === 0) return;
    try {
      const found = await materialThatIsVoid({ tpm, secrets }, state, names);
      const lost = found === 'everything' ? this.#wipeEverything() : this.#wipe(found);
      if (found === 'everything' || found.includes('owner')) await this.#forgetOwner(['owner']);
      if (lost.length > 0) {
        events.raise(
          'ownerAuthorization',
          'The stored owner authorization is void: a command changed it before the broker ended.',
          { details: { voided: lost } },
        );
      }
    } catch (error) {
      if (!isLockedOut(error)) throw error;
      log.warn({ error }, 'the TPM does not show yet whether the stored owner authorization is still valid');
      return;
    }
    this.#leftOver = [];
    await this.#unmark();
  }

  #marked(): readonly MaterialName[] {
    const kept = this.#parts.store.get(RAW_CHANGE_RECORD);
    return Array.isArray(kept) ? MATERIAL_NAMES[this.#parts.tpm.version].filter((name) => kept.includes(name)) : [];
  }

  #mark(names: readonly MaterialName[]): Promise<void> {
    this.#leftOver = this.#marked();
    return this.#parts.store.put(RAW_CHANGE_RECORD, [...new Set([...this.#leftOver, ...names])]);
  }

  /** Removes the marks of this command. Those of an earlier command whose response was lost stay. */
  async #unmark(): Promise<void> {
    if (this.#leftOver.length > 0) await this.#parts.store.put(RAW_CHANGE_RECORD, this.#leftOver);
    else await this.#parts.store.delete(RAW_CHANGE_RECORD);
  }

  #wipe(names: readonly MaterialName[]): readonly MaterialName[] {
    const { secrets } = this.#parts;
    const lost = names.filter((name) => secrets.has(name));
    for (const name of names) secrets.wipe(name);
    if (names.includes('owner')) secrets.wipe('pending');
    return lost;
  }

  #wipeEverything(): readonly MaterialName[] {
    const lost = MATERIAL_NAMES[this.#parts.tpm.version].filter((name) => this.#parts.secrets.has(name));
    this.#parts.secrets.wipeAll();
    return lost;
  }

  /** Forgets what was recorded about an owner who is gone. */
  async #forgetOwner(names: readonly MaterialName[]): Promise<void> {
    if (!names.includes('owner')) return;
    await this.#parts.records.update({ wellKnownOwner: false, family: undefined, lockoutParametersSet: false });
  }
}
