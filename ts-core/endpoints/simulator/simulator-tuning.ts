/** Times of the simulator endpoints, in milliseconds. */
export interface SimulatorTuning {
  /** A request must be complete within this time after its first byte. */
  readonly partialTimeoutMs: number;
  /** How often to check whether the processes behind contexts still exist. */
  readonly sweepMs: number;
  /** Idle time after which a context is closed whose process the system does not identify. */
  readonly idleLifeMs: number;
}

export const DEFAULT_SIMULATOR_TUNING: SimulatorTuning = { partialTimeoutMs: 10_000, sweepMs: 250, idleLifeMs: 60_000 };
