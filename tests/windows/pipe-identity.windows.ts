import assert from 'node:assert/strict';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connectToPipe } from '../../ts-core/adapters/identity/pipe-client.js';
import { PipeInUseError } from '../../ts-core/adapters/identity/pipe-listener.js';
import { WindowsUserNames } from '../../ts-core/adapters/identity/windows-account-names.js';
import { addon, ownSid, runNode, type ServedPipe, servePipe } from './pipe-rig.js';

const CLIENT = fileURLToPath(new URL('pipe-client-process.js', import.meta.url));

describe('a named pipe', () => {
  let pipe: ServedPipe;
  afterEach(() => pipe.close());

  it('identifies an elevated administrator by the token', async () => {
    pipe = servePipe();
    const client = await connectToPipe(pipe.name, addon);
    client.write('first bytes');
    const { socket, caller, firstBytes } = await pipe.next();
    assert.deepEqual(caller, { userKey: `sid:${ownSid}`, callerClass: 'administrator', processId: process.pid });
    assert.equal(await firstBytes, 'first bytes', 'the bytes read to identify the caller are not lost');
    client.destroy();
    await once(socket, 'close');
  });

  it('identifies a program without administrators’ rights as a standard user, and its process', async () => {
    pipe = servePipe();
    const ended = runNode([CLIENT, pipe.name, 'hello'], 'standardUser');
    const { socket, caller } = await pipe.next();
    assert.equal(caller.callerClass, 'standardUser');
    assert.equal(caller.userKey, `sid:${ownSid}`);
    assert.notEqual(caller.processId, process.pid);
    socket.write('welcome');
    assert.deepEqual(await ended, { code: 0, output: '' });
  });

  it('counts members of the configured groups as administrators and as sandboxed apps, sandboxed first', async () => {
    const users = 'S-1-5-32-545';
    const rules = { ownSid, userMode: false, administratorsGroupSid: users, sandboxGroupSid: undefined };
    pipe = servePipe({ rules });
    const asAdministrator = runNode([CLIENT, pipe.name, 'hello'], 'standardUser');
    const first = await pipe.next();
    assert.equal(first.caller.callerClass, 'administrator');
    first.socket.write('welcome');
    await asAdministrator;
    pipe.close();

    pipe = servePipe({ rules: { ...rules, sandboxGroupSid: users } });
    const asApp = runNode([CLIENT, pipe.name, 'hello']);
    const second = await pipe.next();
    assert.equal(second.caller.callerClass, 'sandboxedApp');
    second.socket.write('welcome');
    await asApp;
  });

  it('cannot be created a second time while it is served', () => {
    pipe = servePipe();
    assert.throws(() => servePipe({}, pipe.name), PipeInUseError);
  });

  it('transfers a megabyte in each direction, complete and in order', async () => {
    pipe = servePipe({}, undefined, (socket) => void socket.pipe(socket));
    const client = await connectToPipe(pipe.name, addon);
    const sent = Buffer.alloc(1_048_576, 0).map((_, index) => (index * 31) & 0xff);
    client.write(sent);
    const { socket } = await pipe.next();
    const received: Buffer[] = [];
    let length = 0;
    for await (const chunk of client) {
      received.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length >= sent.length) break;
    }
    assert.ok(Buffer.concat(received).equals(sent));
    socket.destroy();
  });

  it('serves 32 clients that connect at once', async () => {
    pipe = servePipe();
    const clients = await Promise.all(
      Array.from({ length: 32 }, async (_, index) => {
        const client = await connectToPipe(pipe.name, addon);
        client.write(`client ${index}`);
        return client;
      }),
    );
    const heard = new Set<string>();
    for (let left = clients.length; left > 0; left--) {
      const { socket, firstBytes } = await pipe.next();
      heard.add(await firstBytes);
      socket.destroy();
    }
    assert.equal(heard.size, 32);
    for (const client of clients) client.destroy();
  });

  it('closes connections that send nothing in time, and serves others meanwhile', async () => {
    pipe = servePipe({ silenceMs: 1500 });
    const silent = await connectToPipe(pipe.name, addon);
    silent.resume();
    const closed = once(silent, 'close');
    const client = await connectToPipe(pipe.name, addon);
    client.write('hello');
    const { socket } = await pipe.next();
    assert.equal(pipe.refusals.length, 0);
    await closed;
    assert.match(String(pipe.refusals[0]?.message), /said nothing for 1500 ms/);
    socket.destroy();
    client.destroy();
  });

  it('limits the silent connections of one user', async () => {
    pipe = servePipe();
    const silent = [];
    for (let count = 0; count < 70; count++) silent.push(await connectToPipe(pipe.name, addon));
    while (pipe.refusals.length < 6) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.match(String(pipe.refusals[0]?.message), /64 connections/);
    for (const socket of silent) socket.destroy();
  });

  it('notices immediately that a client was killed', async () => {
    pipe = servePipe();
    const ended = runNode([CLIENT, pipe.name, 'killed']);
    const { socket } = await pipe.next();
    socket.resume();
    await once(socket, 'close');
    await ended;
  });

  it('belongs to the administrators, so that clients can distinguish it from another user’s', async () => {
    pipe = servePipe();
    const client = await connectToPipe(pipe.name, addon);
    const stranger = { ...addon, openPipe: addon.openPipe, pipeOwner: () => 'S-1-5-21-1-2-3-1001' };
    await assert.rejects(connectToPipe(pipe.name, stranger), /belongs to S-1-5-21-1-2-3-1001/);
    client.destroy();
  });
});

describe('names of Windows accounts', () => {
  const names = new WindowsUserNames(addon);

  it('map from a key to a name and back', async () => {
    const known = await names.namesOf(['sid:S-1-5-18', `sid:${ownSid}`, 'uid:0']);
    assert.equal(known.get('sid:S-1-5-18'), 'NT AUTHORITY\\SYSTEM');
    const own = known.get(`sid:${ownSid}`);
    assert.ok(own !== undefined);
    assert.equal(names.keyOf(own), `sid:${ownSid}`);
    assert.equal(names.keyOf('no such user here'), undefined);
    assert.equal(known.size, 2);
  });
});
