/**
 * Shares one TPM 2.0 among many contexts; the tables and mechanisms are in the files beside this one. See
 * docs/virtualization.md.
 */
import type { Caller } from '../../caller.js';
import { TbsError } from '../../tbs-error.js';
import { commandCodeOf, HEADER_BYTES, readUint32, responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_PT, TPM_RC } from '../../tpm20/codes.js';
import { CommandTable } from '../../tpm20/command-shape.js';
import { startup } from '../../tpm20/commands.js';
import { isSuccess, refusal } from '../../tpm20/responses.js';
import type {
  ResourceCounts,
  ResourceHolder,
  SwapNeed,
  Virtualizer,
  VirtualizerSnapshot,
  VirtualResource,
} from '../virtualizer.js';
import {
  CapabilityRejected,
  listAllHandles,
  listCommands,
  listProperties,
  readResetCounts,
} from './broker-commands.js';
import { swapNeed, Tpm20DirectPath } from './direct-path.js';
import { VirtualContext } from './handles.js';
import { discardCreated, runMapped } from './pass-through.js';
import { DEFAULT_RESOURCE_LIMITS, type ResourceLimits } from './quotas.js';
import { countResources, listResources, removeResource, restoreSnapshot, takeSnapshot } from './snapshot.js';
import { SPECIAL_COMMANDS } from './special-commands.js';
import { createParts, forgetEverything, type VirtualizerParts } from './virtualizer-parts.js';

/** Applies until the TPM has reported its own limit. */
const DEFAULT_MAX_COMMAND_BYTES = 4096;

export class Tpm20Virtualizer implements Virtualizer {
  onSnapshotChange: (() => void) | undefined;
  readonly direct: Tpm20DirectPath;
  readonly #changed = () => this.onSnapshotChange?.();
  #parts: VirtualizerParts;
  #properties: ReadonlyMap<number, number> = new Map();
  readonly #limits: ResourceLimits;

  constructor(limits: ResourceLimits = DEFAULT_RESOURCE_LIMITS) {
    this.#limits = limits;
    this.#parts = createParts(limits, this.#changed, new CommandTable([]), this.#properties);
    this.direct = new Tpm20DirectPath(() => this.#parts);
  }

  /** TPM_PT_MAX_COMMAND_SIZE. */
  get maxCommandBytes(): number {
    return this.property(TPM_PT.MAX_COMMAND_SIZE) ?? DEFAULT_MAX_COMMAND_BYTES;
  }

  /** Returns a fixed or variable property (TPM_PT) as the TPM reported it at start. */
  property(number: number): number | undefined {
    return this.#properties.get(number);
  }

  /** Returns every command code that the TPM has. */
  commandCodes(): readonly number[] {
    return this.#parts.commands.codes();
  }

  /** Returns the handles in the command's handle area as the caller wrote them; null if the TPM has no such command. */
  handlesOf(command: Uint8Array): readonly number[] | null {
    const attributes = this.#parts.commands.of(commandCodeOf(command));
    if (!attributes) return null;
    const handles: number[] = [];
    for (let offset = HEADER_BYTES; handles.length < attributes.handleCount; offset += 4) {
      if (offset + 4 > command.length) break;
      handles.push(readUint32(command, offset));
    }
    return handles;
  }

  *start(previous: VirtualizerSnapshot | undefined): Exchange<void> {
    const commands = new CommandTable(yield* listCommands());
    const properties = yield* listProperties();
    this.#parts.resetCounts = yield* readResetCounts();
    const listed = yield* listAllHandles();
    const parts = createParts(this.#limits, this.#changed, commands, properties);
    parts.resetCounts = this.#parts.resetCounts;
    for (const [id, context] of this.#parts.contexts) parts.contexts.set(id, new VirtualContext(id, context.caller));
    this.#parts = parts;
    this.#properties = properties;
    if (previous) restoreSnapshot(parts, previous, listed);
    parts.reconciliation.noteUnmanaged(listed);
    yield* parts.swapping.flushPending();
    parts.changed();
  }

  openContext(contextId: number, caller: Caller): void {
    this.#parts.contexts.set(contextId, new VirtualContext(contextId, caller));
  }

  swapNeed(contextId: number, command: Uint8Array): SwapNeed {
    const context = this.#parts.contexts.get(contextId);
    return context ? swapNeed(this.#parts, context, command) : 'none';
  }

  *execute(contextId: number, command: Uint8Array): Exchange<Uint8Array> {
    const context = this.#parts.contexts.get(contextId);
    if (!context) throw new TbsError('TBS_E_INVALID_CONTEXT');
    const attributes = this.#parts.commands.of(commandCodeOf(command));
    // A command that the TPM does not list is not sent, since nobody could tell which handles it contains.
    if (!attributes) return refusal(TPM_RC.COMMAND_CODE);
    try {
      const run = SPECIAL_COMMANDS.get(attributes.code) ?? runMapped;
      return yield* this.#onKnownTables(() => run(this.#parts, context, command, attributes));
    } catch (error) {
      if (error instanceof CapabilityRejected) return refusal(error.responseCode);
      throw error;
    }
  }

  /**
   * Runs an exchange on tables that agree with the TPM. If it ends in the middle, the tables have to be reconciled
   * again.
   */
  *#onKnownTables<Result>(run: () => Exchange<Result>): Exchange<Result> {
    let ended = false;
    try {
      this.#parts.swapping.beginExchange();
      yield* this.#parts.reconciliation.runIfDue();
      const result = yield* run();
      ended = true;
      return result;
    } finally {
      if (!ended) {
        const { reconciliation } = this.#parts;
        reconciliation.isDue = true;
        // Almost any exchange may load or create something, and that response may be the lost one.
        reconciliation.creationLost = true;
      }
    }
  }

  *discard(contextId: number, command: Uint8Array, response: Uint8Array): Exchange<void> {
    const context = this.#parts.contexts.get(contextId);
    const attributes = this.#parts.commands.of(commandCodeOf(command));
    if (!context || !attributes || !isSuccess(response)) return;
    yield* this.#onKnownTables(() => discardCreated(this.#parts, context, command, response, attributes));
  }

  *closeContext(contextId: number): Exchange<void> {
    const { contexts, swapping, quotas } = this.#parts;
    const context = contexts.get(contextId);
    if (!context) return;
    contexts.delete(contextId);
    // From here on nobody can reach its resources, even if flushing them fails and has to be repeated.
    this.#abandon(context);
    yield* this.#onKnownTables(function* () {
      yield* swapping.flushPending();
      yield* quotas.boundAbandonedSessions(context.caller.userKey);
    });
  }

  /** Queues what the closed context held for flushing; the sessions that it saved stay with its user. */
  #abandon(context: VirtualContext): void {
    const { objects, sessions, swapping } = this.#parts;
    const heldSessions = [...sessions.all()].filter((session) => session.context === context);
    // Queue them before forgetting them, so that no snapshot misses them.
    const residents = context.objects().filter((object) => object.physicalHandle !== 0);
    swapping.flushLater([
      ...residents.map((object) => object.physicalHandle),
      ...heldSessions.map((session) => session.handle),
    ]);
    for (const object of context.objects()) objects.remove(object);
    for (const session of heldSessions) sessions.ended(session);
    for (const session of sessions.all()) if (session.savedBy === context) session.savedBy = undefined;
  }

  tpmWasReset(): void {
    forgetEverything(this.#parts);
  }

  *suspend(): Exchange<void> {
    yield* this.#onKnownTables(() => this.#evictEverything());
  }

  *#evictEverything(): Exchange<void> {
    const { objects, sessions, swapping } = this.#parts;
    for (const object of objects.residents()) yield* swapping.evictObject(object);
    for (const session of [...sessions.all()]) if (session.resident) yield* swapping.evictSession(session);
  }

  *resume(): Exchange<void> {
    const state = responseCodeOf(yield startup('STATE'));
    // INITIALIZE: the platform has started it already.
    if (state !== TPM_RC.SUCCESS && state !== TPM_RC.INITIALIZE) {
      yield startup('CLEAR');
      this.tpmWasReset();
    }
    const parts = this.#parts;
    parts.reconciliation.isDue = true;
    parts.resetCounts = yield* readResetCounts();
    this.#parts.swapping.beginExchange();
    yield* parts.reconciliation.run();
    parts.changed();
  }

  resources(of?: (holder: ResourceHolder) => boolean): readonly VirtualResource[] {
    return listResources(this.#parts, of);
  }

  counts(contextId: number): ResourceCounts {
    return countResources(this.#parts, contextId);
  }

  *removeResource(id: string): Exchange<boolean> {
    return yield* this.#onKnownTables(() => removeResource(this.#parts, id));
  }

  snapshot(): VirtualizerSnapshot {
    return takeSnapshot(this.#parts);
  }
}
