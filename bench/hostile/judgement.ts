/**
 * Holds the goals, and decides whether an attack meets them. On an idle machine, a time is compared with its goal. On a
 * loaded one, where everybody waits with or without an attacker, it may also be twice that of the same calls without an
 * attacker in the same run. Memory and the amount written are compared with their goals on both.
 */

/** Begins with the times, in the order of TIME_COLUMNS. */
export const GOALS = [
  { name: 'root, p99 wait', unit: 'ms', goal: 20 },
  { name: 'other user, p99 wait', unit: 'ms', goal: 50 },
  { name: 'new connection, p99', unit: 'ms', goal: 50 },
  { name: 'memory above idle', unit: 'MiB', goal: 64 },
  { name: 'peak of third wave / first', unit: '', goal: 1.1 },
  { name: 'normal again after', unit: 'ms', goal: 1000 },
  { name: 'audit and log', unit: 'KB/min', goal: 100 },
] as const;

export const TIME_COLUMNS = ['root', 'other', 'connections'] as const;

/** The machine is loaded when others had more than this share of the processors during the run. */
export const LOADED_SHARE = 0.1;
const LOADED_FACTOR = 2;

export interface Judged {
  /** In the order of GOALS. */
  readonly figures: readonly number[];
  /** The same calls without an attacker, in the order of TIME_COLUMNS. */
  readonly without: readonly number[];
  readonly shareOfOthers: number;
}

export function isLoaded({ shareOfOthers }: Judged): boolean {
  return shareOfOthers > LOADED_SHARE;
}

/** Returns for each goal whether it is missed. */
export function missedGoals(judged: Judged): readonly boolean[] {
  return GOALS.map(({ goal }, column) => {
    const figure = judged.figures[column];
    const without = judged.without[column];
    if (figure === undefined || Number.isNaN(figure)) return true;
    const allowed = isLoaded(judged) && without !== undefined ? Math.max(goal, LOADED_FACTOR * without) : goal;
    return figure > allowed;
  });
}

/**
 * Returns how close the attack comes to a goal, where 1 is the goal itself. Of times, only the increase over those
 * without an attacker counts.
 */
export function worstShare({ figures, without }: Judged): number {
  return Math.max(
    ...figures.map((figure, column) => Math.max(0, figure - (without[column] ?? 0)) / (GOALS[column]?.goal ?? 1)),
  );
}
