/**
 * The backlog: the commands that wait for the TPM, and what they are expected to cost it.
 *
 * Invariant: `costMs` is the sum of the expected costs of all commands in the queue. Commands enter and leave the queue
 * only here.
 */
import { CommandCosts } from '../../domain/scheduling/command-costs.js';
import type { CommandQueue } from '../../domain/scheduling/command-queue.js';
import { createdKeyType } from '../../domain/tpm/created-key-type.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { Virtualizer } from '../../domain/virtualization/virtualizer.js';
import type { PendingCommand } from './pending-command.js';

export interface BacklogParts {
  readonly version: TpmVersion;
  readonly queue: CommandQueue<PendingCommand>;
  readonly virtualizer: Pick<Virtualizer, 'swapNeed'>;
}

export class Backlog {
  readonly costs = new CommandCosts();
  #costMs = 0;
  /** Prefers commands whose resources are already in the TPM, if the other command would need a swap. */
  readonly #savesSwap = (kept: PendingCommand, other: PendingCommand): boolean => {
    const { virtualizer } = this.#parts;
    if (virtualizer.swapNeed(other.contextId, other.command) !== 'swap') return false;
    return virtualizer.swapNeed(kept.contextId, kept.command) === 'resident';
  };
  readonly #parts: BacklogParts;

  constructor(parts: BacklogParts) {
    this.#parts = parts;
  }

  get costMs(): number {
    return this.#costMs;
  }

  /** Queues a command, and sets its expected cost and its place. */
  add(pending: PendingCommand): void {
    const code = pending.header.code;
    pending.expectedMs = this.costs.estimateMs(code, createdKeyType(this.#parts.version, code, pending.command));
    this.#costMs += pending.expectedMs;
    pending.place = this.#parts.queue.push(pending, pending.submittedAtMs);
  }

  /** Takes the command that is next. */
  take(nowMs: number): PendingCommand | undefined {
    const pending = this.#parts.queue.next(nowMs, this.#savesSwap);
    if (pending !== undefined) this.#costMs -= pending.expectedMs;
    return pending;
  }

  /** Removes one command. Returns false if it is not queued. */
  remove(pending: PendingCommand): boolean {
    if (pending.place === undefined || !this.#parts.queue.remove(pending.place)) return false;
    this.#costMs -= pending.expectedMs;
    return true;
  }

  /** Removes and returns all commands of a context, oldest first. */
  removeContext(userKey: string, contextId: number): PendingCommand[] {
    const removed = this.#parts.queue.removeContext(userKey, contextId);
    for (const { expectedMs } of removed) this.#costMs -= expectedMs;
    return removed;
  }

  /** Learns from a command that the TPM has executed what the next ones like it will cost. */
  learn({ header, command }: PendingCommand, durationMs: number): void {
    this.costs.learn(header.code, createdKeyType(this.#parts.version, header.code, command), durationMs);
  }
}
