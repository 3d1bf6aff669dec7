/** Identifies the caller at the other end of a named pipe connection from its access tokens. */
import type { Caller } from '../../domain/caller.js';
import { TbsError } from '../../domain/tbs-error.js';
import { classifyWindowsCaller, type TokenFacts, type WindowsCallerRules } from '../../domain/windows-caller.js';
import type { NativeTokenFacts, WindowsAddon } from '../windows-addon.js';

export interface PipePeerRules extends WindowsCallerRules {
  readonly administratorsGroupSid: string | undefined;
  readonly observersGroupSid?: string | undefined;
  readonly sandboxGroupSid: string | undefined;
}

export type PipePeerAddon = Pick<WindowsAddon, 'pipeClientProcess' | 'pipeClientUser'>;

/**
 * Identifies the caller of an accepted connection from which data has been read. Throws TBS_E_ACCESS_DENIED when
 * Windows cannot identify it: the process has ended, its token cannot be read, or the client connected anonymously.
 */
export function callerOfPipe(fd: number, rules: PipePeerRules, addon: PipePeerAddon): Caller {
  const groups = groupsOf(rules);
  const peer = askWindows(() => {
    const process = addon.pipeClientProcess(fd, groups);
    const user = addon.pipeClientUser(fd, groups);
    return { processId: process.processId, process: factsOf(process, rules), user: factsOf(user, rules) };
  });
  const verdict = classifyWindowsCaller(peer, rules);
  if (verdict.ok) return verdict.caller;
  throw new TbsError('TBS_E_ACCESS_DENIED', {
    message: 'The client is not identified: it connected anonymously.',
    action: 'Connect with SECURITY_IDENTIFICATION or SECURITY_IMPERSONATION.',
    details: { reason: verdict.reason },
  });
}

/** Returns the user of the connecting process. It is known immediately, but serves only to count silent connections. */
export function connectingUserOf(fd: number, addon: Pick<WindowsAddon, 'pipeClientProcess'>): string {
  return askWindows(() => addon.pipeClientProcess(fd, []).userSid);
}

function askWindows<Result>(ask: () => Result): Result {
  try {
    return ask();
  } catch (cause) {
    throw new TbsError('TBS_E_ACCESS_DENIED', {
      message: 'The operating system did not identify the process at the other end of the connection.',
      cause,
    });
  }
}

function groupsOf({ administratorsGroupSid, observersGroupSid, sandboxGroupSid }: PipePeerRules): readonly string[] {
  return [administratorsGroupSid, observersGroupSid, sandboxGroupSid].filter((sid) => sid !== undefined);
}

function factsOf(token: NativeTokenFacts, rules: PipePeerRules): TokenFacts {
  const groups = groupsOf(rules);
  const isMember = (sid: string | undefined): boolean =>
    sid !== undefined && token.memberships[groups.indexOf(sid)] === true;
  return {
    userSid: token.userSid,
    isAdministrator: token.isAdministrator,
    isAppContainer: token.isAppContainer,
    inAdministratorsGroup: isMember(rules.administratorsGroupSid),
    inObserversGroup: isMember(rules.observersGroupSid),
    inSandboxGroup: isMember(rules.sandboxGroupSid),
  };
}
