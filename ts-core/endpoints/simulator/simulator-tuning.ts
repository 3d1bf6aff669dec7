/** Times of the simulator endpoints, in milliseconds. */
export interface SimulatorTuning {
  /** A request that has begun must be complete within this time. */
  readonly partialTimeoutMs: number;
  /** How often the processes behind contexts are looked at. */
  readonly sweepMs: number;
  /** After this time without use the context of a process that the system does not name is closed. */
  readonly idleLifeMs: number;
}

export const DEFAULT_SIMULATOR_TUNING: SimulatorTuning = { partialTimeoutMs: 10_000, sweepMs: 250, idleLifeMs: 60_000 };
