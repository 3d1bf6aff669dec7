/** The process that keeps a PowerShell engine warm. It ends with the supervisor, or when its engine fails. */
import { Socket } from 'node:net';
import process from 'node:process';
import type { EngineName, PowerShellEngine } from './engines/engine.js';
import { messageLine, PROTOCOL_DESCRIPTOR, readMessages, runMessage, type WorkerMessage } from './worker-messages.js';

export async function runWorker(name: EngineName): Promise<void> {
  // Node.js would print the line of the program that threw, which is most of it in a bundle, and no reader finds the reason.
  process.on('uncaughtException', endBecause);
  const supervisor = new Socket({ fd: PROTOCOL_DESCRIPTOR, readable: true, writable: true });
  const send = (message: WorkerMessage): void => void supervisor.write(messageLine(message));
  supervisor.on('close', () => process.exit(0));
  supervisor.on('error', () => process.exit(1));
  const engine = await createEngine(name);
  await engine.start();
  isStarted = true;
  readMessages(supervisor, runMessage, ({ script, path, event, limitMs }) => {
    engine
      .run({ script: Buffer.from(script, 'base64'), path, event, limitMs })
      .then((outcome) => send({ type: 'ended', ...outcome }), endBecause);
  });
  send({ type: 'ready' });
}

let isStarted = false;

/** Ends the process with the reason, which the supervisor logs. */
function endBecause(error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error);
  // node-powershell appends what its shell wrote to standard error, which is often undefined.
  const text = reason.replace(/\s*undefined$/, '');
  process.stderr.write(`${isStarted ? 'PowerShell has ended' : 'PowerShell cannot be run'}: ${text}\n`);
  process.exit(1);
}

/** Loads one engine only: the process of edge-js must not even load what starts processes. */
async function createEngine(name: EngineName): Promise<PowerShellEngine> {
  if (name === 'edge-js') return new (await import('./engines/edge-engine.js')).EdgeEngine();
  return new (await import('./engines/node-powershell-engine.js')).NodePowerShellEngine();
}
