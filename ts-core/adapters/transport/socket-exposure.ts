/** Finds out who besides the broker can talk to a software TPM through its sockets. */
import { stat } from 'node:fs/promises';
import { describeAddress, type SocketAddress } from './transport-options.js';

const GROUP_WRITE = 0o020;
const OTHERS_WRITE = 0o002;

/** Connecting to a Unix socket needs write permission; the group bits are also the mask of an access control list. */
export async function socketExposure(address: SocketAddress): Promise<readonly string[]> {
  if (!('path' in address)) {
    return [`${describeAddress(address)} takes connections from every user of this machine; use a Unix socket instead`];
  }
  const status = await stat(address.path).catch(() => undefined);
  if (status === undefined) return [];
  const found: string[] = [];
  const brokerUid = process.geteuid?.() ?? 0;
  if (status.uid !== brokerUid && status.uid !== 0) found.push(`${address.path} belongs to user id ${status.uid}`);
  if ((status.mode & OTHERS_WRITE) !== 0) found.push(`${address.path} can be opened by every user`);
  else if ((status.mode & GROUP_WRITE) !== 0 && status.gid !== 0) {
    found.push(`${address.path} can be opened by group id ${status.gid} or by an access control list`);
  }
  return found;
}
