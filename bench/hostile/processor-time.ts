/**
 * Estimates how much of a wait would remain on an idle machine. Linux counts for each process how long it ran, and
 * how long it was ready to run while others used the processors (/proc/PID/schedstat, in nanoseconds). On a busy
 * machine everybody waits, with or without an attacker.
 */
import { closeSync, openSync, readSync } from 'node:fs';

export interface Wait {
  /** Elapsed time. */
  readonly ms: number;
  /**
   * Without the time in which the processes waited for a processor; at least the time for which the first of them,
   * the broker, ran meanwhile.
   */
  readonly idleMs: number;
}

const NANOSECONDS = 1e6;

export class ProcessorTime {
  readonly #files: readonly number[];
  readonly #text = Buffer.alloc(128);

  /** `processIds`: the broker first, then all processes that take part in its responses. */
  constructor(processIds: readonly string[]) {
    this.#files = processIds.map((processId) => openSync(`/proc/${processId}/schedstat`, 'r'));
  }

  /** Starts a wait; the returned function ends it. */
  begin(): () => Wait {
    const beganMs = performance.now();
    const before = this.#read();
    return () => {
      const ms = performance.now() - beganMs;
      const after = this.#read();
      const idleMs = ms - Math.min(ms, after.waitedMs - before.waitedMs);
      return { ms, idleMs: Math.max(idleMs, Math.min(ms, after.brokerRanMs - before.brokerRanMs)) };
    };
  }

  close(): void {
    for (const file of this.#files) closeSync(file);
  }

  #read(): { readonly brokerRanMs: number; readonly waitedMs: number } {
    const all = this.#files.map((file) => this.#readOne(file));
    return { brokerRanMs: all[0]?.ranMs ?? 0, waitedMs: all.reduce((sum, { waitedMs }) => sum + waitedMs, 0) };
  }

  #readOne(file: number): { readonly ranMs: number; readonly waitedMs: number } {
    const length = readSync(file, this.#text, 0, this.#text.length, 0);
    const [ran = '0', waited = '0'] = this.#text.toString('latin1', 0, length).split(' ');
    return { ranMs: Number(ran) / NANOSECONDS, waitedMs: Number(waited) / NANOSECONDS };
  }
}
