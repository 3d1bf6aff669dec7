/**
 * The one mechanism for every command that is not special: resolve the handles, load what is needed, send, and bring the
 * tables up to date with the response.
 */
import { HEADER_BYTES, responseCodeOf, writeUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { handleType, isSessionHandle, TPM_CC, TPM_HT, TPM_RC, TPMA_SESSION } from '../../tpm20/codes.js';
import { isTemporaryFailure, refusal } from '../../tpm20/responses.js';
import type { CommandAttributes } from '../../tpm20/structures.js';
import { missingInAuthorizationArea, missingInHandleArea } from './missing-handle.js';
import type { ResourceManager } from './resource-manager.js';
import type { Session } from './sessions.js';
import type { TransientObject } from './transient-objects.js';
import type { VirtualContext } from './virtual-context.js';

/** What the handles of one command stand for, by position. */
class ResolvedHandles {
  readonly objects: (TransientObject | undefined)[] = [];
  readonly handleSessions: (Session | undefined)[] = [];
  readonly authorizationSessions: (Session | undefined)[] = [];

  /** Finds everything that the command references; returns 0, or the code for the first handle the context does not have. */
  static of(manager: ResourceManager, context: VirtualContext, code: number, into: ResolvedHandles): number {
    const { areas, sessions, ranges } = manager;
    for (let position = 0; position < areas.handleCount; position++) {
      const handle = areas.handles[position] as number;
      const isObject = handleType(handle) === TPM_HT.TRANSIENT;
      if (!isObject && !isSessionHandle(handle)) continue;
      const object = isObject ? context.object(handle) : undefined;
      const session = isObject ? undefined : sessions.loadedIn(context, handle);
      if (!object && !session) return missingInHandleArea(code, handle, position, areas.handleCount, ranges);
      into.objects[position] = object;
      into.handleSessions[position] = session;
    }
    for (let position = 0; position < areas.sessionCount; position++) {
      const handle = areas.sessionHandles[position] as number;
      if (!isSessionHandle(handle)) continue;
      const session = sessions.loadedIn(context, handle);
      if (!session) return missingInAuthorizationArea(handle, position, ranges);
      into.authorizationSessions[position] = session;
    }
    return TPM_RC.SUCCESS;
  }
}

/** Loads everything the command references. Returns 0, or the response code for the caller. */
function* loadAll(manager: ResourceManager, resolved: ResolvedHandles): Exchange<number> {
  const { objects, sessions } = manager;
  for (const object of resolved.objects) if (object) objects.touch(object);
  for (const session of resolved.handleSessions) if (session) sessions.touch(session);
  for (const session of resolved.authorizationSessions) if (session) sessions.touch(session);
  for (let position = 0; position < resolved.objects.length; position++) {
    const object = resolved.objects[position];
    if (!object) continue;
    const code = yield* objects.makeResident(object);
    if (code === TPM_RC.SUCCESS) continue;
    if (code === TPM_RC.INITIALIZE || isTemporaryFailure(code)) return code;
    // Its saved form is void (hierarchy cleared, TPM reset): the object is gone, and the caller is told just that.
    objects.remove(object);
    return TPM_RC.REFERENCE_H0 + position;
  }
  const inHandles = yield* loadSessions(manager, resolved.handleSessions, TPM_RC.REFERENCE_H0);
  if (inHandles !== TPM_RC.SUCCESS) return inHandles;
  return yield* loadSessions(manager, resolved.authorizationSessions, TPM_RC.REFERENCE_S0);
}

function* loadSessions(
  manager: ResourceManager,
  needed: readonly (Session | undefined)[],
  lostCode: number,
): Exchange<number> {
  for (let position = 0; position < needed.length; position++) {
    const session = needed[position];
    if (!session || session.resident) continue;
    const code = yield* manager.sessions.makeResident(session);
    if (code === TPM_RC.SUCCESS) continue;
    if (code === TPM_RC.INITIALIZE || isTemporaryFailure(code)) return code;
    manager.sessions.ended(session);
    return lostCode + position;
  }
  return TPM_RC.SUCCESS;
}

/** Writes the physical handles, or the virtual ones back, into the command. */
function writeHandles(command: Uint8Array, resolved: ResolvedHandles, kind: 'physicalHandle' | 'virtualHandle'): void {
  for (let position = 0; position < resolved.objects.length; position++) {
    const object = resolved.objects[position];
    if (object) writeUint32(command, HEADER_BYTES + 4 * position, object[kind]);
  }
}

/** The TPM says that something we took for loaded is not: forget it, so that the next use is answered at once. */
function noteLost(manager: ResourceManager, resolved: ResolvedHandles, code: number): void {
  const handlePosition = code - TPM_RC.REFERENCE_H0;
  if (handlePosition >= 0 && handlePosition < 7) {
    const object = resolved.objects[handlePosition];
    if (object) manager.objects.lost(object);
    const session = resolved.handleSessions[handlePosition];
    if (session) manager.sessions.ended(session);
    return;
  }
  const session = resolved.authorizationSessions[code - TPM_RC.REFERENCE_S0];
  if (session) manager.sessions.ended(session);
}

/** A successful response ends every session whose continueSession is clear, and nothing else does. */
function endSessions(manager: ResourceManager, resolved: ResolvedHandles): void {
  for (let position = 0; position < resolved.authorizationSessions.length; position++) {
    const session = resolved.authorizationSessions[position];
    const attributes = manager.areas.sessionAttributes[position] as number;
    if (session && (attributes & TPMA_SESSION.CONTINUE_SESSION) === 0) manager.sessions.ended(session);
  }
}

/** Runs one command of a context. `command` is changed while it runs and has its own handles again when it is over. */
export function* runMapped(
  manager: ResourceManager,
  context: VirtualContext,
  attributes: CommandAttributes,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const fault = manager.areas.read(command, attributes.handleCount);
  if (fault !== TPM_RC.SUCCESS) return refusal(fault);
  const resolved = new ResolvedHandles();
  const missing = ResolvedHandles.of(manager, context, attributes.code, resolved);
  if (missing !== TPM_RC.SUCCESS) return refusal(missing);
  const unloaded = yield* loadAll(manager, resolved);
  if (unloaded !== TPM_RC.SUCCESS) return refusal(unloaded);
  if (attributes.returnsHandle) {
    const kind = attributes.code === TPM_CC.StartAuthSession ? 'session' : 'object';
    const refused = yield* manager.admit(context, kind);
    if (refused !== TPM_RC.SUCCESS) return refusal(refused);
  }
  writeHandles(command, resolved, 'physicalHandle');
  const response = yield* manager.send(command);
  writeHandles(command, resolved, 'virtualHandle');
  const code = responseCodeOf(response);
  if (code !== TPM_RC.SUCCESS) {
    noteLost(manager, resolved, code);
    return response;
  }
  endSessions(manager, resolved);
  if (attributes.flushesHandles) for (const object of resolved.objects) if (object) manager.objects.remove(object);
  if (!attributes.returnsHandle) return response;
  return manager.enterCreated(context, response, startsSequence(attributes.code), undefined);
}

function startsSequence(code: number): boolean {
  return code === TPM_CC.HMAC_Start || code === TPM_CC.HashSequenceStart;
}
