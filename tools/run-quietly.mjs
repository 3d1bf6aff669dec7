// Runs a program whose output matters only if it fails.
//   import { runQuietly } from './run-quietly.mjs'
import { spawn } from 'node:child_process';

/**
 * Runs a program until it and its output end. If it fails, rejects with its exit code and whole output, or with the
 * message that `failure` makes of them.
 */
export function runQuietly(program, args, options = {}, failure = endedWith(`${program} ${args.join(' ')}`)) {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(failure(code, output)))));
  });
}

function endedWith(command) {
  return (code, output) => `${command} ended with ${code}:\n${output}`;
}
