/**
 * The goals, and whether an attack meets them. On an idle machine a time is judged by its goal. On a loaded one, where
 * everybody waits with an attacker or without, it may also be twice that of the same calls without an attacker in the
 * same run; memory and what is written are judged alike on both.
 */

/** The times first, in the order of TIME_COLUMNS. */
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

/** Whether each goal is missed. */
export function missedGoals(judged: Judged): readonly boolean[] {
  return GOALS.map(({ goal }, column) => {
    const figure = judged.figures[column];
    const without = judged.without[column];
    if (figure === undefined || Number.isNaN(figure)) return true;
    const allowed = isLoaded(judged) && without !== undefined ? Math.max(goal, LOADED_FACTOR * without) : goal;
    return figure > allowed;
  });
}

/** How near the attack comes to a goal, 1 being the goal itself; times beyond those without an attacker. */
export function worstShare({ figures, without }: Judged): number {
  return Math.max(
    ...figures.map((figure, column) => Math.max(0, figure - (without[column] ?? 0)) / (GOALS[column]?.goal ?? 1)),
  );
}
