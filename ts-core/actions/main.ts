/** The service tbs-actions: runs PowerShell scripts when the broker raises events. */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { ActionScriptFiles } from '../adapters/event-actions/action-script-files.js';
import { connect } from '../client/broker.js';
import { productVersion } from '../daemon/product-version.js';
import { ENGINE_NAMES, type EngineName } from './engines/engine.js';
import { FollowBroker } from './follow-broker.js';
import { Supervisor } from './supervisor.js';
import { runWorker } from './worker.js';
import { startWorker } from './worker-process.js';

const USAGE = `tbs-actions [--engine ${ENGINE_NAMES.join('|')}] [--socket PATH] [--own-scripts]
Runs event actions: PowerShell scripts that the broker's events start. See docs/event-actions.md.`;

/** EX_USAGE. */
const USAGE_EXIT_CODE = 64;

/** Resolves with the exit code when the service was asked to stop. */
export async function tbsActions(args: readonly string[]): Promise<number> {
  const given = optionsIn(args);
  if (given === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return USAGE_EXIT_CODE;
  }
  if (given.version || given.help) {
    process.stdout.write(`${given.version ? productVersion() : USAGE}\n`);
    return 0;
  }
  if (given.worker !== undefined) {
    await runWorker(given.worker);
    return 0;
  }
  await serve(given);
  return 0;
}

interface Options {
  readonly engine: EngineName;
  readonly socket: string | undefined;
  readonly worker: EngineName | undefined;
  /** Runs scripts that belong to the user of the service too, and not to root alone. */
  readonly ownScripts: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

function optionsIn(args: readonly string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        engine: { type: 'string', default: 'node-powershell' },
        socket: { type: 'string' },
        worker: { type: 'string' },
        'own-scripts': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        version: { type: 'boolean', default: false },
      },
    });
    const engine = engineNamed(values.engine);
    const worker = engineNamed(values.worker);
    if (engine === undefined || (values.worker !== undefined && worker === undefined)) return undefined;
    const { socket, help, version, 'own-scripts': ownScripts } = values;
    return { engine, socket, worker, ownScripts, help, version };
  } catch {
    return undefined;
  }
}

function engineNamed(name: string | undefined): EngineName | undefined {
  return ENGINE_NAMES.find((each) => each === name);
}

async function serve({ engine, socket, ownScripts }: Options): Promise<void> {
  const log = (text: string): void => void process.stderr.write(`tbs-actions: ${text}\n`);
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());
  const program = process.argv[1] ?? '';
  const supervisor: Supervisor = new Supervisor({
    clock: {
      monotonicMs: () => performance.now(),
      wallClockMs: () => Date.now(),
      after: (delayMs, callback) => {
        const timer = setTimeout(callback, delayMs);
        return { cancel: () => clearTimeout(timer) };
      },
    },
    startWorker: (events) => startWorker({ engine, program, env: process.env, log }, events),
    readScript: (path) => scripts.read(path),
    reporter: (report) => following.report(report),
    log,
  });
  const scripts = new ActionScriptFiles([0, ...(ownScripts ? ownUid() : [])]);
  const following = new FollowBroker({
    connect: () => connect(socket === undefined ? {} : { socket }),
    supervisor,
    signal: stopping.signal,
    log,
  });
  await following.run();
  supervisor.stop();
}

function ownUid(): readonly number[] {
  const uid = process.getuid?.();
  return uid === undefined ? [] : [uid];
}
