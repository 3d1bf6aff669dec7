/** The machine's clocks. */
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { Clock } from '../../application/ports/operating-system.js';

export interface SystemClockOptions {
  /** Returns CLOCK_BOOTTIME in nanoseconds (native addon). Default: the kernel's uptime, precise to 10 milliseconds. */
  readonly bootTimeNs?: (() => bigint) | undefined;
}

const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';
const UPTIME_FILE = '/proc/uptime';

export class SystemClock implements Clock {
  readonly #bootTimeNs: (() => bigint) | undefined;
  readonly #bootId: string;
  readonly #timers = new Set<{ cancel(): void }>();
  #closed = false;

  constructor(options: SystemClockOptions = {}) {
    this.#bootTimeNs = options.bootTimeNs;
    this.#bootId = readBootId() ?? bootIdFromUptime();
  }

  wallClockMs(): number {
    return Date.now();
  }

  bootTimeMs(): number {
    if (this.#bootTimeNs !== undefined) return Number(this.#bootTimeNs() / 1000n) / 1000;
    return readUptimeMs() ?? uptime() * 1000;
  }

  bootId(): string {
    return this.#bootId;
  }

  monotonicMs(): number {
    return performance.now();
  }

  after(delayMs: number, callback: () => void): { cancel(): void } {
    if (this.#closed) return { cancel: () => {} };
    const timer = longTimer(delayMs, () => {
      this.#timers.delete(entry);
      callback();
    });
    const entry = {
      cancel: () => {
        this.#timers.delete(entry);
        timer.cancel();
      },
    };
    this.#timers.add(entry);
    return entry;
  }

  /** Cancels every timer, and ignores later ones: no callback runs any more. */
  close(): void {
    this.#closed = true;
    for (const timer of [...this.#timers]) timer.cancel();
  }
}

/** setTimeout treats a delay above 2^31 - 1 milliseconds (25 days) as 1 millisecond. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

function longTimer(delayMs: number, callback: () => void): { cancel(): void } {
  let timer: NodeJS.Timeout;
  const arm = (leftMs: number) => {
    const stepMs = Math.min(leftMs, LONGEST_TIMEOUT_MS);
    timer = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : callback()), stepMs);
    timer.unref();
  };
  arm(Math.max(0, delayMs));
  return { cancel: () => clearTimeout(timer) };
}

function readBootId(): string | undefined {
  try {
    return readFileSync(BOOT_ID_FILE, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** On other systems, the time of boot in tens of seconds, which changes within a boot only if the clock is stepped. */
function bootIdFromUptime(): string {
  return `boot-at-${Math.round((Date.now() / 1000 - uptime()) / 10)}`;
}

function readUptimeMs(): number | undefined {
  try {
    const seconds = Number.parseFloat(readFileSync(UPTIME_FILE, 'utf8'));
    return Number.isFinite(seconds) ? seconds * 1000 : undefined;
  } catch {
    return undefined;
  }
}
