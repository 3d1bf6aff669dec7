/**
 * Applies the TPM's response to the tables: removes the sessions that have ended, adds what the command created, and
 * writes its virtual handle into the response.
 */
import { HEADER_BYTES, readUint32, responseCodeOf, writeUint32 } from '../../tpm/command-header.js';
import { handleType, isSessionHandle, TPM_CC, TPM_HT, TPM_RC, TPMA_SESSION } from '../../tpm20/codes.js';
import type { CommandAttributes } from '../../tpm20/structures.js';
import type { TransientObject, VirtualContext } from './handles.js';
import type { Session } from './sessions.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

/** What the handles of one command refer to, by position. */
export class ResolvedHandles {
  readonly objects: (TransientObject | undefined)[] = [];
  readonly handleSessions: (Session | undefined)[] = [];
  readonly authorizationSessions: (Session | undefined)[] = [];
}

type Tables = Pick<VirtualizerParts, 'areas' | 'objects' | 'sessions'>;

/** Brings the tables up to date with the response, and gives the response the handle that the caller sees. */
export function applyResponse(
  tables: Tables,
  context: VirtualContext,
  attributes: CommandAttributes,
  handles: ResolvedHandles,
  response: Uint8Array,
): Uint8Array {
  const code = responseCodeOf(response);
  if (code !== TPM_RC.SUCCESS) {
    forgetLost(tables, handles, code);
    return response;
  }
  endSessions(tables, handles);
  if (attributes.flushesHandles) for (const object of handles.objects) if (object) tables.objects.remove(object);
  return attributes.returnsHandle
    ? enterCreated(tables, context, response, startsSequence(attributes.code), undefined)
    : response;
}

/** Forgets a resource that the TPM reports as missing although the tables say that it is loaded. */
function forgetLost({ objects, sessions }: Tables, handles: ResolvedHandles, code: number): void {
  const handlePosition = code - TPM_RC.REFERENCE_H0;
  const object = handles.objects[handlePosition];
  if (object) objects.lost(object);
  const session = handles.handleSessions[handlePosition] ?? handles.authorizationSessions[code - TPM_RC.REFERENCE_S0];
  if (session) sessions.ended(session);
}

/**
 * Removes ended sessions: a successful response, and nothing else, ends every session whose continueSession is clear.
 */
function endSessions({ areas, sessions }: Tables, handles: ResolvedHandles): void {
  for (const [position, session] of handles.authorizationSessions.entries()) {
    const attributes = areas.sessionAttributes[position] as number;
    if (session && (attributes & TPMA_SESSION.CONTINUE_SESSION) === 0) sessions.ended(session);
  }
}

function startsSequence(code: number): boolean {
  return code === TPM_CC.HMAC_Start || code === TPM_CC.HashSequenceStart;
}

/**
 * Adds what a successful response created to the tables, and writes the handle that the caller sees into the response.
 */
export function enterCreated(
  { objects, sessions }: Pick<VirtualizerParts, 'objects' | 'sessions'>,
  context: VirtualContext,
  response: Uint8Array,
  isSequence: boolean,
  blob: Uint8Array | undefined,
): Uint8Array {
  if (response.length < HEADER_BYTES + 4) return response;
  const handle = readUint32(response, HEADER_BYTES);
  if (handleType(handle) === TPM_HT.TRANSIENT) {
    const object = objects.adopt(context, handle, isSequence, blob);
    writeUint32(response, HEADER_BYTES, object.virtualHandle);
  } else if (isSessionHandle(handle)) {
    sessions.adopt(context, handle);
  }
  return response;
}
