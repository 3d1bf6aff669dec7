/**
 * Shares one TPM 1.2 among many contexts: keys, OIAP, OSAP and DSAP sessions and transport sessions get virtual handles
 * per context, and leave the TPM only when their slot is needed. Callers meet what they would meet on a TPM of their own.
 */

import { base64ToBytes, bytesToBase64 } from '../../base64.js';
import type { Caller } from '../../caller.js';
import { errorResponse, responseCodeOf } from '../../tpm/command-header.js';
import * as rc from '../../tpm/tpm12-return-codes.js';
import {
  TPM_CAP_HANDLE,
  TPM_CAP_PROP_MAX_AUTHSESS,
  TPM_CAP_PROP_MAX_CONTEXT,
  TPM_CAP_PROPERTY,
  TPM_RT_AUTH,
  TPM_RT_CONTEXT,
  TPM_RT_KEY,
  TPM_RT_TRANS,
} from '../../tpm/tpm12-types.js';
import type { Exchange, ResourceCounts, Virtualizer, VirtualizerSnapshot, VirtualResource } from '../virtualizer.js';
import { type CreatedKind, createdKind, ordinalOf } from './command-shape.js';
import { createdResource } from './created-resource.js';
import { Tpm12DirectPath } from './direct-path.js';
import { type Aftermath, type Binding, HandleTranslation } from './handle-translation.js';
import {
  flushSpecificCommand,
  getCapabilityCommand,
  handleListOf,
  numberOf,
  succeeded,
} from './management-commands.js';
import { Residency, saysNoRoom } from './residency.js';
import { type HeldResource, ResourceTable } from './resource-table.js';
import { SavedSessions } from './saved-sessions.js';
import { SPECIAL_COMMANDS } from './special-commands.js';

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

/** A handle of a snapshot: resource type in the bits above the handle's 32. */
const TYPE_FACTOR = 2 ** 32;

export class Tpm12Virtualizer implements Virtualizer {
  readonly table = new ResourceTable();
  readonly saved = new SavedSessions();
  readonly translation = new HandleTranslation(this.table);
  readonly residency: Residency;
  readonly direct = new Tpm12DirectPath(this);
  limits: Tpm12Limits;
  onSnapshotChange: (() => void) | undefined;
  /** The context that started the TPM's one SHA-1 thread. */
  sha1Context: number | undefined;
  /** A transfer failed, or a command ended sessions: the TPM must be asked what it still has before the next command. */
  #uncertain = false;
  /** Integrity digest of key blobs that callers saved → the handle they knew; bounded. */
  readonly savedKeyHandles = new Map<string, number>();

  constructor(private readonly configured: Partial<Tpm12Limits> = {}) {
    this.limits = {
      keysPerUser: configured.keysPerUser ?? DEFAULT_KEYS_PER_USER,
      sessionsPerUser: configured.sessionsPerUser ?? MIN_SESSIONS_PER_USER,
    };
    this.residency = new Residency(this.table, this.saved, () => this.changed());
  }

  *start(previous: VirtualizerSnapshot | undefined): Exchange<void> {
    const owned = previous?.ownedHandles ?? [];
    const savedCounts = (yield* this.#list(TPM_RT_CONTEXT)) ?? [];
    this.saved.restore(previous?.savedSessions ?? [], savedCounts, base64ToBytes);
    for (const type of [TPM_RT_AUTH, TPM_RT_TRANS, TPM_RT_CONTEXT, TPM_RT_KEY]) {
      const existing = new Set((yield* this.#list(type)) ?? []);
      for (const leftover of owned) {
        const handle = leftover % TYPE_FACTOR;
        if (Math.floor(leftover / TYPE_FACTOR) !== type || !existing.has(handle)) continue;
        if (type === TPM_RT_CONTEXT && this.saved.all().some((session) => session.contextCount === handle)) continue;
        yield flushSpecificCommand(handle, type);
      }
    }
    yield* this.refreshForeignKeys();
    yield* this.#learnSessionLimit();
    this.changed();
  }

  *#learnSessionLimit(): Exchange<void> {
    if (this.configured.sessionsPerUser !== undefined) return;
    const loaded = numberOf(yield getCapabilityCommand(TPM_CAP_PROPERTY, TPM_CAP_PROP_MAX_AUTHSESS)) ?? 0;
    const saved = numberOf(yield getCapabilityCommand(TPM_CAP_PROPERTY, TPM_CAP_PROP_MAX_CONTEXT)) ?? 0;
    const half = Math.floor((loaded + saved) / 2);
    const sessionsPerUser = Math.min(MAX_SESSIONS_PER_USER, Math.max(MIN_SESSIONS_PER_USER, half));
    this.limits = { ...this.limits, sessionsPerUser };
  }

  openContext(contextId: number, caller: Caller): void {
    this.table.openContext(contextId, caller.userKey);
  }

  *execute(contextId: number, command: Uint8Array): Exchange<Uint8Array> {
    if (!this.table.hasContext(contextId)) return errorResponse('1.2', rc.TPM_RESOURCES);
    try {
      if (this.#uncertain) yield* this.#synchronize();
      const special = SPECIAL_COMMANDS.get(ordinalOf(command));
      const response = yield* special === undefined
        ? this.pass(contextId, command)
        : special.run(this, contextId, command);
      if (this.#uncertain) yield* this.#synchronize();
      return response;
    } catch (error) {
      this.#uncertain = true;
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
    if (ready !== rc.TPM_SUCCESS) return yield* this.#failInPlaceOfTpm(contextId, command, ready);
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
    return errorResponse('1.2', responseCode);
  }

  /** Resolves a command's handles; an unknown key may be an owner-evict key that has appeared since. */
  *resolve(contextId: number, command: Uint8Array): Exchange<ReturnType<HandleTranslation['resolve']>> {
    const first = this.translation.resolve(contextId, command);
    if (first.ok || !first.unknownKey) return first;
    yield* this.refreshForeignKeys();
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
    if (created !== undefined && this.remaining(contextId, created) <= 0) return rc.TPM_RESOURCES;
    const resources = bindings.flatMap(({ resource }) => (resource === undefined ? [] : [resource]));
    const code = yield* this.residency.ensure(resources, pinned);
    if (code !== rc.TPM_SUCCESS || created === undefined || !askForRoom) return code;
    const room = yield* this.residency.ensureRoom(created, pinned);
    // Room for a key may have taken a copy's sessions out, those of this command among them.
    return room === rc.TPM_SUCCESS ? yield* this.residency.ensure(resources, pinned) : room;
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
    yield flushSpecificCommand(aftermath.collided, TPM_RT_KEY);
    return errorResponse('1.2', rc.TPM_RESOURCES);
  }

  takeIn(aftermath: Aftermath): void {
    if (aftermath.sessionsUncertain) this.#uncertain = true;
    if (aftermath.everythingVoid) this.tpmWasReset();
    if (aftermath.created !== undefined) this.changed();
  }

  /** The TPM must be asked again what it has, before the next command. */
  distrust(): void {
    this.#uncertain = true;
  }

  get mustSynchronize(): boolean {
    return this.#uncertain;
  }

  *discard(contextId: number, command: Uint8Array, response: Uint8Array): Exchange<void> {
    const created = succeeded(response) ? createdResource(command, response) : undefined;
    if (created === undefined || !this.table.hasContext(contextId)) return;
    const held = this.table.find(contextId, created.kind, created.virtualHandle);
    if (held !== undefined) yield* this.residency.flush(held);
  }

  *closeContext(contextId: number): Exchange<void> {
    if (this.sha1Context === contextId) this.sha1Context = undefined;
    try {
      for (const resource of [...this.table.ofContext(contextId)]) {
        if (resource.alive) yield* this.residency.flush(resource);
      }
    } finally {
      for (const resource of [...this.table.ofContext(contextId)]) this.table.remove(resource);
      this.table.forgetContext(contextId);
    }
  }

  tpmWasReset(): void {
    for (const resource of [...this.table.all()]) this.table.remove(resource);
    this.saved.clear();
    this.savedKeyHandles.clear();
    this.translation.foreignKeys = new Set();
    this.sha1Context = undefined;
    this.#uncertain = false;
    this.changed();
  }

  /** Everything that can be saved leaves the TPM: TPM_SaveState need not keep keys or sessions (TPM Main Part 3, 3.3). */
  *suspend(): Exchange<void> {
    for (const session of [...this.table.sessions()]) yield* this.residency.saveSession(session);
    for (let more = true; more; ) more = yield* this.residency.evictOne('key', new Set());
  }

  *resume(): Exchange<void> {
    yield* this.#synchronize();
    yield* this.refreshForeignKeys();
  }

  resources(): readonly VirtualResource[] {
    const held = [...this.table.all()].map((resource) => ({
      id: resource.id,
      kind: resource.kind,
      userKey: resource.userKey,
      contextId: resource.contextId,
      virtualHandle: resource.virtualHandle,
      resident: resource.physicalHandle !== undefined,
    }));
    const saved = this.saved.all().map((session) => ({
      id: session.id,
      kind: 'savedSession' as const,
      userKey: session.userKey,
      contextId: null,
      virtualHandle: session.virtualHandle,
      resident: false,
    }));
    return [...held, ...saved];
  }

  counts(contextId: number): ResourceCounts {
    const resources = [...this.table.ofContext(contextId)];
    const transient = resources.filter((resource) => resource.kind === 'key').length;
    const userKey = this.table.hasContext(contextId) ? this.table.userOf(contextId) : '';
    return {
      transient,
      loadedSessions: resources.length - transient,
      savedSessions: this.saved.ofUser(userKey).length,
    };
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
      yield flushSpecificCommand(saved.contextCount, TPM_RT_CONTEXT);
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
    const ownedHandles: number[] = [];
    for (const resource of this.table.all()) {
      if (resource.kind === 'key') {
        if (resource.physicalHandle !== undefined && !resource.ownerEvict) {
          ownedHandles.push(TPM_RT_KEY * TYPE_FACTOR + resource.physicalHandle);
        }
        continue;
      }
      const type = resource.kind === 'authSession' ? TPM_RT_AUTH : TPM_RT_TRANS;
      if (resource.physicalHandle !== undefined) ownedHandles.push(type * TYPE_FACTOR + resource.physicalHandle);
      else if (resource.saved !== undefined) {
        ownedHandles.push(TPM_RT_CONTEXT * TYPE_FACTOR + resource.saved.contextCount);
      }
    }
    const savedSessions = this.saved.all().map((session) => ({
      handle: session.virtualHandle,
      userKey: session.userKey,
      callerBlob: bytesToBase64(session.blob),
      currentBlob: bytesToBase64(session.blob),
      sequence: session.sequence,
    }));
    return { savedSessions, ownedHandles };
  }

  /** Handles of a command that a filter may name; TPM 1.2 rules name ordinals only. */
  handlesOf(_command: Uint8Array): readonly number[] | null {
    return null;
  }

  changed(): void {
    this.onSnapshotChange?.();
  }

  /** Learns which keys in the TPM are nobody's. */
  *refreshForeignKeys(): Exchange<void> {
    const loaded = yield* this.#list(TPM_RT_KEY);
    if (loaded !== undefined) this.noteLoadedKeys(loaded);
  }

  noteLoadedKeys(loaded: readonly number[]): void {
    this.translation.foreignKeys = new Set(
      loaded.filter((handle) => {
        const held = this.table.residentAt('key', handle);
        return held === undefined || (held.kind === 'key' && held.ownerEvict);
      }),
    );
  }

  *#list(resourceType: number): Exchange<readonly number[] | undefined> {
    return handleListOf(yield getCapabilityCommand(TPM_CAP_HANDLE, resourceType));
  }

  /** Takes out of the table what the TPM does not have any more. */
  *#synchronize(): Exchange<void> {
    for (const [kind, type] of SYNCHRONIZED) {
      const existing = yield* this.#list(type);
      if (existing === undefined) continue;
      const known = new Set(existing);
      for (const resource of [...this.table.all()]) {
        if (resource.kind !== kind || resource.physicalHandle === undefined) continue;
        if (!known.has(resource.physicalHandle)) this.#lost(resource);
      }
    }
    this.#uncertain = false;
  }

  /** A key with a blob can come back; everything else is gone. */
  #lost(resource: HeldResource): void {
    if (resource.kind === 'key' && resource.blob !== undefined && !resource.ownerEvict) {
      resource.physicalHandle = undefined;
    } else {
      this.table.remove(resource);
    }
    this.changed();
  }
}

const SYNCHRONIZED: readonly (readonly [HeldResource['kind'], number])[] = [
  ['authSession', TPM_RT_AUTH],
  ['transportSession', TPM_RT_TRANS],
  ['key', TPM_RT_KEY],
];

function isSession(binding: Binding): boolean {
  return binding.kind !== 'key';
}
