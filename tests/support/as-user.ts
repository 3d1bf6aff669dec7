/**
 * Connections as another user: the kernel records the effective ids at the time of connect(2) (unix(7), SO_PEERCRED).
 */
import { RpcClient } from './rpc-client.js';

export interface TestUser {
  readonly uid: number;
  readonly gid: number;
  readonly groups?: readonly number[];
}

export const ALICE: TestUser = { uid: 61001, gid: 61001 };
export const BOB: TestUser = { uid: 61002, gid: 61002 };
export const CAROL: TestUser = { uid: 61003, gid: 61003 };

/** Whether this process may take other users' identities; tests that need it are skipped, and counted, otherwise. */
export function canBecomeOthers(): boolean {
  return process.getuid?.() === 0;
}

/** Runs `action`, which must not wait, with the user's identity. */
export function asUser<Result>(user: TestUser, action: () => Result): Result {
  const ownGroups = process.getgroups?.() ?? [];
  process.setgroups?.([...(user.groups ?? [])]);
  process.setegid?.(user.gid);
  process.seteuid?.(user.uid);
  try {
    return action();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
    process.setgroups?.(ownGroups);
  }
}

export function connectAs(user: TestUser, path: string): Promise<RpcClient> {
  return asUser(user, () => RpcClient.connect(path));
}
