import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nativeAddon } from '../../../ts-core/adapters/identity/native-addon.js';

describe('the native addon', () => {
  it('returns the boot clock that /proc/uptime shows', () => {
    const seconds = Number(nativeAddon().bootTimeNs()) / 1e9;
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    assert.ok(Math.abs(seconds - uptime) < 1, `${seconds} and ${uptime}`);
  });

  it('knows the longest socket path', () => assert.equal(nativeAddon().unixSocketPathMax, 107));

  it('reports the error of a descriptor that is not a socket', () => {
    const fd = openSync('/dev/null', 'r');
    try {
      assert.throws(() => nativeAddon().peerCredentials(fd), { code: 'ENOTSOCK' });
    } finally {
      closeSync(fd);
    }
    assert.throws(() => nativeAddon().peerCredentials(-1), { code: 'EBADF' });
  });

  for (const [kind, prefix] of [
    ['a path', ''],
    ['an abstract name', '@'],
  ]) {
    it(`sends one datagram to ${kind}`, async () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'datagram-'));
      const name = path.join(directory, 'notify');
      const receiver = spawn('python3', ['-c', RECEIVER, `${prefix}${name}`], { stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        const ended = once(receiver, 'close');
        let output = '';
        receiver.stdout.on('data', (chunk) => {
          output += chunk;
        });
        while (!output.includes('bound\n')) await once(receiver.stdout, 'data');
        nativeAddon().sendDatagram(`${prefix}${name}`, new TextEncoder().encode('READY=1\n'));
        await ended;
        assert.equal(output, 'bound\nREADY=1\n');
      } finally {
        receiver.kill();
        rmSync(directory, { recursive: true });
      }
    });
  }

  it('reports that nobody receives, and that the name is too long', () => {
    const bytes = new Uint8Array(1);
    assert.throws(() => nativeAddon().sendDatagram('/nonexistent/notify', bytes), { code: 'ENOENT' });
    assert.throws(() => nativeAddon().sendDatagram(`/${'x'.repeat(200)}`, bytes), { code: 'ENAMETOOLONG' });
    assert.throws(() => nativeAddon().sendDatagram('', bytes), { code: 'EINVAL' });
  });
});

const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = sys.argv[1]
s.bind('\\0' + name[1:] if name[0] == '@' else name)
print('bound', flush=True)
sys.stdout.write(s.recv(100).decode())
sys.stdout.flush()
`;
