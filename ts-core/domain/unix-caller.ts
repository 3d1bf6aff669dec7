/**
 * Determines the caller and its class from what a Unix kernel reports of a peer: its user and groups.
 */
import type { Caller, CallerClass } from './caller.js';

export interface UnixPeer {
  readonly uid: number;
  /** Primary group. */
  readonly gid: number;
  /** Supplementary groups; may or may not contain the primary one. */
  readonly groups: readonly number[];
  readonly pid?: number | undefined;
}

/** How this broker tells its callers apart; from its configuration. */
export interface UnixCallerRules {
  /** User id under which the broker itself runs. */
  readonly ownUid: number;
  /** The broker serves one user: that user is its administrator. */
  readonly userMode: boolean;
  /** Members are administrators. */
  readonly administratorsGroupGid?: number | undefined;
  /** Members may read everybody's data. */
  readonly observersGroupGid?: number | undefined;
  /** Users who may read everybody's data. */
  readonly observerUids?: readonly number[] | undefined;
  /** The user of the service tbs-actions, who observes and reports the runs of event actions. */
  readonly eventActionsUid?: number | undefined;
  /** Members are sandboxed apps, whatever else they are. */
  readonly sandboxGroupGid?: number | undefined;
  /**
   * The id that the kernel gives for users who have none in the broker's user namespace (/proc/sys/kernel/overflowuid).
   */
  readonly overflowUid: number;
  /** The user behind that id, if the configuration names one (`overflowUser`). */
  readonly overflowUserUid?: number | undefined;
  /** The user whom a subordinate id belongs to (subuid(5)); undefined for every other id. */
  readonly ownerOfSubordinateUid?: ((uid: number) => number | undefined) | undefined;
}

export type UnixCallerVerdict =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly reason: 'overflowUid' };

/**
 * Classifies the process at the other end of a Unix socket. Refuses the overflow id unless the configuration names the
 * user behind it. A user of somebody's container, recognized by a subordinate id, is a sandboxed app of the container's
 * owner. Such a user shares the owner's limits and lockout, and reaches nothing of the owner's other programs.
 */
export function classifyUnixCaller(peer: UnixPeer, rules: UnixCallerRules): UnixCallerVerdict {
  const owner = rules.ownerOfSubordinateUid?.(peer.uid);
  if (owner !== undefined) {
    return { ok: true, caller: { userKey: `uid:${owner}`, callerClass: 'sandboxedApp', processId: peer.pid } };
  }
  const isOverflow = peer.uid === rules.overflowUid;
  const uid = isOverflow ? rules.overflowUserUid : peer.uid;
  if (uid === undefined) return { ok: false, reason: 'overflowUid' };
  const callerClass = isOverflow ? classOfOverflowUser(peer, rules) : classOf(peer, rules);
  const caller: Caller = { userKey: `uid:${uid}`, callerClass, processId: peer.pid };
  const isObserver = callerClass === 'standardUser' && !isOverflow && observes(peer, rules);
  if (!isObserver) return { ok: true, caller };
  const runsEventActions = peer.uid === rules.eventActionsUid;
  return {
    ok: true,
    caller: runsEventActions ? { ...caller, isObserver, runsEventActions } : { ...caller, isObserver },
  };
}

function observes(peer: UnixPeer, { observersGroupGid, observerUids, eventActionsUid }: UnixCallerRules): boolean {
  if (peer.uid === eventActionsUid) return true;
  return isMember(peer, observersGroupGid) || observerUids?.includes(peer.uid) === true;
}

/** Returns a class that is never administrator, whatever the groups say: the id may stand for many users. */
function classOfOverflowUser(peer: UnixPeer, rules: UnixCallerRules): CallerClass {
  return isMember(peer, rules.sandboxGroupGid) ? 'sandboxedApp' : 'standardUser';
}

function classOf(peer: UnixPeer, rules: UnixCallerRules): CallerClass {
  if (isMember(peer, rules.sandboxGroupGid)) return 'sandboxedApp';
  if (peer.uid === 0) return 'administrator';
  if (rules.userMode && peer.uid === rules.ownUid) return 'administrator';
  if (isMember(peer, rules.administratorsGroupGid)) return 'administrator';
  return 'standardUser';
}

function isMember(peer: UnixPeer, gid: number | undefined): boolean {
  return gid !== undefined && (peer.gid === gid || peer.groups.includes(gid));
}
