/**
 * Shares one TPM 1.2 among many contexts: keys, OIAP, OSAP and DSAP sessions and transport sessions get virtual handles
 * per context, and leave the TPM only when their slot is needed. Callers meet what they would meet on a TPM of their own.
 */
import type { Caller } from '../../caller.js';
import { responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_CAP, TPM_CAP_PROP, TPM_RESULT, TPM_RT } from '../../tpm12/codes.js';
import { flushSpecific, getCapability } from '../../tpm12/commands.js';
import { isSuccess, numberOf, refusal } from '../../tpm12/responses.js';
import type { ResourceCounts, SwapNeed, Virtualizer, VirtualizerSnapshot, VirtualResource } from '../virtualizer.js';
import { type CreatedKind, createdKind, ordinalOf } from './command-shape.js';
import { ContextGap } from './context-gap.js';
import { createdResource } from './created-resource.js';
import { type DaaSession, DaaSessions } from './daa-sessions.js';
import { Tpm12DirectPath } from './direct-path.js';
import { type Aftermath, type Binding, HandleTranslation } from './handle-translation.js';
import { countResources, listResources, restoreSavedSessions, splitTypedHandle, takeSnapshot } from './inventory.js';
import { Residency, saysNoRoom } from './residency.js';
import { type HeldResource, ResourceTable } from './resource-table.js';
import { SavedSessions } from './saved-sessions.js';
import { SPECIAL_COMMANDS } from './special-commands.js';
import { swapNeed } from './swap-need.js';
import { listHandles, Synchronization } from './synchronization.js';

export interface Tpm12Limits {
  /** Keys that all contexts of one user may hold together. */
  readonly keysPerUser: number;
  /**
   * Sessions of all kinds, saved ones included, that one user may hold. Half of what the TPM keeps, loaded and saved,
   * between 8 and 64, unless given: a TPM 1.2 has at least 3 loaded and 16 saved.
   */
  readonly sessionsPerUser: number;
}

const DEFAULT_KEYS_PER_USER = 64;
const MIN_SESSIONS_PER_USER = 8;
const MAX_SESSIONS_PER_USER = 64;

export class Tpm12Virtualizer implements Virtualizer {
  readonly table = new ResourceTable();
  readonly saved = new SavedSessions();
  readonly daa = new DaaSessions();
  readonly translation = new HandleTranslation(this.table);
  readonly residency: Residency;
  readonly contextGap: ContextGap;
  readonly synchronization: Synchronization;
  readonly direct = new Tpm12DirectPath(this);
  limits: Tpm12Limits;
  onSnapshotChange: (() => void) | undefined;
  /** The context that started the TPM's one SHA-1 thread. */
  sha1Context: number | undefined;
  /** Integrity digest of key blobs that callers saved → the handle they knew; bounded. */
  readonly savedKeyHandles = new Map<string, number>();

  constructor(private readonly configured: Partial<Tpm12Limits> = {}) {
    this.limits = {
      keysPerUser: configured.keysPerUser ?? DEFAULT_KEYS_PER_USER,
      sessionsPerUser: configured.sessionsPerUser ?? MIN_SESSIONS_PER_USER,
    };
    this.residency = new Residency(this.table, this.saved, () => this.changed());
    this.contextGap = new ContextGap(this.table, this.saved, this.residency, () => this.changed());
    this.synchronization = new Synchronization(this.table, this.translation, () => this.changed());
  }

  *start(previous: VirtualizerSnapshot | undefined): Exchange<void> {
    const savedCounts = (yield* listHandles(TPM_RT.CONTEXT)) ?? [];
    restoreSavedSessions(this.saved, previous?.savedSessions ?? [], savedCounts);
    yield* this.#flushLeftovers(previous?.ownedHandles ?? []);
    yield* this.synchronization.refreshForeignKeys();
    yield* this.#learnSessionLimit();
    this.changed();
  }

  /** Sessions before keys, since a key takes its sessions along. */
  *#flushLeftovers(owned: readonly number[]): Exchange<void> {
    const leftovers = owned.map(splitTypedHandle);
    for (const type of [TPM_RT.AUTH, TPM_RT.TRANS, TPM_RT.CONTEXT, TPM_RT.DAA_TPM, TPM_RT.KEY]) {
      const existing = new Set((yield* listHandles(type)) ?? []);
      for (const { resourceType, handle } of leftovers) {
        if (resourceType === type && existing.has(handle)) yield flushSpecific(handle, type);
      }
    }
  }

  *#learnSessionLimit(): Exchange<void> {
    if (this.configured.sessionsPerUser !== undefined) return;
    const loaded = numberOf(yield getCapability(TPM_CAP.PROPERTY, TPM_CAP_PROP.MAX_AUTHSESS)) ?? 0;
    const saved = numberOf(yield getCapability(TPM_CAP.PROPERTY, TPM_CAP_PROP.MAX_CONTEXT)) ?? 0;
    const half = Math.floor((loaded + saved) / 2);
    const sessionsPerUser = Math.min(MAX_SESSIONS_PER_USER, Math.max(MIN_SESSIONS_PER_USER, half));
    this.limits = { ...this.limits, sessionsPerUser };
  }

  openContext(contextId: number, caller: Caller): void {
    this.table.openContext(contextId, caller.userKey);
  }

  swapNeed(contextId: number, command: Uint8Array): SwapNeed {
    return swapNeed(this.table, this.translation, contextId, command);
  }

  *execute(contextId: number, command: Uint8Array): Exchange<Uint8Array> {
    if (!this.table.hasContext(contextId)) return refusal(TPM_RESULT.RESOURCES);
    try {
      yield* this.synchronization.runIfDue();
      const special = SPECIAL_COMMANDS.get(ordinalOf(command));
      const response = yield* special === undefined
        ? this.pass(contextId, command)
        : special.run(this, contextId, command);
      yield* this.synchronization.runIfDue();
      yield* this.contextGap.keepSmall();
      return response;
    } catch (error) {
      this.synchronization.isDue = true;
      throw error;
    }
  }

  /** The one mechanism: handles are resolved, made resident, rewritten; the response is taken in. */
  *pass(contextId: number, command: Uint8Array): Exchange<Uint8Array> {
    const resolution = yield* this.resolve(contextId, command);
    if (!resolution.ok) return yield* this.#failInPlaceOfTpm(contextId, command, resolution.responseCode);
    const { bindings } = resolution;
    const pinned = new Set<HeldResource>();
    const created = createdKind(ordinalOf(command));
    const mustFit = created === 'key' || bindings.some(isSession);
    const ready = yield* this.prepare(contextId, created, bindings, pinned, mustFit);
    if (ready !== TPM_RESULT.SUCCESS) return yield* this.#failInPlaceOfTpm(contextId, command, ready);
    const physical = bindings.length === 0 ? command : command.slice();
    this.translation.toPhysical(physical, bindings);
    let response = yield physical;
    // Only a command without authorization can be repeated: a failure has ended the session of any other.
    while (created !== undefined && saysNoRoom(responseCodeOf(response)) && !bindings.some(isSession)) {
      if (!(yield* this.residency.evictOne(created, pinned))) break;
      response = yield physical;
    }
    return yield* this.settle(contextId, command, bindings, response);
  }

  /** A command that fails ends its authorization sessions on a TPM; so it does when the broker must fail it. */
  *#failInPlaceOfTpm(contextId: number, command: Uint8Array, responseCode: number): Exchange<Uint8Array> {
    for (const session of this.translation.knownSessions(contextId, command)) yield* this.residency.flush(session);
    return refusal(responseCode);
  }

  /** Resolves a command's handles; an unknown key may be an owner-evict key that has appeared since. */
  *resolve(contextId: number, command: Uint8Array): Exchange<ReturnType<HandleTranslation['resolve']>> {
    const first = this.translation.resolve(contextId, command);
    if (first.ok || !first.unknownKey) return first;
    yield* this.synchronization.refreshForeignKeys();
    return this.translation.resolve(contextId, command);
  }

  /**
   * Quota, residency and room, before a command is sent. `created`: what the command makes; `askForRoom`: false where
   * the question itself would do harm.
   */
  *prepare(
    contextId: number,
    created: CreatedKind | undefined,
    bindings: readonly Binding[],
    pinned: Set<HeldResource>,
    askForRoom: boolean,
  ): Exchange<number> {
    if (created !== undefined && this.remaining(contextId, created) <= 0) return TPM_RESULT.RESOURCES;
    const resources = bindings.flatMap(({ resource }) => (resource === undefined ? [] : [resource]));
    const code = yield* this.residency.ensure(resources, pinned);
    if (code !== TPM_RESULT.SUCCESS || created === undefined || !askForRoom) return code;
    const room = yield* this.residency.ensureRoom(created, pinned);
    // Room for a key may have taken a copy's sessions out, those of this command among them.
    return room === TPM_RESULT.SUCCESS ? yield* this.residency.ensure(resources, pinned) : room;
  }

  *settle(
    contextId: number,
    command: Uint8Array,
    bindings: readonly Binding[],
    response: Uint8Array,
  ): Exchange<Uint8Array> {
    const aftermath = this.translation.absorb(contextId, command, bindings, response, true);
    this.takeIn(aftermath);
    if (aftermath.collided === undefined) return response;
    yield flushSpecific(aftermath.collided, TPM_RT.KEY);
    return refusal(TPM_RESULT.RESOURCES);
  }

  takeIn(aftermath: Aftermath): void {
    if (aftermath.sessionsUncertain) this.synchronization.isDue = true;
    if (aftermath.everythingVoid) this.tpmWasReset();
    if (aftermath.created !== undefined) this.changed();
  }

  *discard(contextId: number, command: Uint8Array, response: Uint8Array): Exchange<void> {
    const created = isSuccess(response) ? createdResource(command, response) : undefined;
    if (created === undefined || !this.table.hasContext(contextId)) return;
    const held = this.table.find(contextId, created.kind, created.virtualHandle);
    if (held !== undefined) yield* this.residency.flush(held);
  }

  *closeContext(contextId: number): Exchange<void> {
    if (this.sha1Context === contextId) this.sha1Context = undefined;
    try {
      for (const session of this.daa.ofContext(contextId)) yield* this.flushDaa(session);
      for (const resource of [...this.table.ofContext(contextId)]) {
        if (resource.alive) yield* this.residency.flush(resource);
      }
    } finally {
      for (const resource of [...this.table.ofContext(contextId)]) this.table.remove(resource);
      this.table.forgetContext(contextId);
    }
  }

  *flushDaa(session: DaaSession): Exchange<void> {
    this.daa.remove(session);
    this.changed();
    yield flushSpecific(session.handle, TPM_RT.DAA_TPM);
  }

  tpmWasReset(): void {
    this.daa.keepOnly([]);
    for (const resource of [...this.table.all()]) this.table.remove(resource);
    this.saved.clear();
    this.residency.savedRoom.tpmWasReset();
    this.savedKeyHandles.clear();
    this.translation.foreignKeys = new Set();
    this.sha1Context = undefined;
    this.synchronization.isDue = false;
    this.changed();
  }

  /** Everything that can be saved leaves the TPM: TPM_SaveState need not keep keys or sessions (TPM Main Part 3, 3.3). */
  *suspend(): Exchange<void> {
    for (const session of [...this.table.sessions()]) yield* this.residency.saveSession(session);
    for (let more = true; more; ) more = yield* this.residency.evictOne('key', new Set());
  }

  *resume(): Exchange<void> {
    yield* this.synchronization.run();
    yield* this.synchronization.refreshForeignKeys();
  }

  resources(): readonly VirtualResource[] {
    return listResources(this);
  }

  counts(contextId: number): ResourceCounts {
    return countResources(this, contextId);
  }

  /** How many more of a kind the context's user may hold. */
  remaining(contextId: number, kind: HeldResource['kind']): number {
    const userKey = this.table.userOf(contextId);
    let keys = 0;
    let sessions = this.saved.ofUser(userKey).length;
    for (const resource of this.table.all()) {
      if (resource.userKey !== userKey) continue;
      if (resource.kind === 'key') keys++;
      else sessions++;
    }
    return Math.max(0, kind === 'key' ? this.limits.keysPerUser - keys : this.limits.sessionsPerUser - sessions);
  }

  *removeResource(id: string): Exchange<boolean> {
    const saved = this.saved.all().find((session) => session.id === id);
    if (saved !== undefined) {
      this.saved.remove(saved);
      this.changed();
      yield flushSpecific(saved.current.contextCount, TPM_RT.CONTEXT);
      return true;
    }
    const daaSession = this.daa.all().find((session) => session.id === id);
    if (daaSession !== undefined) {
      yield* this.flushDaa(daaSession);
      return true;
    }
    for (const resource of this.table.all()) {
      if (resource.id !== id) continue;
      yield* this.residency.flush(resource);
      return true;
    }
    return false;
  }

  snapshot(): VirtualizerSnapshot {
    return takeSnapshot(this);
  }

  /** Handles of a command that a filter may name; TPM 1.2 rules name ordinals only. */
  handlesOf(_command: Uint8Array): readonly number[] | null {
    return null;
  }

  changed(): void {
    this.onSnapshotChange?.();
  }
}

function isSession(binding: Binding): boolean {
  return binding.kind !== 'key';
}
