/** The format of the stored records, so that an older version does not misread what a newer one wrote. */
import { TbsError } from '../../domain/tbs-error.js';
import type { StateStore } from '../ports/state-store.js';

/** Increase it when a version stores records that the version before it would misread. */
export const STATE_FORMAT = 1;

const RECORD = 'feature:stateFormat';

interface StateFormatRecord {
  readonly format: number;
  /** The version of the product that wrote the records last. */
  readonly writtenBy: string;
}

/**
 * Notes the format of this version in the store. Throws TBS_E_INTERNAL_ERROR with `reason` newerState if a later version
 * has written the records in a format that this one does not know; nothing is changed then.
 */
export async function claimStateFormat(store: StateStore, version: string, place: string): Promise<void> {
  const found = recordIn(store.get(RECORD));
  if (found !== undefined && found.format > STATE_FORMAT) throw newerState(found, version, place);
  if (found?.format === STATE_FORMAT && found.writtenBy === version) return;
  await store.put(RECORD, { format: STATE_FORMAT, writtenBy: version } satisfies StateFormatRecord);
}

/** Records from before there were formats have none, and are of the first. */
function recordIn(kept: unknown): StateFormatRecord | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined;
  const { format, writtenBy } = kept as Partial<Record<keyof StateFormatRecord, unknown>>;
  return typeof format === 'number' && typeof writtenBy === 'string' ? { format, writtenBy } : undefined;
}

function newerState({ format, writtenBy }: StateFormatRecord, version: string, place: string): TbsError {
  return new TbsError('TBS_E_INTERNAL_ERROR', {
    message: `TpmTbs ${writtenBy} wrote the state in ${place} in format ${format}; TpmTbs ${version} knows formats up to ${STATE_FORMAT} and has not touched it.`,
    action: `Install TpmTbs ${writtenBy} or later again, or restore the state from a backup that was made before the upgrade.`,
    details: { reason: 'newerState', format, writtenBy },
  });
}
