/**
 * Measures how much of the processors others use: programs that are not part of the bench, and other virtual machines
 * (steal). Reads /proc/stat and /proc/PID/stat, proc(5).
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

interface Ticks {
  /** Ticks of all processors since the machine started. */
  readonly all: number;
  readonly busy: number;
  /** Ticks of the bench's processes, by process id. */
  readonly own: ReadonlyMap<number, number>;
}

/** A process that started or ended between two readings counts as foreign only for that interval. */
export class MachineLoad {
  #last: Ticks;
  #all = 0;
  #others = 0;
  readonly #ownProcesses: () => readonly number[];

  /** `ownProcesses`: the processes of the bench that run now. */
  constructor(ownProcesses: () => readonly number[]) {
    this.#ownProcesses = ownProcesses;
    this.#last = this.#read();
  }

  /** The share of processor time that others have used since the start, 0 to 1. */
  get shareOfOthers(): number {
    return this.#all === 0 ? 0 : Math.min(1, Math.max(0, this.#others / this.#all));
  }

  /** The same as a number of processors. */
  get processorsOfOthers(): number {
    return this.shareOfOthers * availableParallelism();
  }

  /** Call this before a process of the bench ends, and now and then. */
  look(): void {
    const now = this.#read();
    let own = 0;
    for (const [processId, ticks] of now.own) own += ticks - (this.#last.own.get(processId) ?? 0);
    this.#all += now.all - this.#last.all;
    this.#others += now.busy - this.#last.busy - own;
    this.#last = now;
  }

  #read(): Ticks {
    const [, ...fields] = (/^cpu +.*$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[0] ?? '').split(/ +/).map(Number);
    const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, interrupts = 0, softInterrupts = 0, steal = 0] =
      fields;
    const busy = user + nice + system + interrupts + softInterrupts + steal;
    const own = new Map(this.#ownProcesses().map((processId) => [processId, ticksOf(processId)]));
    return { all: busy + idle + waiting, busy, own };
  }
}

/** Returns utime and stime of all threads; 0 for a process that has ended. */
function ticksOf(processId: number): number {
  try {
    const [, afterName = ''] = readFileSync(`/proc/${processId}/stat`, 'utf8').split(/\) (?=[^)]*$)/);
    const fields = afterName.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}
