/**
 * Applies the TPM's response to the tables: removes the sessions that have ended, adds what the command created, and
 * writes its virtual handle into the response.
 */
import { HEADER_BYTES, readUint32, responseCodeOf, writeUint32 } from '../../tpm/command-header.js';
import { TPM_ORD, TPM_RESULT } from '../../tpm12/codes.js';
import {
  clearsEverything,
  createdKind,
  endsOtherSessions,
  ordinalOf,
  outHandleIsAuthenticated,
  type SessionKind,
} from '../../tpm12/command-shape.js';
import { firstHandle } from '../../tpm12/responses.js';
import { publicPartOfLoadedKey, RESPONSE_AUTH_BYTES, RESPONSE_CONTINUE_OFFSET } from '../../tpm12/structures.js';
import type { Key, VirtualContext } from './handles.js';
import { findResource, type Session, type SessionLink, type Sessions } from './sessions.js';
import { forgetEverything, type VirtualizerParts } from './virtualizer-parts.js';

/** A handle in a command and what it names; no key for a handle that means the same to everybody. */
export type Binding = KeyBinding | SessionBinding;

interface KeyBinding {
  readonly offset: number;
  readonly kind: 'key';
  readonly resource: Key | undefined;
}

interface SessionBinding {
  readonly offset: number;
  readonly kind: SessionKind;
  readonly resource: Session;
}

export function isSession(binding: Binding): binding is SessionBinding {
  return binding.kind !== 'key';
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
  parametersVisible = true,
): number | undefined {
  const { keys, sessions, reconciliation, changed } = parts;
  const code = responseCodeOf(response);
  const ordinal = ordinalOf(command);
  const authorizing = bindings.filter(isSession).map(({ resource }) => resource);
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
  const handle = firstHandle(response);
  if (created === undefined || handle === undefined) return undefined;
  if (outHandleIsAuthenticated(ordinal) && findResource(sessions, context, created, handle) !== undefined)
    return handle;
  const resource =
    created === 'key'
      ? keys.adopt(context, handle, { publicPart: parametersVisible ? publicPartOfLoadedKey(command) : undefined })
      : sessions.adopt(context, created, handle, {
          link: linkOf(command, bindings),
          transportAttributes: transportAttributesOf(command),
        });
  writeUint32(response, HEADER_BYTES, resource.virtualHandle);
  changed();
  return undefined;
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
  return key ?? readUint32(command, HEADER_BYTES + 2);
}

/** TPM_TRANSPORT_PUBLIC follows encHandle: tag (2), transAttributes (4), … */
function transportAttributesOf(command: Uint8Array): number {
  return ordinalOf(command) === TPM_ORD.EstablishTransport ? readUint32(command, HEADER_BYTES + 6) : 0;
}
