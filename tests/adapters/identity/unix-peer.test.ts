import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { callerOfDescriptor, callerOfUnixSocket } from '../../../ts-core/adapters/identity/unix-peer.js';
import { readUserNamespace } from '../../../ts-core/adapters/identity/user-namespace.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import type { UnixCallerRules } from '../../../ts-core/domain/unix-caller.js';

const rules: UnixCallerRules = {
  ownUid: process.getuid!(),
  userMode: false,
  administratorsGroupGid: 54321,
  sandboxGroupGid: 54322,
  overflowUid: readUserNamespace().overflowUid,
};

describe('the caller of a Unix socket', () => {
  let directory: string;
  let server: Server;
  let socketPath: string;
  let callers: (Caller | TbsError)[];

  beforeEach((done) => {
    directory = mkdtempSync(path.join(tmpdir(), 'peer-'));
    chmodSync(directory, 0o755);
    socketPath = path.join(directory, 's');
    callers = [];
    server = createServer((socket) => {
      try {
        callers.push(callerOfUnixSocket(socket, rules));
      } catch (error) {
        assert.ok(error instanceof TbsError);
        callers.push(error);
      }
      socket.end();
    });
    server.listen({ path: socketPath, writableAll: true, readableAll: true }, done);
  });
  afterEach((done) => {
    rmSync(directory, { recursive: true });
    server.close(done);
  });

  async function connectAs(uid: number, groups: string): Promise<Caller | TbsError> {
    const child = spawn('python3', ['-c', CLIENT, String(uid), groups, socketPath], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const exit = await new Promise((resolve) => child.on('exit', resolve));
    assert.equal(exit, 0);
    const [caller] = callers;
    assert.ok(caller);
    if (!(caller instanceof TbsError)) assert.equal(caller.processId, child.pid);
    return caller;
  }

  before(function () {
    if (process.getuid!() === 0) return;
    console.log('      not root: other users cannot be played here');
    this.skip();
  });

  it('is root as administrator', async () => {
    const caller = await connectAs(0, '');
    assert.ok(!(caller instanceof TbsError));
    assert.equal(caller.userKey, 'uid:0');
    assert.equal(caller.callerClass, 'administrator');
  });
  it('is another user as standard user', async () => {
    const caller = await connectAs(12345, '');
    assert.ok(!(caller instanceof TbsError));
    assert.equal(caller.userKey, 'uid:12345');
    assert.equal(caller.callerClass, 'standardUser');
  });
  it('is a member of the administrators group as administrator, even with more groups than one system call returns', async () => {
    const many = Array.from({ length: 200 }, (_, index) => 20000 + index);
    const caller = await connectAs(12345, [...many, 54321].join(','));
    assert.ok(!(caller instanceof TbsError));
    assert.equal(caller.callerClass, 'administrator');
  });
  it('is a member of the sandbox group as sandboxed app, even as root', async () => {
    const caller = await connectAs(0, '54321,54322');
    assert.ok(!(caller instanceof TbsError));
    assert.equal(caller.callerClass, 'sandboxedApp');
  });
  it('is refused if it has the overflow user id', async () => {
    const error = await connectAs(rules.overflowUid, '');
    assert.ok(error instanceof TbsError);
    assert.equal(error.symbol, 'TBS_E_ACCESS_DENIED');
    assert.equal(error.details['reason'], 'overflowUid');
  });
  it('is refused if the descriptor is not a Unix socket', () => {
    assert.throws(() => callerOfDescriptor(0x7fffff, rules), { symbol: 'TBS_E_ACCESS_DENIED' });
  });
});

/** Becomes the user inside of the process: the user need not be able to read the interpreter's files. */
const CLIENT = `
import os, socket, sys
uid = int(sys.argv[1])
os.setgroups([int(group) for group in sys.argv[2].split(',') if group])
os.setresgid(uid, uid, uid)
os.setresuid(uid, uid, uid)
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[3])
s.recv(1)
`;
