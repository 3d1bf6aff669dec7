// Runs one test program of a suite and reads automake's exit codes: 0 passed, 77 skipped itself, 99 a hard error.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import process from 'node:process';

/**
 * @param {{ command: string[], cwd: string, env: Record<string, string> }} program
 * @param {{ logPath: string, limitSeconds: number, signal: AbortSignal }} options what it writes goes to logPath; the signal
 *   ends it
 * @returns {Promise<{ outcome: 'passed' | 'skipped' | 'failed' | 'timed out', exitCode: number | null, seconds: number }>}
 */
export async function runTestProgram({ command, cwd, env }, { logPath, limitSeconds, signal }) {
  const startedAt = performance.now();
  const log = openSync(logPath, 'w');
  const child = spawn(command[0], command.slice(1), {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
    // A group of its own, so that whatever a test left behind can be ended with it.
    detached: true,
  });
  closeSync(log);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    endGroup(child.pid);
  }, limitSeconds * 1000);
  const interrupted = () => endGroup(child.pid);
  signal.addEventListener('abort', interrupted);
  const exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code));
  });
  clearTimeout(timer);
  signal.removeEventListener('abort', interrupted);
  endGroup(child.pid);
  return {
    outcome: timedOut ? 'timed out' : outcomeOf(exitCode),
    exitCode,
    seconds: (performance.now() - startedAt) / 1000,
  };
}

function outcomeOf(exitCode) {
  if (exitCode === 0) return 'passed';
  return exitCode === 77 ? 'skipped' : 'failed';
}

function endGroup(processId) {
  try {
    process.kill(-processId, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
