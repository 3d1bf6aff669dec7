/** Tests tbsd and tbs without the native addon, as after a clone without the set-up. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { REPOSITORY } from '../support/daemon.js';

describe('a program without its native addon', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tbsd-without-addon-'));
    for (const copied of ['bin', 'build/ts-core', 'package.json', 'native/addon/binding.gyp']) {
      await cp(path.join(REPOSITORY, copied), path.join(folder, copied), { recursive: true });
    }
    await symlink(path.join(REPOSITORY, 'node_modules'), path.join(folder, 'node_modules'));
    await mkdir(path.join(folder, 'run'));
    await writeFile(
      path.join(folder, 'tbsd.json'),
      JSON.stringify({
        stateFolder: path.join(folder, 'state'),
        sockets: { rpc: path.join(folder, 'run', 'rpc.sock') },
      }),
      { mode: 0o600 },
    );
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('tbsd reports in one line which command builds it', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [path.join(folder, 'bin', 'tbsd.js'), '--config', path.join(folder, 'tbsd.json')],
      { encoding: 'utf8' },
    );
    assert.match(stderr, /^tbsd: the native addon is not built: run `npm run build:native` .*\n$/);
    assert.equal(status, 70);
  });

  it('tbs reports it as well, and ends although its connection is open', async () => {
    const socketPath = path.join(folder, 'run', 'listens.sock');
    const server = createServer().listen(socketPath);
    await once(server, 'listening');
    const child = spawn(process.execPath, [path.join(folder, 'bin', 'tbs.js'), 'status', '--socket', socketPath], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 20_000,
    });
    const stderr = text(child.stderr);
    const [status] = await once(child, 'exit');
    server.close();
    assert.match(
      await stderr,
      /^tbs: TBS_E_INTERNAL_ERROR: the native addon is not built: run `npm run build:native` /,
    );
    assert.equal(status, 70);
  });
});
