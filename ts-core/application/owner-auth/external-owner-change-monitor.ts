/**
 * Commands that change the owner authorization past the broker's own change: raw ones of callers, and clearing the TPM.
 *
 * Invariant: what is kept is never taken for good after the TPM may have executed such a command. A durable mark is made
 * before the command goes to the TPM, and removed when its answer has been acted upon; a mark that a crash or a lost
 * answer leaves is resolved, by asking the TPM, before the next use.
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

const MARK = 'feature:ownerAuthRawChange';

export class ExternalOwnerChangeMonitor {
  /** What was marked when the last mark was made. */
  #leftOver: readonly MaterialName[] = [];
  readonly #parts: ExternalOwnerChangeMonitorParts;

  constructor(parts: ExternalOwnerChangeMonitorParts) {
    this.#parts = parts;
  }

  get isMarked(): boolean {
    return this.#marked().length > 0;
  }

  /** Resolves when the mark is durable; undefined for every command that changes nothing of the kind. */
  beforeCommand({ header, command }: PendingCommand): Promise<void> | undefined {
    const names = materialVoidedBy(this.#parts.tpm.version, header.code, command);
    return names.length === 0 ? undefined : this.#mark(names);
  }

  /** Wipes what a caller's successful command has made void; resolves when that and the end of the mark are durable. */
  commandEnded({ header, command, caller }: PendingCommand, outcome: ResponseClass): Promise<void> | undefined {
    const names = materialVoidedBy(this.#parts.tpm.version, header.code, command);
    if (names.length === 0) return undefined;
    if (outcome !== 'success') return this.#unmark();
    const lost = this.#wipe(names);
    if (lost.length > 0) {
      this.#parts.events.raise('ownerAuthorization', 'A command of a caller made the kept owner authorization void.', {
        caller,
        details: { voided: lost },
      });
    }
    return this.#forgetOwner(names).then(() => this.#unmark());
  }

  /** Clears the TPM, or whatever else ends its owner, under the mark. */
  async during(work: () => Promise<void>): Promise<void> {
    await this.#mark(MATERIAL_NAMES[this.#parts.tpm.version]);
    try {
      await work();
    } catch (error) {
      // Without an answer it may have happened.
      if (!(error instanceof TbsError && error.symbol === 'TBS_E_IOERROR')) await this.#unmark();
      throw error;
    }
    this.#parts.secrets.wipeAll();
    await this.#forgetOwner(['owner']);
    await this.#unmark();
  }

  /** Finds out what a marked command has done. Runs alone; while the TPM does not allow a try, the mark stays. */
  async resolve(): Promise<void> {
    if (!this.isMarked) return;
    const { tpm, secrets, events, log } = this.#parts;
    // This waits for a command that is at the TPM now, whose answer may take the mark away.
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
          'The kept owner authorization is void: a command changed it before the broker ended.',
          { details: { voided: lost } },
        );
      }
    } catch (error) {
      if (!isLockedOut(error)) throw error;
      log.warn({ error }, 'the TPM does not tell yet whether the kept owner authorization is still its own');
      return;
    }
    this.#leftOver = [];
    await this.#unmark();
  }

  #marked(): readonly MaterialName[] {
    const kept = this.#parts.store.get(MARK);
    return Array.isArray(kept) ? MATERIAL_NAMES[this.#parts.tpm.version].filter((name) => kept.includes(name)) : [];
  }

  #mark(names: readonly MaterialName[]): Promise<void> {
    this.#leftOver = this.#marked();
    return this.#parts.store.put(MARK, [...new Set([...this.#leftOver, ...names])]);
  }

  /** A mark of a command before, whose answer was lost, stays in force. */
  async #unmark(): Promise<void> {
    if (this.#leftOver.length > 0) await this.#parts.store.put(MARK, this.#leftOver);
    else await this.#parts.store.delete(MARK);
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

  /** After the owner is gone: what was remembered of it. */
  async #forgetOwner(names: readonly MaterialName[]): Promise<void> {
    if (!names.includes('owner')) return;
    await this.#parts.records.update({ wellKnownOwner: false, family: undefined, lockoutParametersSet: false });
  }
}
