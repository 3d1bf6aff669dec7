/** From the handles that a context sees to those of the TPM, and back in the response. */
import { readUint32, responseCodeOf, writeUint32 } from '../../tpm/command-header.js';
import { isReservedKeyHandle, TPM_ORD, TPM_RESULT } from '../../tpm12/codes.js';
import { firstHandle } from '../../tpm12/responses.js';
import { publicPartOfLoadedKey, RESPONSE_AUTH_BYTES, RESPONSE_CONTINUE_OFFSET } from '../../tpm12/structures.js';
import {
  authorizationCount,
  clearsEverything,
  createdKind,
  endsOtherSessions,
  type HandlePlace,
  handlePlaces,
  ordinalOf,
  outHandleIsAuthenticated,
} from './command-shape.js';
import { unknownHandleCode } from './residency.js';
import type { HeldResource, HeldSession, ResourceTable, SessionLink } from './resource-table.js';

/** A handle of a command and what it names; no resource: a handle that means the same to everybody. */
export interface Binding extends HandlePlace {
  readonly resource: HeldResource | undefined;
}

export type Resolution =
  | { readonly ok: true; readonly bindings: readonly Binding[] }
  | { readonly ok: false; readonly responseCode: number; readonly unknownKey: boolean };

/** What else a response means for the tables. */
export interface Aftermath {
  /** The TPM may have ended sessions that the command did not name. */
  readonly sessionsUncertain: boolean;
  /** Everything in the TPM is void. */
  readonly everythingVoid: boolean;
  /** What the response brought into the TPM. */
  readonly created: HeldResource | undefined;
  /** A created key whose handle the context has already, where it must not be another: the caller is told "no room". */
  readonly collided: number | undefined;
}

const NOTHING: Aftermath = { sessionsUncertain: false, everythingVoid: false, created: undefined, collided: undefined };

export class HandleTranslation {
  /** Keys in the TPM that no context holds: owner-evict keys, and what others than the broker loaded. */
  foreignKeys: ReadonlySet<number> = new Set();

  constructor(private readonly table: ResourceTable) {}

  resolve(contextId: number, command: Uint8Array): Resolution {
    const places = handlePlaces(command);
    if (places === undefined) return { ok: false, responseCode: TPM_RESULT.BAD_PARAM_SIZE, unknownKey: false };
    const bindings: Binding[] = [];
    for (const place of places) {
      const handle = readUint32(command, place.offset);
      const resource = this.table.find(contextId, place.kind, handle);
      if (resource === undefined && !(place.kind === 'key' && this.#isCommonKey(handle))) {
        const unknownKey = place.kind === 'key';
        return { ok: false, responseCode: unknownHandleCode(place.kind), unknownKey };
      }
      bindings.push({ offset: place.offset, kind: place.kind, resource });
    }
    return { ok: true, bindings };
  }

  /** The context's own sessions that a command names to authorize it, whether or not its other handles are known. */
  knownSessions(contextId: number, command: Uint8Array): HeldSession[] {
    const places = handlePlaces(command) ?? [];
    return places.slice(places.length - authorizationCount(command)).flatMap((place) => {
      const held = this.table.find(contextId, place.kind, readUint32(command, place.offset));
      return held === undefined || held.kind === 'key' ? [] : [held];
    });
  }

  /** Writes the TPM's handles into `command`; every bound resource is in the TPM. */
  toPhysical(command: Uint8Array, bindings: readonly Binding[]): void {
    for (const { offset, resource } of bindings) {
      if (resource?.physicalHandle !== undefined) writeUint32(command, offset, resource.physicalHandle);
    }
  }

  /**
   * Takes in a response to `command` (as the caller sent it) and writes the virtual handle of what it created into it.
   * `parametersVisible`: false when a transport session encrypts the parameters.
   */
  absorb(
    contextId: number,
    command: Uint8Array,
    bindings: readonly Binding[],
    response: Uint8Array,
    parametersVisible: boolean,
  ): Aftermath {
    const code = responseCodeOf(response);
    const ordinal = ordinalOf(command);
    const sessions = authorizingSessions(command, bindings);
    if (code !== TPM_RESULT.SUCCESS) {
      const sessionsUncertain =
        sessions.length > 0 && code !== TPM_RESULT.DEFEND_LOCK_RUNNING && code !== TPM_RESULT.RETRY;
      return { ...NOTHING, sessionsUncertain };
    }
    if (clearsEverything(ordinal)) return { ...NOTHING, everythingVoid: true };
    this.#endFinishedSessions(ordinal, sessions, response);
    const created = createdKind(ordinal);
    const handle = created === undefined ? undefined : firstHandle(response);
    const sessionsUncertain = endsOtherSessions(ordinal);
    if (created === undefined || handle === undefined) return { ...NOTHING, sessionsUncertain };
    if (outHandleIsAuthenticated(ordinal) && this.table.find(contextId, created, handle) !== undefined) {
      return { ...NOTHING, sessionsUncertain, collided: handle };
    }
    const resource = this.register(contextId, created, handle, {
      link: linkOf(command, bindings),
      publicPart: parametersVisible ? publicPartOfLoadedKey(command) : undefined,
      transportAttributes: ordinal === TPM_ORD.EstablishTransport ? transportAttributesOf(command) : 0,
    });
    writeUint32(response, 10, resource.virtualHandle);
    return { ...NOTHING, sessionsUncertain, created: resource };
  }

  /** Enters what has appeared in the TPM under `physicalHandle`. */
  register(
    contextId: number,
    kind: HeldResource['kind'],
    physicalHandle: number,
    facts: {
      readonly link?: SessionLink | undefined;
      readonly publicPart?: string | undefined;
      readonly transportAttributes?: number;
      readonly blob?: Uint8Array;
      /** The virtual handle to use where it is free; the physical one otherwise. */
      readonly wanted?: number;
    },
  ): HeldResource {
    const isTaken = (handle: number) => kind === 'key' && (handle === 0 || this.#isCommonKey(handle));
    const virtualHandle = this.table.freeHandle(contextId, kind, facts.wanted ?? physicalHandle, isTaken);
    const held = {
      id: this.table.nextId(kind),
      contextId,
      userKey: this.table.userOf(contextId),
      virtualHandle,
      physicalHandle,
      lastUsed: 0,
      alive: true,
    };
    const resource: HeldResource =
      kind === 'key'
        ? { ...held, kind, blob: facts.blob, publicPart: facts.publicPart, ownerEvict: false }
        : { ...held, kind, link: facts.link, transportAttributes: facts.transportAttributes ?? 0, saved: undefined };
    this.table.add(resource);
    return resource;
  }

  #isCommonKey(handle: number): boolean {
    return isReservedKeyHandle(handle) || this.foreignKeys.has(handle);
  }

  /** A session whose continue flag comes back 0 is gone; so is one that was released. */
  #endFinishedSessions(ordinal: number, sessions: readonly HeldSession[], response: Uint8Array): void {
    for (const [index, session] of sessions.entries()) {
      const start = response.length - (sessions.length - index) * RESPONSE_AUTH_BYTES;
      const released = ordinal === TPM_ORD.ReleaseTransportSigned && session.kind === 'transportSession';
      const continues = start >= 10 && response[start + RESPONSE_CONTINUE_OFFSET] !== 0;
      if (released || !continues) this.table.remove(session);
    }
  }
}

export function authorizingSessions(command: Uint8Array, bindings: readonly Binding[]): HeldSession[] {
  const count = authorizationCount(command);
  if (count === 0) return [];
  return bindings
    .slice(-count)
    .map((binding) => binding.resource)
    .filter((resource): resource is HeldSession => resource !== undefined && resource.kind !== 'key');
}

/** What a new OSAP or DSAP session is bound to; TPM_OIAP sessions are bound to nothing. */
function linkOf(command: Uint8Array, bindings: readonly Binding[]): SessionLink | undefined {
  const ordinal = ordinalOf(command);
  if (ordinal !== TPM_ORD.OSAP && ordinal !== TPM_ORD.DSAP) return undefined;
  const key = bindings.find((binding) => binding.kind === 'key')?.resource;
  return { key: key?.kind === 'key' ? key : undefined, entityHandle: readUint32(command, 12) };
}

/** TPM_TRANSPORT_PUBLIC stands after encHandle: tag (2), transAttributes (4), … */
function transportAttributesOf(command: Uint8Array): number {
  return command.length >= 20 ? readUint32(command, 16) : 0;
}
