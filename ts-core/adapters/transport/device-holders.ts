/** Finds the processes that have a device open, from /proc/PID/fd; only root sees those of other users. */
import { readdir, readFile, readlink, realpath } from 'node:fs/promises';

export interface DeviceHolder {
  readonly pid: number;
  readonly name: string;
}

export async function processesHolding(devicePath: string, procDirectory = '/proc'): Promise<readonly DeviceHolder[]> {
  const target = await realpath(devicePath).catch(() => devicePath);
  const pids = (await readdir(procDirectory).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const holders: DeviceHolder[] = [];
  for (const pid of pids) {
    if (await holds(`${procDirectory}/${pid}/fd`, target)) {
      const name = await readFile(`${procDirectory}/${pid}/comm`, 'utf8').catch(() => '?');
      holders.push({ pid: Number(pid), name: name.trim() });
    }
  }
  return holders;
}

export function describeHolder(holder: DeviceHolder): string {
  return `process ${holder.pid} (${holder.name})`;
}

async function holds(fdDirectory: string, target: string): Promise<boolean> {
  for (const fd of await readdir(fdDirectory).catch(() => [])) {
    if ((await readlink(`${fdDirectory}/${fd}`).catch(() => '')) === target) return true;
  }
  return false;
}
