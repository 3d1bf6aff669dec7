/**
 * Applies the TPM's response to the tables: removes the sessions that have ended, adds what the command created, and
 * writes its virtual handle into the response.
 */
import { HEADER_BYTES, readUint32, responseCodeOf, writeUint32 } from '../../tpm/command-header.js';
import { TPM_ORD, TPM_RESULT } from '../../tpm12/codes.js';
import {
  authorizationCount,
  clearsEverything,
  createdKind,
  endsOtherSessions,
  type HandlePlace,
  ordinalOf,
  outHandleIsAuthenticated,
} from '../../tpm12/command-shape.js';
import { firstHandle } from '../../tpm12/responses.js';
import { publicPartOfLoadedKey, RESPONSE_AUTH_BYTES, RESPONSE_CONTINUE_OFFSET } from '../../tpm12/structures.js';
import type { VirtualContext } from './handles.js';
import { findResource, type Resource, type Session, type SessionLink, type Sessions } from './sessions.js';
import { forgetEverything, type VirtualizerParts } from './virtualizer-parts.js';

/** A handle in a command and what it names; no resource for a handle that means the same to everybody. */
export interface Binding extends HandlePlace {
  readonly resource: Resource | undefined;
}

/**
 * Brings the tables up to date with the response to `command` (as the caller sent it), and gives the response the
 * handle that the caller sees. `parametersVisible`: false when a transport session encrypts the parameters. Returns the
 * handle of a created key that the context uses already, and that cannot be another; the caller gets "no room".
 */
export function applyResponse(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
  bindings: readonly Binding[],
  response: Uint8Array,
  parametersVisible: boolean,
): number | undefined {
  const { keys, sessions, reconciliation, changed } = parts;
  const code = responseCodeOf(response);
  const ordinal = ordinalOf(command);
  const authorizing = authorizingSessions(command, bindings);
  if (code !== TPM_RESULT.SUCCESS) {
    const wasRefusedUnread = code === TPM_RESULT.DEFEND_LOCK_RUNNING || code === TPM_RESULT.RETRY;
    if (authorizing.length > 0 && !wasRefusedUnread) reconciliation.isDue = true;
    return undefined;
  }
  if (clearsEverything(ordinal)) {
    forgetEverything(parts);
    return undefined;
  }
  endSessions(sessions, ordinal, authorizing, response);
  // The TPM may have ended sessions that the command did not name.
  if (endsOtherSessions(ordinal)) reconciliation.isDue = true;
  const created = createdKind(ordinal);
  const handle = created === undefined ? undefined : firstHandle(response);
  if (created === undefined || handle === undefined) return undefined;
  if (outHandleIsAuthenticated(ordinal) && findResource(sessions, context, created, handle) !== undefined)
    return handle;
  const resource =
    created === 'key'
      ? keys.adopt(context, handle, { publicPart: parametersVisible ? publicPartOfLoadedKey(command) : undefined })
      : sessions.adopt(context, created, handle, {
          link: linkOf(command, bindings),
          transportAttributes: ordinal === TPM_ORD.EstablishTransport ? transportAttributesOf(command) : 0,
        });
  writeUint32(response, HEADER_BYTES, resource.virtualHandle);
  changed();
  return undefined;
}

function authorizingSessions(command: Uint8Array, bindings: readonly Binding[]): Session[] {
  const count = authorizationCount(command);
  if (count === 0) return [];
  return bindings
    .slice(-count)
    .map((binding) => binding.resource)
    .filter((resource): resource is Session => resource !== undefined && resource.kind !== 'key');
}

/** Removes ended sessions: those whose continue flag comes back 0, and those that were released. */
function endSessions(sessions: Sessions, ordinal: number, authorizing: readonly Session[], response: Uint8Array): void {
  for (const [index, session] of authorizing.entries()) {
    const start = response.length - (authorizing.length - index) * RESPONSE_AUTH_BYTES;
    const released = ordinal === TPM_ORD.ReleaseTransportSigned && session.kind === 'transportSession';
    const continues = start >= HEADER_BYTES && response[start + RESPONSE_CONTINUE_OFFSET] !== 0;
    if (released || !continues) sessions.ended(session);
  }
}

/**
 * Returns the entity to which a new OSAP or DSAP session is bound; undefined for OIAP sessions, which are not bound.
 */
function linkOf(command: Uint8Array, bindings: readonly Binding[]): SessionLink | undefined {
  const ordinal = ordinalOf(command);
  if (ordinal !== TPM_ORD.OSAP && ordinal !== TPM_ORD.DSAP) return undefined;
  const key = bindings.find((binding) => binding.kind === 'key')?.resource;
  return { key: key?.kind === 'key' ? key : undefined, entityHandle: readUint32(command, HEADER_BYTES + 2) };
}

/** TPM_TRANSPORT_PUBLIC follows encHandle: tag (2), transAttributes (4), … */
function transportAttributesOf(command: Uint8Array): number {
  return command.length >= HEADER_BYTES + 10 ? readUint32(command, HEADER_BYTES + 6) : 0;
}
