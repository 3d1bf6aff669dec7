/**
 * From what a Unix kernel vouches for (user and groups of a peer) to a caller and its class.
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
  /** Members are sandboxed apps, whatever else they are. */
  readonly sandboxGroupGid?: number | undefined;
  /** The id that stands for users of another user namespace, who cannot be told apart (/proc/sys/kernel/overflowuid). */
  readonly overflowUid: number;
}

export type UnixCallerVerdict =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly reason: 'overflowUid' };

/** Who a peer is to the broker; refused when the kernel can only say that it is somebody of another user namespace. */
export function classifyUnixCaller(peer: UnixPeer, rules: UnixCallerRules): UnixCallerVerdict {
  if (peer.uid === rules.overflowUid) return { ok: false, reason: 'overflowUid' };
  return {
    ok: true,
    caller: { userKey: `uid:${peer.uid}`, callerClass: classOf(peer, rules), processId: peer.pid },
  };
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
