/**
 * Hosts PowerShell in this process with edge-js. Once .NET runs here, the process must start no other: .NET's handlers
 * of child processes and Node.js' disturb each other.
 */
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import * as z from 'zod';
import type { PowerShellEngine, ScriptOutcome, ScriptRun } from './engine.js';
import { DEFINE_INVOKE_EVENT_ACTION, outcomeIn, requestText } from './invoke-event-action.js';

/** The folder that packaging/edge/build.mjs created: edge-js, its addon, and the assemblies. */
export const EDGE_FOLDER_VARIABLE = 'TPMTBS_EDGE_FOLDER';

/** dlopen(3): keeps the library loaded. Node.js has no name for it. */
const RTLD_NODELETE = 0x1000;

type Callback = (error: Error | null, result: unknown) => void;
type DotNetFunction = (input: unknown, callback: Callback) => void;

interface Edge {
  func(options: { assemblyFile: string; typeName: string; methodName: string }): DotNetFunction;
}

export class EdgeEngine implements PowerShellEngine {
  #run: DotNetFunction | undefined;

  async start(): Promise<void> {
    const folder = process.env[EDGE_FOLDER_VARIABLE] ?? '';
    if (folder === '') throw new Error(`${EDGE_FOLDER_VARIABLE} must name the folder of packaging/edge/build.mjs`);
    openLibrariesOfDotNet();
    Object.assign(process.env, {
      EDGE_USE_CORECLR: '1',
      EDGE_NATIVE: join(folder, 'edge_coreclr.node'),
      EDGE_APP_ROOT: join(folder, 'assemblies'),
      // The assemblies are all in EDGE_APP_ROOT, and no user's packages may come before them.
      NUGET_PACKAGES: '/nonexistent',
    });
    const edge: Edge = createRequire(import.meta.url)(join(folder, 'edge-js'));
    const method = (methodName: string) =>
      edge.func({
        assemblyFile: join(folder, 'assemblies', 'EdgeJs.dll'),
        typeName: 'TpmTbs.Actions.ActionEngine',
        methodName,
      });
    this.#run = method('Run');
    await called(method('Open'), DEFINE_INVOKE_EVENT_ACTION);
  }

  async run(run: ScriptRun): Promise<ScriptOutcome> {
    if (this.#run === undefined) throw new Error('PowerShell is not started');
    return outcomeIn(await called(this.#run, requestText(run)));
  }
}

/** What packaging/edge/ActionEngine.cs answers. */
const answer = z.union([
  z.object({ value: z.string(), problem: z.null().optional() }),
  z.object({ value: z.null().optional(), problem: z.string() }),
]);

async function called(method: DotNetFunction, input: string): Promise<string> {
  const given = await new Promise<unknown>((resolve, reject) => {
    method(input, (error, result) => (error === null || error === undefined ? resolve(result) : reject(error)));
  });
  const { value, problem } = answer.parse(given);
  if (typeof value !== 'string') throw new Error(`PowerShell: ${problem}`);
  return value;
}

/**
 * Opens OpenSSL's libraries so that they use their own symbols. Otherwise .NET's calls would reach the OpenSSL that is
 * part of Node.js 22 and later, and crash. The libraries are no addons, so process.dlopen opens them and then throws.
 */
function openLibrariesOfDotNet(): void {
  for (const library of ['libcrypto.so.3', 'libssl.so.3']) {
    try {
      process.dlopen(
        { exports: {} },
        library,
        constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_DEEPBIND | RTLD_NODELETE,
      );
    } catch {
      // Where a library is missing, .NET itself says so when it is needed.
    }
  }
}
