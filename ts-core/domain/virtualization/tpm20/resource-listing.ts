/** What contexts and users hold, for `Get-TbsResource`, and the removal of one of it, for `Remove-TbsResource`. */
import type { Exchange } from '../../tpm/exchange.js';
import { flushContext } from '../../tpm20/commands.js';
import type { ResourceCounts, VirtualResource } from '../virtualizer.js';
import type { ResourceManager } from './resource-manager.js';
import type { Session } from './sessions.js';
import type { TransientObject } from './transient-objects.js';

type Found =
  | { readonly kind: 'object'; readonly object: TransientObject }
  | { readonly kind: 'session'; readonly session: Session };

function objectId(object: TransientObject): string {
  return `object-${object.id}`;
}

function sessionId(session: Session): string {
  return `session-${session.id}`;
}

export function listResources(manager: ResourceManager): readonly VirtualResource[] {
  const resources: VirtualResource[] = [];
  for (const context of manager.contexts.values()) {
    for (const object of context.objects()) {
      resources.push({
        id: objectId(object),
        kind: object.isSequence ? 'sequence' : 'transient',
        userKey: context.caller.userKey,
        contextId: context.id,
        virtualHandle: object.virtualHandle,
        resident: object.physicalHandle !== 0,
      });
    }
  }
  for (const session of manager.sessions.all()) {
    resources.push({
      id: sessionId(session),
      kind: session.context ? 'loadedSession' : 'savedSession',
      userKey: session.userKey,
      contextId: (session.context ?? session.savedBy)?.id ?? null,
      virtualHandle: session.handle,
      resident: session.resident,
    });
  }
  return resources;
}

/** Saved sessions: those that this context saved and nobody has loaded since. */
export function countResources(manager: ResourceManager, contextId: number): ResourceCounts {
  const context = manager.contexts.get(contextId);
  if (!context) return { transient: 0, loadedSessions: 0, savedSessions: 0 };
  let savedSessions = 0;
  for (const session of manager.sessions.all()) if (session.savedBy === context) savedSessions++;
  return { transient: context.objectCount, loadedSessions: context.loadedSessionCount, savedSessions };
}

export function findResource(manager: ResourceManager, id: string): Found | undefined {
  for (const context of manager.contexts.values()) {
    for (const object of context.objects()) if (objectId(object) === id) return { kind: 'object', object };
  }
  for (const session of manager.sessions.all()) if (sessionId(session) === id) return { kind: 'session', session };
  return undefined;
}

/** False when it is not there any more. */
export function* removeFound(manager: ResourceManager, id: string): Exchange<boolean> {
  const found = findResource(manager, id);
  if (!found) return false;
  if (found.kind === 'session') {
    yield* manager.sessions.flush(found.session);
    return true;
  }
  if (found.object.physicalHandle !== 0) yield flushContext(found.object.physicalHandle);
  manager.objects.remove(found.object);
  return true;
}
