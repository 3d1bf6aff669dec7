/**
 * Finds out who besides the broker can open the TPM of a device node and so bypass the broker's rules.
 *
 * /dev/tpmN and /dev/tpmrmN lead to the same TPM, so both are checked, whichever of them the broker uses.
 */
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { describeHolder, processesHolding } from './device-holders.js';

const GROUP_READ_WRITE = 0o060;
const OTHERS_READ_WRITE = 0o006;
const SHOWN_NAMES = 5;

export async function deviceExposure(devicePath: string): Promise<readonly string[]> {
  const nodes = [devicePath, ...siblingNodes(devicePath)];
  return (await Promise.all(nodes.map(nodeExposure))).flat();
}

/** Returns the other device node of the same TPM. */
export function siblingNodes(devicePath: string): readonly string[] {
  const match = /^(.*\/tpm)(rm)?(\d+)$/.exec(devicePath);
  if (match === null) return [];
  return [match[2] === undefined ? `${match[1]}rm${match[3]}` : `${match[1]}${match[3]}`];
}

async function nodeExposure(path: string): Promise<readonly string[]> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return [];
  const brokerUid = process.geteuid?.() ?? 0;
  const found: string[] = [];
  if (status.uid !== 0 && status.uid !== brokerUid) {
    found.push(`${path} belongs to ${await userName(status.uid)}, who can open it`);
  }
  if ((status.mode & OTHERS_READ_WRITE) !== 0) found.push(`${path} can be opened by every user`);
  if ((status.mode & GROUP_READ_WRITE) !== 0) found.push(...(await groupExposure(path, status.gid, brokerUid)));
  if (await hasAccessControlList(path)) found.push(`${path} has an access control list; see getfacl ${path}`);
  for (const holder of await processesHolding(path)) {
    if (holder.pid !== process.pid) found.push(`${path} is open in ${describeHolder(holder)}`);
  }
  return found;
}

async function groupExposure(path: string, gid: number, brokerUid: number): Promise<readonly string[]> {
  const group = await groupWithMembers(gid);
  if (group === undefined) return [`${path} can be opened by the members of group id ${gid}`];
  const others = group.members.filter((member) => member.uid !== 0 && member.uid !== brokerUid).map(({ name }) => name);
  if (others.length === 0) return [];
  const names = others.slice(0, SHOWN_NAMES).join(', ') + (others.length > SHOWN_NAMES ? ', …' : '');
  return [`${path} can be opened by the members of group ${group.name}: ${names}`];
}

interface Member {
  readonly name: string;
  readonly uid: number;
}

/**
 * Returns the members by /etc/group and by primary group in /etc/passwd; undefined if only another name service knows
 * the group.
 */
async function groupWithMembers(gid: number): Promise<{ name: string; members: readonly Member[] } | undefined> {
  const [groups, users] = await Promise.all([readTable('/etc/group'), readTable('/etc/passwd')]);
  const group = groups.find((fields) => fields[2] === String(gid));
  if (group === undefined) return undefined;
  const listed = new Set((group[3] ?? '').split(',').filter((name) => name !== ''));
  const members = users
    .filter((fields) => fields[3] === String(gid) || listed.has(fields[0] ?? ''))
    .map((fields) => ({ name: fields[0] ?? '', uid: Number(fields[2]) }));
  return { name: group[0] ?? String(gid), members };
}

async function userName(uid: number): Promise<string> {
  const user = (await readTable('/etc/passwd')).find((fields) => fields[2] === String(uid));
  return user?.[0] === undefined ? `user id ${uid}` : `user ${user[0]}`;
}

async function readTable(path: string): Promise<readonly (readonly string[])[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').map((line) => line.split(':'));
}

/** Node.js cannot read access control lists; `ls -l` marks a file that has more than its mode bits with a plus sign. */
function hasAccessControlList(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('ls', ['-ldn', '--', path], { env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' } }, (error, stdout) => {
      resolve(error === null && stdout.charAt(10) === '+');
    });
  });
}
