import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { endianness } from 'node:os';
import { simulatorPeerIdentifier } from '../../../ts-core/adapters/identity/simulator-peer.js';
import { ownerInTcpTable } from '../../../ts-core/adapters/identity/tcp-connection-table.js';
import { callerOfTcpSocket } from '../../../ts-core/adapters/identity/tcp-peer.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import type { UnixCallerRules } from '../../../ts-core/domain/unix-caller.js';

const RULES: UnixCallerRules = { ownUid: 990, userMode: false, overflowUid: 65534 };

/** Rows in the format of Linux 6. */
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0911 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 8001 1 0000000000000000 100 0 0 10 0
   1: 0100007F:C001 0100007F:0911 01 00000000:00000000 00:00000000 00000000  1000        0 8002 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:0911 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 8003 1 0000000000000000 20 4 30 10 -1
   3: 0100007F:C002 0100007F:0911 06 00000000:00000000 03:00000176 00000000     0        0 0 3 0000000000000000
   4: 0100007F:C003 0100007F:0911 05 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000
   5: 0100007F:C004 0100007F:0911 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:C001 00000000000000000000000001000000:0911 01 00000000:00000000 00:00000000 00000000  1001        0 9001 1 0000000000000000 20 4 30 10 -1
   1: 0000000000000000FFFF00000100007F:C005 0000000000000000FFFF00000100007F:0911 01 00000000:00000000 00:00000000 00000000  1002        0 9002 1 0000000000000000 20 4 30 10 -1
`;
const SERVER = { host: '127.0.0.1', port: 0x0911 };
const client = (port: number, host = '127.0.0.1') => ({ host, port });

describe('the owner of a TCP connection', () => {
  before(function () {
    if (endianness() !== 'LE') this.skip(); // the fixtures show addresses as a little-endian kernel prints them
  });

  it('is in the client’s row, not in the server’s', () => {
    assert.deepEqual(ownerInTcpTable(TCP, 'tcp', client(0xc001), SERVER), { uid: 1000, inode: 8002 });
    assert.equal(ownerInTcpTable(TCP, 'tcp', client(0xc009), SERVER), undefined);
  });

  it('is unknown from rows of closed sockets, which show user id 0', () => {
    for (const port of [0xc002, 0xc003, 0xc004]) {
      assert.equal(ownerInTcpTable(TCP, 'tcp', client(port), SERVER), undefined);
    }
  });

  it('is found for IPv6, and for IPv4 that the client speaks through an IPv6 socket', () => {
    const server6 = { host: '::1', port: 0x0911 };
    assert.deepEqual(ownerInTcpTable(TCP6, 'tcp6', client(0xc001, '::1'), server6), { uid: 1001, inode: 9001 });
    assert.deepEqual(ownerInTcpTable(TCP6, 'tcp6', client(0xc005), SERVER), { uid: 1002, inode: 9002 });
    const mapped = client(0xc001, '::ffff:127.0.0.1');
    assert.deepEqual(ownerInTcpTable(TCP, 'tcp', mapped, { host: '::ffff:127.0.0.1', port: 0x0911 }), {
      uid: 1000,
      inode: 8002,
    });
  });

  it('is undefined for invalid addresses', () => {
    for (const host of ['', 'localhost', '::1::', '1.2.3', ':::', '12345::1']) {
      assert.equal(ownerInTcpTable(TCP6, 'tcp6', client(0xc001, host), SERVER), undefined);
    }
  });
});

describe('the caller at the other end of a TCP connection', () => {
  let server: Server;
  let accepted: Promise<Socket>;
  let port: number;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    server = createServer({ pauseOnConnect: true });
    accepted = new Promise((resolve) => server.once('connection', resolve));
    port = await new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  const connected = async () => {
    sockets.push(connect(port, '127.0.0.1'));
    const socket = await accepted;
    sockets.push(socket);
    return socket;
  };

  it('is the user whose process connected, and that process', async () => {
    const identify = simulatorPeerIdentifier(RULES);
    const peer = await identify(await connected());
    assert.equal(peer.caller.userKey, `uid:${process.getuid?.()}`);
    assert.equal(peer.caller.processId, process.pid);
    assert.equal(await peer.process?.hasEnded(), false);
  });

  it('is another user when another user connects', async function () {
    if (process.getuid?.() !== 0) return this.skip(); // only root can become another user
    const script = 'require("net").connect(+process.argv[1], "127.0.0.1"); setTimeout(() => {}, 60000)';
    const other = spawn('setpriv', [
      '--reuid=12345',
      '--regid=12345',
      '--clear-groups',
      '--',
      process.execPath,
      '-e',
      script,
      String(port),
    ]);
    const socket = await accepted;
    sockets.push(socket);
    const peer = await simulatorPeerIdentifier(RULES)(socket);
    assert.deepEqual(peer.caller, { userKey: 'uid:12345', callerClass: 'standardUser', processId: other.pid });
    const gone = new Promise((resolve) => other.once('exit', resolve));
    other.kill('SIGKILL');
    await gone;
    assert.equal(await peer.process?.hasEnded(), true);
    await assert.rejects(
      callerOfTcpSocket(socket, RULES),
      isAccessDenied,
      'a moment after closing nobody is vouched for',
    );
  });

  it('is refused after the client has closed', async () => {
    const socket = await connected();
    sockets[0]?.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await assert.rejects(callerOfTcpSocket(socket, RULES), isAccessDenied);
  });

  it('is no administrator by group, and counts as a sandboxed app if it might be one', async () => {
    const socket = await connected();
    const uid = process.getuid?.() ?? 0;
    const plain = await callerOfTcpSocket(socket, { ...RULES, administratorsGroupGid: process.getgid?.() ?? 0 });
    assert.equal(plain.caller.callerClass, uid === 0 ? 'administrator' : 'standardUser');
    const sandboxed = await callerOfTcpSocket(socket, { ...RULES, sandboxGroupGid: 4711 });
    assert.equal(sandboxed.caller.callerClass, 'sandboxedApp');
  });

  it('is refused if it has the overflow user id', async () => {
    const rules = { ...RULES, overflowUid: process.getuid?.() ?? 0 };
    await assert.rejects(callerOfTcpSocket(await connected(), rules), isAccessDenied);
  });
});

function isAccessDenied(error: unknown): boolean {
  return error instanceof TbsError && error.symbol === 'TBS_E_ACCESS_DENIED';
}
