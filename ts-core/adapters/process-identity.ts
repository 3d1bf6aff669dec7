/** A process id with start time and boot id, which no later process can share (proc(5), /proc/pid/stat). */
import { readFile } from 'node:fs/promises';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process, as the kernel prints them. */
  readonly startTime: string;
  readonly bootId: string;
}

/** Field 22 of /proc/pid/stat, counted after the command name, which may contain spaces and parentheses itself. */
const START_TIME_AFTER_NAME = 19;

export async function processIdentity(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const [text, bootId] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const startTime = fields[START_TIME_AFTER_NAME];
    // A zombie has ended; its parent has just not waited for it yet.
    if (startTime === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return { pid, startTime, bootId: bootId.trim() };
  } catch {
    return undefined;
  }
}

export async function isSameProcess(identity: ProcessIdentity): Promise<boolean> {
  const now = await processIdentity(identity.pid);
  return now !== undefined && now.startTime === identity.startTime && now.bootId === identity.bootId;
}
