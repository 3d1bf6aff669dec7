/** Virtualization of a TPM 2.0: the face of the tables and mechanisms beside this file. See docs/virtualization.md. */
import type { Caller } from '../../caller.js';
import { TbsError } from '../../tbs-error.js';
import { HEADER_BYTES, readUint32, responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_CC, TPM_PT, TPM_RC } from '../../tpm20/codes.js';
import { startup } from '../../tpm20/commands.js';
import { refusal } from '../../tpm20/responses.js';
import type { CommandAttributes } from '../../tpm20/structures.js';
import type { ResourceCounts, SwapNeed, Virtualizer, VirtualizerSnapshot, VirtualResource } from '../virtualizer.js';
import { CapabilityRefused, listProperties } from './capability-query.js';
import { adaptProperties } from './capability-view.js';
import { CommandTable } from './command-table.js';
import { Tpm20DirectPath } from './direct-path.js';
import { discardCreated } from './discard.js';
import { applyVoided } from './hierarchy-effects.js';
import { runMapped } from './mapped-command.js';
import { foreignHandles, listAllHandles, reconcile } from './reconciliation.js';
import { type ResetCounts, readResetCounts } from './reset-counts.js';
import { countResources, findResource, listResources, removeFound } from './resource-listing.js';
import { type ResourceLimits, ResourceManager } from './resource-manager.js';
import { restoreSnapshot, takeSnapshot } from './snapshot.js';
import { formFault, SPECIAL_COMMANDS, type SpecialCommand } from './special-commands.js';
import { swapNeed } from './swap-need.js';
import { VirtualContext } from './virtual-context.js';

/** Where nothing else is set. tpm2-abrmd keeps four abandoned sessions too, and its tests count on it. */
export const DEFAULT_RESOURCE_LIMITS: ResourceLimits = {
  resourcesPerContext: 500,
  sessionsPerContext: 16,
  objectsPerUser: 8192,
  abandonedSessionsPerUser: 4,
};

/** Until the TPM has told. */
const DEFAULT_MAX_COMMAND_BYTES = 4096;
const NO_HANDLES: readonly number[] = [];

export class Tpm20Virtualizer implements Virtualizer {
  onSnapshotChange: (() => void) | undefined;
  readonly direct: Tpm20DirectPath;
  readonly #changed = () => this.onSnapshotChange?.();
  #manager: ResourceManager;
  #resetCounts: ResetCounts | undefined;
  /** Handles in the TPM that are the kernel's or the firmware's. */
  #foreign: ReadonlySet<number> = new Set();
  /** An exchange ended in the middle, so that only the TPM knows what is in it. */
  #outcomeUnknown = false;
  #creationLost = false;

  constructor(private readonly limits: ResourceLimits = DEFAULT_RESOURCE_LIMITS) {
    this.#manager = new ResourceManager(limits, new CommandTable([]), new Map(), this.#changed);
    this.direct = new Tpm20DirectPath(
      () => (this.#outcomeUnknown ? undefined : this.#manager),
      () => {
        this.#outcomeUnknown = true;
      },
    );
  }

  /** TPM_PT_MAX_COMMAND_SIZE. */
  get maxCommandBytes(): number {
    return this.property(TPM_PT.MAX_COMMAND_SIZE) ?? DEFAULT_MAX_COMMAND_BYTES;
  }

  /** A fixed or variable property (TPM_PT) as the TPM told it at start. */
  property(number: number): number | undefined {
    return this.#manager.properties.get(number);
  }

  /** Every command code that the TPM has. */
  commandCodes(): readonly number[] {
    return this.#manager.commands.codes();
  }

  /** The handles of the command's handle area as the caller wrote them; null when the TPM has no such command. */
  handlesOf(command: Uint8Array): readonly number[] | null {
    const attributes = this.#manager.commands.of(readUint32(command, 6));
    if (!attributes) return null;
    if (attributes.handleCount === 0) return NO_HANDLES;
    const handles: number[] = [];
    for (let offset = HEADER_BYTES; handles.length < attributes.handleCount; offset += 4) {
      if (offset + 4 > command.length) break;
      handles.push(readUint32(command, offset));
    }
    return handles;
  }

  *start(previous: VirtualizerSnapshot | undefined): Exchange<void> {
    const commands = yield* CommandTable.read();
    const manager = new ResourceManager(this.limits, commands, yield* listProperties(), this.#changed);
    this.#resetCounts = yield* readResetCounts();
    const listed = yield* listAllHandles();
    for (const [id, context] of this.#manager.contexts) {
      manager.contexts.set(id, new VirtualContext(id, context.caller));
    }
    this.#manager = manager;
    if (previous) restoreSnapshot(manager, previous, listed, this.#resetCounts);
    this.#foreign = foreignHandles(manager, listed);
    yield* manager.flushDoomed();
    this.#outcomeUnknown = false;
    this.#changed();
  }

  openContext(contextId: number, caller: Caller): void {
    this.#manager.contexts.set(contextId, new VirtualContext(contextId, caller));
  }

  swapNeed(contextId: number, command: Uint8Array): SwapNeed {
    const context = this.#manager.contexts.get(contextId);
    return context ? swapNeed(this.#manager, context, command) : 'none';
  }

  *execute(contextId: number, command: Uint8Array): Exchange<Uint8Array> {
    const context = this.#manager.contexts.get(contextId);
    if (!context) throw new TbsError('TBS_E_INVALID_CONTEXT');
    const attributes = this.#manager.commands.of(readUint32(command, 6));
    // A command that the TPM does not list is not sent: nobody could tell what its bytes reference.
    if (!attributes) return refusal(TPM_RC.COMMAND_CODE);
    try {
      return yield* this.#settled(() => this.#run(context, attributes, command));
    } catch (error) {
      if (error instanceof CapabilityRefused) return refusal(error.responseCode);
      throw error;
    }
  }

  *#run(context: VirtualContext, attributes: CommandAttributes, command: Uint8Array): Exchange<Uint8Array> {
    const manager = this.#manager;
    const special = SPECIAL_COMMANDS.get(attributes.code);
    if (!special) return yield* runMapped(manager, context, attributes, command);
    const answer = answerOf(manager, context, attributes, special, command);
    if (answer) return answer;
    if (special.run) {
      const fault = special.form ? formFault(command, special.form) : TPM_RC.SUCCESS;
      return fault === TPM_RC.SUCCESS ? yield* special.run(manager, context, command) : refusal(fault);
    }
    const response = yield* runMapped(manager, context, attributes, command);
    if (attributes.code === TPM_CC.GetCapability) adaptProperties(manager, context, command, response);
    if (special.voids && responseCodeOf(response) === TPM_RC.SUCCESS) {
      yield* applyVoided(manager, special.voids(command, manager.areas.parametersOffset));
      // Clear sets them back.
      this.#resetCounts = yield* readResetCounts();
      this.#changed();
    }
    return response;
  }

  /** Runs an exchange on tables that agree with the TPM; when it ends in the middle, they have to be compared again. */
  *#settled<Result>(run: () => Exchange<Result>): Exchange<Result> {
    let ended = false;
    try {
      this.#manager.beginExchange();
      if (this.#outcomeUnknown) yield* this.#reconcile();
      const result = yield* run();
      ended = true;
      return result;
    } finally {
      if (!ended) {
        this.#outcomeUnknown = true;
        // Almost any exchange may load or create something, and this may have been the moment.
        this.#creationLost = true;
      }
    }
  }

  *#reconcile(): Exchange<void> {
    this.#foreign = yield* reconcile(this.#manager, this.#foreign, this.#creationLost);
    this.#outcomeUnknown = false;
    this.#creationLost = false;
  }

  *discard(contextId: number, command: Uint8Array, response: Uint8Array): Exchange<void> {
    const context = this.#manager.contexts.get(contextId);
    const attributes = this.#manager.commands.of(readUint32(command, 6));
    if (!context || !attributes || responseCodeOf(response) !== TPM_RC.SUCCESS) return;
    yield* this.#settled(() => discardCreated(this.#manager, context, attributes, command, response));
  }

  *closeContext(contextId: number): Exchange<void> {
    const context = this.#manager.contexts.get(contextId);
    if (!context) return;
    this.#manager.contexts.delete(contextId);
    // Nobody can reach them from here on, even when flushing them fails and has to be repeated.
    this.#manager.abandon(context);
    yield* this.#settled(() => this.#manager.flushAbandoned(context.caller.userKey));
  }

  tpmWasReset(): void {
    const { sessions, objects, contexts } = this.#manager;
    // After a TPM Restart, which nobody can tell from a reset here, saved sessions are still there: nobody knows them now.
    const sessionHandles = [...sessions.all()].map((session) => session.handle);
    objects.forgetAll(contexts.values());
    sessions.forgetAll();
    this.#manager.forgetDoomed();
    this.#manager.doom(sessionHandles);
    this.#foreign = new Set();
    this.#creationLost = false;
    this.#outcomeUnknown = sessionHandles.length > 0;
    this.#resetCounts = undefined;
    this.#changed();
  }

  *suspend(): Exchange<void> {
    yield* this.#settled(() => this.#saveEverything());
  }

  *#saveEverything(): Exchange<void> {
    const { objects, sessions } = this.#manager;
    for (const object of objects.residents()) yield* objects.evict(object);
    for (const session of [...sessions.all()]) if (session.resident) yield* sessions.evict(session);
  }

  *resume(): Exchange<void> {
    const state = responseCodeOf(yield startup('STATE'));
    // INITIALIZE: it was started already, by the platform.
    if (state !== TPM_RC.SUCCESS && state !== TPM_RC.INITIALIZE) {
      yield startup('CLEAR');
      this.tpmWasReset();
    }
    this.#outcomeUnknown = true;
    this.#resetCounts = yield* readResetCounts();
    this.#manager.beginExchange();
    yield* this.#reconcile();
    this.#changed();
  }

  resources(): readonly VirtualResource[] {
    return listResources(this.#manager);
  }

  counts(contextId: number): ResourceCounts {
    return countResources(this.#manager, contextId);
  }

  *removeResource(id: string): Exchange<boolean> {
    const found = findResource(this.#manager, id);
    if (!found) return false;
    return yield* this.#settled(() => removeFound(this.#manager, id));
  }

  snapshot(): VirtualizerSnapshot {
    return takeSnapshot(this.#manager, this.#resetCounts);
  }
}

/** The broker's own answer to a special command, if it has one. */
function answerOf(
  manager: ResourceManager,
  context: VirtualContext,
  attributes: CommandAttributes,
  special: SpecialCommand,
  command: Uint8Array,
): Uint8Array | undefined {
  if (!special.answer) return undefined;
  const fault = manager.areas.read(command, attributes.handleCount);
  if (fault !== TPM_RC.SUCCESS) return refusal(fault);
  return special.answer(manager, context, command, manager.areas.parametersOffset);
}
