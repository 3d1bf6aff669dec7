/** A PowerShell engine that stays warm and runs one script at a time. */

export interface ScriptRun {
  /** The script's text in UTF-8; what was hashed. */
  readonly script: Uint8Array;
  /** Path of the script, for $PSScriptRoot and messages; the file is not read again. */
  readonly path: string;
  /** The event, as JSON: the script receives it as an object. */
  readonly event: string;
  /** After this time the engine stops the script. It may not succeed: the supervisor then ends the process. */
  readonly limitMs: number;
}

export interface ScriptOutcome {
  readonly result: 'succeeded' | 'failed' | 'timedOut';
  /** The beginning of what the script wrote. */
  readonly output: string;
  readonly error: string | null;
}

export interface PowerShellEngine {
  /** Rejects if PowerShell cannot be started. */
  start(): Promise<void>;
  run(run: ScriptRun): Promise<ScriptOutcome>;
}

export const ENGINE_NAMES = ['node-powershell', 'edge-js'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];
