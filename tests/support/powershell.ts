/** The PowerShell that tests run: the one that tools/pwsh.mjs finds or fetches. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { REPOSITORY } from './daemon.js';

export interface PowerShellProgram {
  readonly path: string;
  /** Contains the program, which is called `pwsh` there. */
  readonly folder: string;
  readonly isInstalled: boolean;
}

/** Takes a minute on a machine without PowerShell, since it fetches one. */
export async function findPowerShell(): Promise<PowerShellProgram> {
  const tool = pathToFileURL(join(REPOSITORY, 'tools', 'pwsh.mjs')).href;
  return ((await import(tool)) as { findPowerShell(): Promise<PowerShellProgram> }).findPowerShell();
}
