/**
 * Reports what the tables hold: for the next run of the broker, and for administrators (Get-TbsResource). A session
 * "saved" here is one that its caller saved; the snapshot records it.
 */
import { bytesToBase64 } from '../../base64.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RT } from '../../tpm12/codes.js';
import { flushSpecific } from '../../tpm12/commands.js';
import type {
  ResourceCounts,
  ResourceHolder,
  SavedSessionRecord,
  VirtualizerSnapshot,
  VirtualResource,
} from '../virtualizer.js';
import { listHandles } from './broker-commands.js';
import { resourceTypeOf } from './handles.js';
import type { CallerSavedSession, Resource } from './sessions.js';
import { flushDaaSession } from './special-commands.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

type Tables = Pick<VirtualizerParts, 'contexts' | 'sessions' | 'saved' | 'daa'>;

/** Snapshots hold TPM_RT in the bits above the handle's 32, since handles of two types can be equal. */
const TYPE_FACTOR = 2 ** 32;

function typedHandle(resourceType: number, handle: number): number {
  return resourceType * TYPE_FACTOR + handle;
}

function splitTypedHandle(typed: number): { readonly resourceType: number; readonly handle: number } {
  return { resourceType: Math.floor(typed / TYPE_FACTOR), handle: typed % TYPE_FACTOR };
}

/** Returns what must survive a restart of the broker. */
export function takeSnapshot({ contexts, sessions, saved, daa }: Tables): VirtualizerSnapshot {
  const all = [...contexts.values()];
  const keys = all.flatMap((context) => context.keys()).filter(({ ownerEvict }) => !ownerEvict);
  const held = all.flatMap((context) => sessions.ofContext(context));
  return {
    savedSessions: saved.all().map(recordOf),
    ownedHandles: [
      ...held.flatMap((session) =>
        session.saved === undefined
          ? residentHandleOf(session)
          : [typedHandle(TPM_RT.CONTEXT, session.saved.contextCount)],
      ),
      // A key that is only a blob needs no flush.
      ...keys.flatMap(residentHandleOf),
      ...daa.all().map(({ handle }) => typedHandle(TPM_RT.DAA_TPM, handle)),
    ],
  };
}

function residentHandleOf({ kind, physicalHandle }: Resource): readonly number[] {
  return physicalHandle === undefined ? [] : [typedHandle(resourceTypeOf(kind), physicalHandle)];
}

function recordOf(session: CallerSavedSession): SavedSessionRecord {
  return {
    handle: session.virtualHandle,
    userKey: session.userKey,
    callerBlob: bytesToBase64(session.blob),
    currentBlob: bytesToBase64(session.current.blob),
    sequence: session.sequence,
  };
}

/**
 * Takes over what the previous run left in the TPM: the saved sessions whose context counts the TPM still knows stay
 * with their users. `flushLeftovers` flushes the rest.
 */
export function restoreSnapshot(
  { saved }: Pick<VirtualizerParts, 'saved'>,
  previous: VirtualizerSnapshot,
  knownCounts: readonly number[] | undefined,
): void {
  const records = [...previous.savedSessions].sort((left, right) => left.sequence - right.sequence);
  for (const record of records) saved.restore(record, knownCounts);
}

/**
 * Flushes those of the previous run's resources that are still in the TPM: sessions before keys, since flushing a key
 * ends its sessions.
 */
export function* flushLeftovers(owned: readonly number[]): Exchange<void> {
  const leftovers = owned.map(splitTypedHandle);
  for (const type of [TPM_RT.AUTH, TPM_RT.TRANS, TPM_RT.CONTEXT, TPM_RT.DAA_TPM, TPM_RT.KEY]) {
    const existing = yield* listHandles(type);
    for (const { resourceType, handle } of leftovers) {
      if (resourceType === type && existing?.includes(handle)) yield flushSpecific(handle, type);
    }
  }
}

export function listResources(
  tables: Tables,
  of: (holder: ResourceHolder) => boolean = () => true,
): readonly VirtualResource[] {
  const { saved, daa } = tables;
  const held = heldByContexts(tables).map((resource) => ({
    id: resource.id,
    kind: resource.kind,
    userKey: resource.context.caller.userKey,
    contextId: resource.context.id,
    virtualHandle: resource.virtualHandle,
    resident: resource.physicalHandle !== undefined,
  }));
  const callerSaved = saved.all().map((session) => ({
    id: session.id,
    kind: 'savedSession' as const,
    userKey: session.userKey,
    contextId: null,
    virtualHandle: session.virtualHandle,
    resident: false,
  }));
  const daaSessions = daa.all().map((session) => ({
    id: session.id,
    kind: 'authSession' as const,
    userKey: session.userKey,
    contextId: session.contextId,
    virtualHandle: session.handle,
    resident: true,
  }));
  // A TPM 1.2 broker holds few resources, so all are listed first.
  return [...held, ...callerSaved, ...daaSessions].filter(of);
}

export function countResources({ contexts, sessions, saved }: Tables, contextId: number): ResourceCounts {
  const context = contexts.get(contextId);
  if (context === undefined) return { transient: 0, loadedSessions: 0, savedSessions: 0 };
  return {
    transient: context.keys().length,
    loadedSessions: sessions.ofContext(context).length,
    savedSessions: saved.ofUser(context.caller.userKey).length,
  };
}

/** Flushes a resource (Remove-TbsResource); returns false if it no longer exists. */
export function* removeResource(
  parts: Tables & Pick<VirtualizerParts, 'swapping' | 'changed'>,
  id: string,
): Exchange<boolean> {
  const { saved, daa, swapping, changed } = parts;
  const savedSession = saved.all().find((session) => session.id === id);
  if (savedSession !== undefined) {
    saved.remove(savedSession);
    changed();
    yield flushSpecific(savedSession.current.contextCount, TPM_RT.CONTEXT);
    return true;
  }
  const daaSession = daa.all().find((session) => session.id === id);
  if (daaSession !== undefined) {
    yield* flushDaaSession(parts, daaSession);
    return true;
  }
  const held = heldByContexts(parts).find((resource) => resource.id === id);
  if (held === undefined) return false;
  yield* swapping.flush(held);
  return true;
}

function heldByContexts({ contexts, sessions }: Pick<Tables, 'contexts' | 'sessions'>): readonly Resource[] {
  return [...contexts.values()].flatMap((context) => [...sessions.ofContext(context), ...context.keys()]);
}
