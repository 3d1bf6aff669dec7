// Finds and runs the .NET SDK of this machine.
//   import { findDotnet, findSdk, requireSdk, runDotnet } from './dotnet.mjs'

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { runQuietly } from './run-quietly.mjs';

/** The oldest SDK whose runtime can run the pinned PowerShell. */
export const LOWEST_SDK_MAJOR = 10;

/** A program that is needed for development is missing; the message says in one line what to install. */
export class MissingProgramError extends Error {
  name = 'MissingProgramError';
}

/** @returns {{ program: string, root: string } | undefined} `dotnet` and the folder that has the runtimes. */
export function findDotnet() {
  const name = process.platform === 'win32' ? 'dotnet.exe' : 'dotnet';
  const program = [process.env.DOTNET_ROOT, ...(process.env.PATH ?? '').split(path.delimiter)]
    .filter((folder) => folder && path.isAbsolute(folder))
    .map((folder) => path.join(folder, name))
    .find((candidate) => fs.existsSync(candidate));
  return program && { program, root: path.dirname(fs.realpathSync(program)) };
}

/** Returns the `dotnet` of an SDK that is new enough, if there is one. */
export function findSdk() {
  const dotnet = findDotnet();
  if (dotnet === undefined) return undefined;
  const { stdout } = spawnSync(dotnet.program, ['--list-sdks'], { encoding: 'utf8', env: sdkEnvironment() });
  const majors = (stdout ?? '').split('\n').map((line) => Number.parseInt(line, 10));
  return majors.some((major) => major >= LOWEST_SDK_MAJOR) ? dotnet : undefined;
}

/** Returns the SDK. Throws an error that names what is missing and both ways to get it. */
export function requireSdk(missing) {
  const sdk = findSdk();
  if (sdk !== undefined) return sdk;
  throw new MissingProgramError(
    `${missing} is missing, and so is the .NET SDK ${LOWEST_SDK_MAJOR} that fetches it: ` +
      'install PowerShell and Pester (https://aka.ms/powershell) or the SDK (https://aka.ms/dotnet/download; ' +
      `on Ubuntu: sudo apt-get install -y dotnet-sdk-${LOWEST_SDK_MAJOR}.0).`,
  );
}

/** Runs a command of the SDK; an error contains its whole output. */
export function runDotnet({ program }, args) {
  return runQuietly(
    program,
    args,
    { env: sdkEnvironment() },
    (code, output) => `\`dotnet ${args[0]}\` ended with ${code}.\n${output.trim()}`,
  );
}

function sdkEnvironment() {
  return {
    ...process.env,
    DOTNET_CLI_TELEMETRY_OPTOUT: '1',
    DOTNET_NOLOGO: '1',
    // An SDK that was unpacked rather than installed may lack ICU; fetching does not need it.
    DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1',
    MSBUILDDISABLENODEREUSE: '1',
  };
}
