/**
 * Determines the caller and its class from what Windows vouches for: the tokens of a named pipe's client.
 *
 * Two tokens describe a client: the one of the process that connected, and the one that the client's thread lends the
 * server (impersonation), which decides who the user is. The class is the weaker of the two, so that neither a
 * reused process id nor a service that acts for somebody makes an administrator.
 */
import type { Caller, CallerClass } from './caller.js';

/** What one access token says. */
export interface TokenFacts {
  /** `S-1-5-21-…`. */
  readonly userSid: string;
  /** Member of BUILTIN\Administrators, enabled: false for an administrator's token that was not elevated. */
  readonly isAdministrator: boolean;
  readonly isAppContainer: boolean;
  /** Member of the group that the configuration names as administratorsGroup. */
  readonly inAdministratorsGroup: boolean;
  /** Member of the group that the configuration names as observersGroup. */
  readonly inObserversGroup: boolean;
  /** Member of the group that the configuration names as sandboxedAppsGroup. */
  readonly inSandboxGroup: boolean;
}

export interface PipePeer {
  readonly processId: number;
  readonly process: TokenFacts;
  readonly user: TokenFacts;
}

/** How this broker tells its callers apart; from its configuration. */
export interface WindowsCallerRules {
  /** The user under whom the broker itself runs. */
  readonly ownSid: string;
  /** The broker serves one user: that user is its administrator. */
  readonly userMode: boolean;
  /** Users who may read everybody's data. */
  readonly observerSids?: readonly string[] | undefined;
}

export type WindowsCallerVerdict =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly reason: 'anonymous' };

/** NT AUTHORITY\ANONYMOUS LOGON: the client does not say who it is. */
const ANONYMOUS_SID = 'S-1-5-7';
/** NT AUTHORITY\SYSTEM. */
const SYSTEM_SID = 'S-1-5-18';

export function classifyWindowsCaller(peer: PipePeer, rules: WindowsCallerRules): WindowsCallerVerdict {
  if (peer.user.userSid === ANONYMOUS_SID) return { ok: false, reason: 'anonymous' };
  const callerClass = classOf(peer, rules);
  const caller: Caller = { userKey: `sid:${peer.user.userSid}`, callerClass, processId: peer.processId };
  const isObserver = callerClass === 'standardUser' && observes(peer.process, rules) && observes(peer.user, rules);
  return { ok: true, caller: isObserver ? { ...caller, isObserver } : caller };
}

function observes({ inObserversGroup, userSid }: TokenFacts, { observerSids }: WindowsCallerRules): boolean {
  return inObserversGroup || observerSids?.includes(userSid) === true;
}

function classOf({ process, user }: PipePeer, rules: WindowsCallerRules): CallerClass {
  if (isSandboxed(process) || isSandboxed(user)) return 'sandboxedApp';
  return isAdministrator(process, rules) && isAdministrator(user, rules) ? 'administrator' : 'standardUser';
}

function isSandboxed(token: TokenFacts): boolean {
  return token.isAppContainer || token.inSandboxGroup;
}

function isAdministrator(token: TokenFacts, rules: WindowsCallerRules): boolean {
  if (token.isAdministrator || token.inAdministratorsGroup || token.userSid === SYSTEM_SID) return true;
  return rules.userMode && token.userSid === rules.ownSid;
}
