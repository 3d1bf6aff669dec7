/**
 * Shares one TPM 1.2 among many contexts: keys, OIAP, OSAP and DSAP sessions and transport sessions get virtual handles
 * per context, and are evicted only when their slot is needed. The tables and mechanisms are in the files beside this
 * one. See docs/virtualization-tpm12.md.
 */
import type { Caller } from '../../caller.js';
import { commandCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RESULT, TPM_RT } from '../../tpm12/codes.js';
import { refusal } from '../../tpm12/responses.js';
import type {
  ResourceCounts,
  ResourceHolder,
  SwapNeed,
  Virtualizer,
  VirtualizerSnapshot,
  VirtualResource,
} from '../virtualizer.js';
import { listHandles, readSessionCapacity } from './broker-commands.js';
import { swapNeed, Tpm12DirectPath } from './direct-path.js';
import { VirtualContext } from './handles.js';
import { discardCreated, runMapped } from './pass-through.js';
import type { ResourceLimits } from './quotas.js';
import {
  countResources,
  flushLeftovers,
  listResources,
  removeResource,
  restoreSnapshot,
  takeSnapshot,
} from './snapshot.js';
import { flushDaaSession, SPECIAL_COMMANDS } from './special-commands.js';
import { createParts, forgetEverything, type VirtualizerParts } from './virtualizer-parts.js';

export class Tpm12Virtualizer implements Virtualizer {
  onSnapshotChange: (() => void) | undefined;
  readonly direct: Tpm12DirectPath;
  readonly #parts: VirtualizerParts;

  constructor(limits: Partial<ResourceLimits> = {}) {
    this.#parts = createParts(limits, () => this.onSnapshotChange?.());
    this.direct = new Tpm12DirectPath(() => this.#parts);
  }

  *start(previous: VirtualizerSnapshot | undefined): Exchange<void> {
    const { quotas, reconciliation, changed } = this.#parts;
    if (previous !== undefined) {
      restoreSnapshot(this.#parts, previous, yield* listHandles(TPM_RT.CONTEXT));
      yield* flushLeftovers(previous.ownedHandles);
    }
    yield* reconciliation.refreshUnmanagedKeys();
    if (quotas.followsCapacity) quotas.learnSessionCapacity(yield* readSessionCapacity());
    changed();
  }

  openContext(contextId: number, caller: Caller): void {
    this.#parts.contexts.set(contextId, new VirtualContext(contextId, caller));
  }

  swapNeed(contextId: number, command: Uint8Array): SwapNeed {
    const context = this.#parts.contexts.get(contextId);
    return context === undefined ? 'none' : swapNeed(this.#parts, context, command);
  }

  *execute(contextId: number, command: Uint8Array): Exchange<Uint8Array> {
    const { contexts, swapping, reconciliation, contextGap } = this.#parts;
    const context = contexts.get(contextId);
    if (context === undefined) return refusal(TPM_RESULT.RESOURCES);
    try {
      swapping.beginExchange();
      yield* reconciliation.runIfDue();
      const run = SPECIAL_COMMANDS.get(commandCodeOf(command)) ?? runMapped;
      const response = yield* run(this.#parts, context, command);
      yield* reconciliation.runIfDue();
      yield* contextGap.keepSmall();
      return response;
    } catch (error) {
      reconciliation.isDue = true;
      throw error;
    }
  }

  *discard(contextId: number, command: Uint8Array, response: Uint8Array): Exchange<void> {
    const context = this.#parts.contexts.get(contextId);
    if (context !== undefined) yield* discardCreated(this.#parts, context, command, response);
  }

  *closeContext(contextId: number): Exchange<void> {
    const { contexts, daa, sha1 } = this.#parts;
    const context = contexts.get(contextId);
    sha1.contextClosed(contextId);
    try {
      for (const session of daa.ofContext(contextId)) yield* flushDaaSession(this.#parts, session);
      if (context !== undefined) yield* this.#flushAll(context);
    } finally {
      if (context !== undefined) this.#abandon(context);
    }
  }

  *#flushAll(context: VirtualContext): Exchange<void> {
    const { sessions, swapping } = this.#parts;
    for (const resource of [...sessions.ofContext(context), ...context.keys()]) {
      yield* swapping.flush(resource);
    }
  }

  /** Forgets what the context still holds because a flush has failed. */
  #abandon(context: VirtualContext): void {
    const { contexts, keys, sessions } = this.#parts;
    for (const session of sessions.ofContext(context)) sessions.ended(session);
    for (const key of context.keys()) keys.remove(key);
    contexts.delete(context.id);
  }

  tpmWasReset(): void {
    forgetEverything(this.#parts);
  }

  /** Evicts everything that can be saved, since TPM_SaveState need not preserve keys or sessions (Part 3, 3.3). */
  *suspend(): Exchange<void> {
    const { sessions, swapping } = this.#parts;
    swapping.beginExchange();
    for (const session of [...sessions.all()]) yield* swapping.evictSession(session);
    for (let more = true; more; ) more = yield* swapping.evictOne('key');
  }

  *resume(): Exchange<void> {
    const { reconciliation } = this.#parts;
    yield* reconciliation.run();
    yield* reconciliation.refreshUnmanagedKeys();
  }

  resources(of?: (holder: ResourceHolder) => boolean): readonly VirtualResource[] {
    return listResources(this.#parts, of);
  }

  counts(contextId: number): ResourceCounts {
    return countResources(this.#parts, contextId);
  }

  *removeResource(id: string): Exchange<boolean> {
    return yield* removeResource(this.#parts, id);
  }

  snapshot(): VirtualizerSnapshot {
    return takeSnapshot(this.#parts);
  }

  /** Returns null: the filter has handle rules for TPM 2.0 only, and its lists for TPM 1.2 name ordinals. */
  handlesOf(_command: Uint8Array): readonly number[] | null {
    return null;
  }
}
