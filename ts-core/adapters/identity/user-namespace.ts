/**
 * The user namespace that this process is in, and who stands behind its overflow user (user_namespaces(7)).
 *
 * The kernel names a peer by its id in the broker's namespace, and by the overflow id where the namespace has none for
 * it. In the machine's first namespace every user has an id: there the overflow id, 65534, can only be the user who has
 * that number, `nobody`. In a container with a part of the ids it is any user of the host that the container does not
 * map, and also the container's own 65534: nothing that the kernel offers tells them apart without a race. A process's
 * maps and namespaces (/proc/PID) belong to who has the number now, and even a pidfd of the peer (SO_PEERPIDFD) names
 * the process that connected, which may have entered another namespace since. So the configuration has to say who it is.
 */
import { readFileSync } from 'node:fs';
import { TbsError } from '../../domain/tbs-error.js';

export interface UserNamespace {
  /** The id that the kernel gives for users who have none here. */
  readonly overflowUid: number;
  /** Every user of the machine has an id here: the overflow id is a user like any other. */
  readonly mapsEveryUser: boolean;
}

const OVERFLOW_UID_FILE = '/proc/sys/kernel/overflowuid';
const UID_MAP_FILE = '/proc/self/uid_map';
const DEFAULT_OVERFLOW_UID = 65534;
/** (uid_t) -1 is no user. */
const USER_IDS = 0xffffffff;

/** Where /proc is not mounted: the documented default, and a namespace of which nothing is known. */
export function readUserNamespace(): UserNamespace {
  const overflowUid = Number.parseInt(readText(OVERFLOW_UID_FILE), 10);
  return {
    overflowUid: Number.isInteger(overflowUid) ? overflowUid : DEFAULT_OVERFLOW_UID,
    mapsEveryUser: mapsEveryUser(readText(UID_MAP_FILE)),
  };
}

/** Whether a uid_map, lines of first id inside, first id outside and count, has all ids. */
export function mapsEveryUser(uidMap: string): boolean {
  let mapped = 0;
  for (const line of uidMap.split('\n')) mapped += Number(line.trim().split(/\s+/)[2] ?? 0);
  return mapped >= USER_IDS;
}

/**
 * The id of the user whom the setting `overflowUser` names. Throws TBS_E_BAD_PARAMETER for a user who is not known, for
 * root, and for another than the overflow user himself where he is a user like any other.
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
      'Name another, or his number.',
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
      `overflowUser names ${JSON.stringify(user)}, but user ${namespace.overflowUid} is a user of his own here: this broker's user namespace has an id for every user.`,
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
