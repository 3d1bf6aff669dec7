/**
 * TBS_COMMAND_PRIORITY (Tbs.h) and the bands in which commands compete.
 */
import type { CallerClass } from '../caller.js';

/** The named levels, from lowest to highest. */
export const TBS_COMMAND_PRIORITY = { LOW: 100, NORMAL: 200, HIGH: 300, SYSTEM: 400, MAX: 0x80000000 } as const;

export type PriorityName = keyof typeof TBS_COMMAND_PRIORITY;

/**
 * Bands from lowest to highest. A value between two named levels counts as the lower one; a value below LOW counts as
 * LOW.
 */
const BAND_FLOORS: readonly number[] = Object.values(TBS_COMMAND_PRIORITY);

/** The names of the bands, in their order; the last one is AGED_BAND. */
export const BAND_NAMES = ['low', 'normal', 'high', 'system', 'max', 'aged'] as const;
export type BandName = (typeof BAND_NAMES)[number];

/** The band above every priority, for commands that have waited for the aging horizon. */
export const AGED_BAND = BAND_FLOORS.length;
export const BAND_COUNT = BAND_FLOORS.length + 1;
/**
 * The band in which users compete, whatever priority they request, once they have had more than their share of the TPM.
 */
export const NORMAL_BAND = BAND_FLOORS.indexOf(TBS_COMMAND_PRIORITY.NORMAL);

export function bandOf(priority: number): number {
  return Math.max(
    0,
    BAND_FLOORS.findLastIndex((floor) => priority >= floor),
  );
}

/** Returns the priority that applies: at most HIGH for standard users and sandboxed apps, and always a named level. */
export function appliedPriority(requested: number, callerClass: CallerClass): number {
  const band = bandOf(requested);
  const applied = callerClass === 'administrator' ? band : Math.min(band, bandOf(TBS_COMMAND_PRIORITY.HIGH));
  return BAND_FLOORS[applied] as number;
}
