/**
 * Answers TPM2_GetCapability for a context: its own transient handles, its own loaded sessions, the saved sessions of
 * its user, and the limits that apply to a caller of the broker. The TPM answers everything else.
 *
 * TPM 2.0 Library Part 3, 30.2; a page holds at most MAX_CAP_HANDLES handles (Part 2, 10.9.3).
 */
import { HEADER_BYTES, readUint16, readUint32, writeUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import {
  handleNumber,
  handleType,
  isSessionHandle,
  LOADED_SESSION_FIRST,
  TPM_CAP,
  TPM_HT,
  TPM_PT,
  TPM_RC,
  TPM_ST,
} from '../../tpm20/codes.js';
import { isSuccess, refusal, success } from '../../tpm20/responses.js';
import type { CommandAttributes } from '../../tpm20/structures.js';
import type { VirtualContext } from './handles.js';
import { runMapped } from './pass-through.js';
import type { Sessions } from './sessions.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

/** (MAX_CAP_BUFFER 1024 - capability 4 - count 4) / 4. */
const MAX_CAP_HANDLES = 254;
const PLAIN_COMMAND_BYTES = HEADER_BYTES + 12;
const UNLIMITED = 0xffffffff;

export function* runGetCapability(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
  attributes: CommandAttributes,
): Exchange<Uint8Array> {
  const fault = parts.areas.read(command, attributes.handleCount);
  if (fault !== TPM_RC.SUCCESS) return refusal(fault);
  const own = answerHandleList(parts, context, command);
  if (own) return own;
  const response = yield* runMapped(parts, context, command, attributes);
  adaptProperties(parts, context, command, response);
  return response;
}

/** Returns the broker's own response to a query for virtual handles; undefined if the TPM has to answer. */
function answerHandleList(
  { areas, sessions }: Pick<VirtualizerParts, 'areas' | 'sessions'>,
  context: VirtualContext,
  command: Uint8Array,
): Uint8Array | undefined {
  const { parametersOffset } = areas;
  if (command.length < parametersOffset + 12) return undefined;
  if (readUint32(command, parametersOffset) !== TPM_CAP.HANDLES) return undefined;
  const first = readUint32(command, parametersOffset + 4);
  if (handleType(first) !== TPM_HT.TRANSIENT && !isSessionHandle(first)) return undefined;
  // The response to an audited command is authenticated by the TPM, whose own list no caller may see.
  if (!isPlain(command)) return refusal(TPM_RC.AUTH_CONTEXT);
  return handleListResponse(visibleHandles(sessions, context, first), readUint32(command, parametersOffset + 8));
}

function isPlain(command: Uint8Array): boolean {
  return readUint16(command, 0) === TPM_ST.NO_SESSIONS && command.length === PLAIN_COMMAND_BYTES;
}

/** Lists the handles that the context sees from `first` on, in ascending order of their numbers. */
function visibleHandles(sessions: Sessions, context: VirtualContext, first: number): readonly number[] {
  if (handleType(first) === TPM_HT.TRANSIENT) {
    return context
      .objects()
      .map((object) => object.virtualHandle)
      .filter((handle) => handle >= first);
  }
  const asksForLoaded = handleType(first) === TPM_HT.HMAC_SESSION;
  const handles: number[] = [];
  for (const session of sessions.all()) {
    if (handleNumber(session.handle) < handleNumber(first)) continue;
    if (asksForLoaded && session.context === context) handles.push(session.handle);
    if (!asksForLoaded && session.callerBlob && session.userKey === context.caller.userKey) {
      handles.push(LOADED_SESSION_FIRST | handleNumber(session.handle));
    }
  }
  return handles.sort((left, right) => handleNumber(left) - handleNumber(right));
}

function handleListResponse(handles: readonly number[], askedFor: number): Uint8Array {
  const page = handles.slice(0, Math.min(askedFor, MAX_CAP_HANDLES));
  const body = new Uint8Array(9 + 4 * page.length);
  body[0] = handles.length > page.length ? 1 : 0;
  writeUint32(body, 1, TPM_CAP.HANDLES);
  writeUint32(body, 5, page.length);
  for (const [index, handle] of page.entries()) writeUint32(body, 9 + 4 * index, handle);
  return success(body);
}

type Limits = Pick<VirtualizerParts, 'quotas' | 'sessions'>;

/**
 * Writes the values that hold for this context into a list of properties. Responses to audited commands stay as the TPM
 * signed them.
 */
export function adaptProperties(
  parts: Limits,
  context: VirtualContext,
  command: Uint8Array,
  response: Uint8Array,
): void {
  if (!isPlain(command) || readUint32(command, HEADER_BYTES) !== TPM_CAP.TPM_PROPERTIES) return;
  if (!isSuccess(response)) return;
  const end = Math.min(response.length, HEADER_BYTES + 9 + 8 * readUint32(response, HEADER_BYTES + 5));
  for (let offset = HEADER_BYTES + 9; offset + 8 <= end; offset += 8) {
    const value = propertyFor(parts, context, readUint32(response, offset));
    if (value !== undefined) writeUint32(response, offset + 4, value);
  }
}

/** Returns undefined if the TPM's own value applies. */
function propertyFor({ quotas, sessions }: Limits, context: VirtualContext, property: number): number | undefined {
  switch (property) {
    case TPM_PT.CONTEXT_GAP_MAX:
      return UNLIMITED;
    case TPM_PT.HR_TRANSIENT_MIN:
      return quotas.limits.resourcesPerContext;
    case TPM_PT.HR_TRANSIENT_AVAIL:
      return quotas.objectsAvailableTo(context);
    case TPM_PT.HR_LOADED_MIN:
      return quotas.limits.sessionsPerContext;
    case TPM_PT.HR_LOADED:
      return context.loadedSessionCount;
    case TPM_PT.HR_LOADED_AVAIL:
      return quotas.loadableSessions(context);
    case TPM_PT.HR_ACTIVE: {
      let active = context.loadedSessionCount;
      for (const session of sessions.all()) {
        if (session.callerBlob && session.userKey === context.caller.userKey) active++;
      }
      return active;
    }
    case TPM_PT.HR_ACTIVE_AVAIL:
      return quotas.sessionsAvailableTo(context.caller.userKey);
  }
  return undefined;
}
