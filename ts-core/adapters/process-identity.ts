/** A process id with start time and boot id, which no later process can share (proc(5), /proc/pid/stat). */
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process, as the kernel prints them. */
  readonly startTime: string;
  readonly bootId: string;
}

/** Field 22 of /proc/pid/stat, counted after the command name, which may contain spaces and parentheses itself. */
const START_TIME_AFTER_NAME = 19;

let bootId: string | undefined;

/**
 * Returns undefined if the process has ended. Reads synchronously: the kernel serves these files from memory, while a
 * read through the thread pool would take ten times as long, at the cost of others during a flood of connections.
 */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const startTime = fields[START_TIME_AFTER_NAME];
    // A zombie has ended; its parent has just not waited for it yet.
    if (startTime === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return { pid, startTime, bootId };
  } catch {
    return undefined;
  }
}

export function isSameProcess(identity: ProcessIdentity): boolean {
  const now = processIdentity(identity.pid);
  return now !== undefined && now.startTime === identity.startTime && now.bootId === identity.bootId;
}
