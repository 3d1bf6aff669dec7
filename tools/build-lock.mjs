// Lets only one process build at a time: npm start, npm test and single tests may all find that a build is needed.
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 200;
const WAIT_MS = 600_000;

function processIsAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function tryLock(lockFile) {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  // A killed builder leaves its lock file behind. An empty lock file is just being written.
  try {
    const holder = Number(readFileSync(lockFile, 'utf8'));
    const abandoned = holder > 0 ? !processIsAlive(holder) : Date.now() - statSync(lockFile).mtimeMs > 10 * POLL_MS;
    if (abandoned) rmSync(lockFile, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return false;
}

/** Runs the work while holding the lock file; waits if another process holds it. */
export async function withBuildLock(lockFile, work) {
  const deadline = Date.now() + WAIT_MS;
  while (!tryLock(lockFile)) {
    if (Date.now() > deadline) throw new Error(`another process is building; if not, remove ${lockFile}`);
    await wait(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(lockFile, { force: true });
  }
}
