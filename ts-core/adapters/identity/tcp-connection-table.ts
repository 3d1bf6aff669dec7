/**
 * Finds the owner of the other end of a loopback connection in the kernel's table of TCP connections (/proc/net/tcp and
 * tcp6, proc_net(5)).
 *
 * The relevant row is the client's: its local address is the client's and its remote address the server's. It
 * identifies a user only while it is ESTABLISHED and has an inode; once the process has closed the socket, the row
 * shows user id 0.
 */
import { endianness } from 'node:os';

export interface TcpAddress {
  /** In Node.js' notation: `127.0.0.1`, `::1`, `::ffff:127.0.0.1`. */
  readonly host: string;
  readonly port: number;
}

export interface TcpOwner {
  /** The user who created the client's socket, as an id of the reader's user namespace. */
  readonly uid: number;
  readonly inode: number;
}

const ESTABLISHED = '01';
const LOCAL_FIELD = 1;
const REMOTE_FIELD = 2;
const STATE_FIELD = 3;
const UID_FIELD = 7;
const INODE_FIELD = 9;

/** Returns the owner of the client's end; undefined when the table does not identify one. */
export function ownerInTcpTable(
  table: string,
  family: 'tcp' | 'tcp6',
  client: TcpAddress,
  server: TcpAddress,
): TcpOwner | undefined {
  const clientText = tableAddress(client, family);
  const serverText = tableAddress(server, family);
  if (clientText === undefined || serverText === undefined) return undefined;
  // The two addresses are adjacent, so one text search finds the row without splitting all the others.
  const at = table.indexOf(` ${clientText} ${serverText} ${ESTABLISHED} `);
  if (at < 0) return undefined;
  const begin = table.lastIndexOf('\n', at) + 1;
  const end = table.indexOf('\n', at);
  const fields = table
    .slice(begin, end < 0 ? undefined : end)
    .trim()
    .split(/\s+/);
  if (fields[LOCAL_FIELD] !== clientText || fields[REMOTE_FIELD] !== serverText) return undefined;
  if (fields[STATE_FIELD] !== ESTABLISHED) return undefined;
  const uid = Number(fields[UID_FIELD]);
  const inode = Number(fields[INODE_FIELD]);
  return Number.isInteger(uid) && Number.isInteger(inode) && inode > 0 ? { uid, inode } : undefined;
}

/**
 * Formats an address as the table does, `0100007F:1F90`: each 32-bit word in the machine's byte order, then the port.
 * Undefined when the address does not belong to the family.
 */
function tableAddress({ host, port }: TcpAddress, family: 'tcp' | 'tcp6'): string | undefined {
  const bytes = addressBytes(host);
  if (bytes === undefined) return undefined;
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (family === 'tcp' && !isMapped) return undefined;
  const shown = family === 'tcp' ? bytes.slice(12) : bytes;
  const words: string[] = [];
  for (let offset = 0; offset < shown.length; offset += 4) {
    const word = shown.slice(offset, offset + 4);
    if (endianness() === 'LE') word.reverse();
    words.push(Buffer.from(word).toString('hex').toUpperCase());
  }
  return `${words.join('')}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Returns the 16 bytes of an address; an IPv4 address is mapped to IPv6. */
function addressBytes(host: string): number[] | undefined {
  const [withoutZone = ''] = host.split('%');
  const ipv4 = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(withoutZone);
  if (ipv4 !== null) return [...new Array<number>(10).fill(0), 0xff, 0xff, ...ipv4.slice(1, 5).map(Number)];
  const [head, tail, ...rest] = withoutZone.split('::');
  if (head === undefined || rest.length > 0) return undefined;
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const missing = 8 - before.length - after.length;
  if (missing < 0 || (tail === undefined && missing !== 0)) return undefined;
  const groups = [...before, ...new Array<number>(missing).fill(0), ...after];
  return groups.every((group) => group >= 0 && group <= 0xffff)
    ? groups.flatMap((group) => [group >> 8, group & 0xff])
    : undefined;
}

function groupsOf(text: string): number[] {
  return text === ''
    ? []
    : text.split(':').map((group) => (/^[0-9a-f]{1,4}$/i.test(group) ? Number.parseInt(group, 16) : -1));
}
