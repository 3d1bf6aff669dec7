/**
 * Reads the user namespace of this process, and decides whom its overflow id stands for (user_namespaces(7)).
 *
 * The kernel reports a peer by its id in the broker's namespace, or by the overflow id when the namespace has no id for
 * it. In the machine's initial namespace every user has an id, so the overflow id, 65534, can only be the user with
 * that number, `nobody`. In a container that maps only some ids, it can be any user of the host that the container does
 * not map, or the container's own 65534, and the kernel offers no race-free way to tell them apart: /proc/PID shows the
 * maps and namespaces of whichever process has that id now, and even a pidfd of the peer (SO_PEERPIDFD) names the
 * process that connected, which may have entered another namespace since. So the configuration has to name the user.
 */
import { readFileSync } from 'node:fs';
import { TbsError } from '../../domain/tbs-error.js';

export interface UserNamespace {
  /** The id that the kernel reports for users that this namespace does not map. */
  readonly overflowUid: number;
  /** True when every user of the machine has an id here, so that the overflow id is an ordinary user. */
  readonly mapsEveryUser: boolean;
}

const OVERFLOW_UID_FILE = '/proc/sys/kernel/overflowuid';
const UID_MAP_FILE = '/proc/self/uid_map';
const DEFAULT_OVERFLOW_UID = 65534;
/** The number of user ids; (uid_t) -1 is not a user. */
const USER_IDS = 0xffffffff;

/**
 * Reads the namespace. If /proc is not mounted, assumes the documented default id and that not every user is mapped.
 */
export function readUserNamespace(): UserNamespace {
  const overflowUid = Number.parseInt(readText(OVERFLOW_UID_FILE), 10);
  return {
    overflowUid: Number.isInteger(overflowUid) ? overflowUid : DEFAULT_OVERFLOW_UID,
    mapsEveryUser: mapsEveryUser(readText(UID_MAP_FILE)),
  };
}

/**
 * Returns whether a uid_map covers all ids. Its lines hold the first id inside, the first id outside, and the count.
 */
export function mapsEveryUser(uidMap: string): boolean {
  let mapped = 0;
  for (const line of uidMap.split('\n')) mapped += Number(line.trim().split(/\s+/)[2] ?? 0);
  return mapped >= USER_IDS;
}

/**
 * Returns the uid of the user that the setting `overflowUser` names. Throws TBS_E_BAD_PARAMETER for an unknown user,
 * for root, and, where every user is mapped, for anyone but the user who has the overflow id.
 */
export function overflowUserUid(
  user: string | number,
  namespace: UserNamespace,
  keyOf: (user: string) => string | undefined,
): number {
  const uid = Number(keyOf(String(user))?.slice('uid:'.length) ?? Number.NaN);
  if (!Number.isInteger(uid)) {
    throw refuse(
      user,
      `There is no user ${JSON.stringify(user)}, whom overflowUser names.`,
      'Name another user, or give a user id.',
    );
  }
  if (uid === 0) {
    throw refuse(
      user,
      'overflowUser names root: whoever the kernel cannot name would be an administrator.',
      NAME_ANOTHER,
    );
  }
  if (namespace.mapsEveryUser && uid !== namespace.overflowUid) {
    throw refuse(
      user,
      `overflowUser names ${JSON.stringify(user)}, but user ${namespace.overflowUid} is an ordinary user here: this broker's user namespace has an id for every user.`,
      `Set overflowUser to ${namespace.overflowUid} (nobody), or leave it out.`,
    );
  }
  return uid;
}

const NAME_ANOTHER = 'Name an ordinary user, or leave overflowUser out.';

function refuse(user: string | number, message: string, action: string): TbsError {
  return new TbsError('TBS_E_BAD_PARAMETER', { message, action, details: { setting: 'overflowUser', user } });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
