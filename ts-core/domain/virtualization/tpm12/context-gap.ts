/**
 * A TPM numbers the sessions that it saves, and saves no more (TPM_CONTEXT_GAP) once the oldest is too far behind the
 * newest: at least 2^16 - 1 counts on any TPM (TPM Main Part 2, 21.2, TPM_CAP_PROP_CONTEXT_DIST; Part 3, 21.2). Then it
 * would be late, since room for loading the oldest is made by saving another. So the oldest is loaded and saved again when
 * it is half-way there. The blob that a caller holds stays good: the newest one is loaded in its place.
 */
import { responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RESULT } from '../../tpm12/codes.js';
import { flushSpecific, loadContext, saveContext } from '../../tpm12/commands.js';
import { firstHandle, firstSizedBuffer } from '../../tpm12/responses.js';
import { readContextBlob } from '../../tpm12/structures.js';
import { type Residency, resourceTypeOf } from './residency.js';
import type { CallerSavedSession, HeldResource, HeldSession, ResourceTable } from './resource-table.js';
import type { SavedSessions } from './saved-sessions.js';

const LEAST_CONTEXT_DISTANCE = 0xffff;
const REFRESH_DISTANCE = LEAST_CONTEXT_DISTANCE >>> 1;

export class ContextGap {
  /** Sessions that could not be loaded for a refresh: their key is gone for the time being. */
  readonly #leftAlone = new WeakSet<HeldSession | CallerSavedSession>();

  constructor(
    private readonly table: ResourceTable,
    private readonly saved: SavedSessions,
    private readonly residency: Residency,
    private readonly changed: () => void,
  ) {}

  /** At most one session for each command of a caller: the distance left is long enough for all that there can be. */
  *keepSmall(): Exchange<void> {
    const limit = this.residency.savedRoom.newestContextCount - REFRESH_DISTANCE;
    if (limit <= 0) return;
    for (const session of this.table.sessions()) {
      if (session.saved === undefined || session.saved.contextCount > limit || this.#leftAlone.has(session)) continue;
      return yield* this.#refreshHeld(session);
    }
    for (const session of this.saved.all()) {
      if (session.current.contextCount === 0 || session.current.contextCount > limit || this.#leftAlone.has(session))
        continue;
      return yield* this.#refreshCallerSaved(session);
    }
  }

  *#refreshHeld(session: HeldSession): Exchange<void> {
    const code = yield* this.residency.ensure([session], new Set());
    if (code !== TPM_RESULT.SUCCESS) this.#leftAlone.add(session);
    else yield* this.residency.saveSession(session);
  }

  *#refreshCallerSaved(session: CallerSavedSession): Exchange<void> {
    const pinned = new Set<HeldResource>();
    const key = session.link?.key;
    if (key !== undefined && (yield* this.residency.ensure([key], pinned)) !== TPM_RESULT.SUCCESS) {
      this.#leftAlone.add(session);
      return;
    }
    if ((yield* this.residency.ensureRoom(session.kind, pinned)) !== TPM_RESULT.SUCCESS) return;
    const entityHandle = key?.physicalHandle ?? session.link?.entityHandle ?? 0;
    const loaded = yield loadContext(session.current.blob, entityHandle);
    const handle = responseCodeOf(loaded) === TPM_RESULT.SUCCESS ? firstHandle(loaded) : undefined;
    if (handle === undefined) {
      this.#leftAlone.add(session);
      return;
    }
    const blob = firstSizedBuffer(yield saveContext(handle, resourceTypeOf(session.kind)));
    const facts = blob === undefined ? undefined : readContextBlob(blob);
    if (blob === undefined || facts === undefined) {
      this.saved.remove(session);
      yield flushSpecific(handle, resourceTypeOf(session.kind));
    } else {
      session.current = { blob, contextCount: facts.contextCount };
      this.residency.savedRoom.noteSaved(facts.contextCount);
    }
    this.changed();
  }
}
