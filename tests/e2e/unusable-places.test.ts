/**
 * Tests a real tbsd whose folders, files and sockets are in each other's way: it prints one clear line and no stack
 * trace, and ends with an exit code.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NODE, TBSD } from '../support/programs.js';
import { readableRepository } from '../support/readable-repository.js';

const isRoot = process.getuid?.() === 0;
const OTHER_USER = ['--reuid=12345', '--regid=12345', '--clear-groups', '--'];

describe('a broker whose files and folders cannot be used', function () {
  this.timeout(60_000);
  let folder: string;
  const at = (...names: string[]) => join(folder, ...names);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tbsd-places-'));
    writeFileSync(at('file'), '');
    mkdirSync(at('folder'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function configure(settings: object): string {
    const configuration = {
      stateFolder: at('state'),
      sockets: { rpc: at('rpc.sock'), wire: at('wire.sock') },
      transport: { kind: 'embedded', embedded: { stateFolder: at('tpm') } },
      policy: { folder: at('policy.d') },
      audit: { path: at('audit.jsonl') },
      power: { logind: false },
      ...settings,
    };
    writeFileSync(at('tbsd.json'), JSON.stringify(configuration), { mode: 0o600 });
    return at('tbsd.json');
  }

  function refused(settings: object): { status: number | null; line: string } {
    const tbsd = [TBSD, '--config', configure(settings)];
    return lineOf(spawnSync(NODE, tbsd, { encoding: 'utf8', timeout: 20_000 }));
  }

  /** Returns what tbsd prints, which must be one line beside the lines of its log, and so no stack trace. */
  function lineOf({ status, stderr }: { status: number | null; stderr: string }) {
    const said = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
    assert.equal(said.length, 1, stderr);
    return { status, line: said[0] as string };
  }

  it('names the setting and the folder if a file is in the way', () => {
    const inTheWay: [string, object][] = [
      ['sockets.rpc', { sockets: { rpc: at('file', 'rpc.sock'), wire: at('wire.sock') } }],
      ['sockets.wire', { sockets: { rpc: at('rpc.sock'), wire: at('file', 'deeper', 'wire.sock') } }],
      ['stateFolder', { stateFolder: at('file') }],
      ['stateFolder', { stateFolder: at('file', 'state') }],
      ['log.path', { log: { path: at('file', 'tbsd.log') } }],
      ['simulator', { simulator: { bare: `unix:${at('file', 'bare.sock')}` } }],
    ];
    for (const [setting, settings] of inTheWay) {
      const { status, line } = refused(settings);
      assert.ok(line.startsWith(`tbsd: ${setting}: cannot use the folder ${at('file')}`), line);
      assert.match(line, /it, or a folder above it, is a file\. /);
      assert.equal(status, 74, line);
    }
  });

  it('names the path if something other than a file or socket is there', () => {
    assert.deepEqual(refused({ sockets: { rpc: at('folder'), wire: at('wire.sock') } }), {
      status: 73,
      line: `tbsd: ${at('folder')} exists and is not a socket: remove it, or use another path`,
    });
    const log = refused({ log: { path: at('folder') } });
    assert.match(log.line, /^tbsd: EISDIR: .*\/folder'$/);
    assert.equal(log.status, 74);
  });

  it('names its own record that cannot be read, and the reason', () => {
    for (const name of ['records.mdb', 'owner.lock']) {
      rmSync(at('state'), { recursive: true, force: true });
      mkdirSync(at('state', name), { recursive: true, mode: 0o700 });
      const { status, line } = refused({});
      assert.match(line, /^tbsd: TBS_E_INTERNAL_ERROR: .*\(EISDIR: /);
      assert.equal(status, 74, line);
    }
  });

  it('does not wait forever if the kernel cannot create folders', () => {
    const { status, line } = refused({ sockets: { rpc: '/proc/tpmtbs/rpc.sock', wire: at('wire.sock') } });
    assert.match(line, /^tbsd: sockets\.rpc: cannot use the folder \/proc\/tpmtbs: nothing can be created there\. /);
    assert.equal(status, 74);
  });

  it('refuses a socket path that is too long for the kernel', () => {
    const { status, line } = refused({ sockets: { rpc: at('x'.repeat(108)), wire: at('wire.sock') } });
    assert.match(line, /sockets\.rpc: longer than the 107 bytes that a socket's path may have$/);
    assert.equal(status, 78);
  });

  it('reports that a file system is read-only', function () {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=1m', 'tmpfs', at('folder')]);
    if (mounted.status !== 0) this.skip(); // needs the right to mount
    try {
      const { status, line } = refused({ stateFolder: at('folder', 'state') });
      assert.match(line, /^tbsd: stateFolder: .*its file system is read-only\. /);
      assert.equal(status, 74);
    } finally {
      spawnSync('umount', [at('folder')]);
    }
  });

  it('reports that a permission is missing', function () {
    if (!isRoot) return this.skip(); // needs a second user
    chmodSync(folder, 0o755);
    const repository = readableRepository();
    const environment = { HOME: at('folder'), XDG_RUNTIME_DIR: at('folder', 'run'), PATH: process.env['PATH'] };
    const tbsd = [...OTHER_USER, process.execPath, join(repository, 'bin', 'tbsd.js')];
    const { status, line } = lineOf(
      spawnSync('setpriv', tbsd, { encoding: 'utf8', timeout: 20_000, env: environment }),
    );
    assert.match(line, /^tbsd: stateFolder: .*the permission is missing\. Give it to the user who runs tbsd, /);
    assert.equal(status, 77);
  });
});
