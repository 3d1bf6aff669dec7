/** What the operating system knows: time, suspends, users and other programs. */

export interface Clock {
  /** Returns UTC in milliseconds since 1970. May step. */
  wallClockMs(): number;
  /** Returns CLOCK_BOOTTIME: milliseconds since boot, including suspends. Never steps. */
  bootTimeMs(): number;
  /** Identifies this boot, so that boot times of different boots are never compared. */
  bootId(): string;
  /** Returns monotonic milliseconds with fractions, for measuring commands. */
  monotonicMs(): number;
  /** Calls `callback` once after `delayMs`. The timer does not keep the process alive. */
  after(delayMs: number, callback: () => void): { cancel(): void };
}

/** Reports suspends and resumes of the platform. */
export interface PowerMonitor {
  /** Starts to monitor. A platform that sends no notifications is not an error. */
  start(listener: PowerListener): void;
  close(): Promise<void>;
}

export interface PowerListener {
  /** The platform is about to sleep. It waits, for a bounded time, until the promise settles. */
  prepareForSleep(): Promise<void>;
  /** The platform is awake again. May be called without a preceding `prepareForSleep`. */
  awake(): Promise<void>;
}

/** Translates between user keys and user names, for display and input only; decisions use the key. */
export interface UserNames {
  /**
   * Returns names by user key, such as `alice` by `uid:1000`; users without a known name are missing. The broker goes
   * on meanwhile, because a directory may take seconds.
   */
  namesOf(userKeys: Iterable<string>): Promise<ReadonlyMap<string, string>>;
  /** Returns the key of a user given by name, number or key; undefined if there is no such user. */
  keyOf(user: string): string | undefined;
}

export interface OtherResourceManager {
  look(): Promise<AbrmdState>;
}

/** The state of tpm2-abrmd, which competes for the same TPM. */
export interface AbrmdState {
  /** Undefined if it is not running. */
  readonly processId: number | undefined;
  /** Whether D-Bus starts it when a program calls it. */
  readonly activatable: boolean;
}
