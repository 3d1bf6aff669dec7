/** Tests programs in containers: in user namespaces like those of rootless containers, and in podman where it runs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readUserNamespace } from '../../ts-core/adapters/identity/user-namespace.js';
import { ALICE, canBecomeOthers, connectAs, type TestUser } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { NativeClients, type ProgramResult } from '../support/native-clients.js';
import { readableRepository } from '../support/readable-repository.js';

const NOBODY: TestUser = { uid: 65534, gid: 65534 };
const LOG_ERRORS = { TSS2_LOG: 'tcti+error' };

describe('containers', function () {
  this.timeout(60_000);
  let clients: NativeClients;
  let daemon: TestDaemon;
  let tbs: string;

  before(async function () {
    this.timeout(600_000);
    if (!canBecomeOthers()) this.skip();
    clients = await NativeClients.install();
    daemon = await TestDaemon.start();
    tbs = `${process.execPath} ${join(readableRepository(), 'bin', 'tbs.js')}`;
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    await clients?.[Symbol.asyncDispose]();
  });

  /** Runs a shell line as Alice in her own user namespace, where she is root and no other user of the host exists. */
  function inUserNamespace(line: string, env: NodeJS.ProcessEnv = {}): Promise<ProgramResult> {
    const args = ['-U', '-r', '-m', 'bash', '-e', '-c', line];
    return clients.run(daemon.wireSocket, 'unshare', args, { user: ALICE, env: { ...LOG_ERRORS, ...env } });
  }

  /** Returns lines that mount the broker's folder at the system's path, as it appears in a rootless container. */
  function mountedAtSystemPath(modeOfRun: string): string {
    return `
      mount -t tmpfs -o mode=${modeOfRun} none /run
      mkdir /run/tpmtbs
      mount --bind ${join(daemon.folder, 'run')} /run/tpmtbs
      unset TPMTBS_WIRE_SOCKET`;
  }

  it('explain why they do not trust the host’s broker at another path', async () => {
    const { status, stderr } = await inUserNamespace('tpm2_getrandom 4');
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^ERROR:tcti:.* cannot connect to the TpmTbs broker: the folder .* belongs to user 65534, which in this user namespace/m,
    );
    assert.match(stderr, /set TPMTBS_BROKER_UID=65534, or have its socket at \/run\/tpmtbs\/wire\.sock/);
  });

  it('connect to it if TPMTBS_BROKER_UID or the TCTI’s configuration names its user', async () => {
    assert.equal((await inUserNamespace('tpm2_getrandom 4', { TPMTBS_BROKER_UID: '65534' })).status, 0);
    assert.equal((await inUserNamespace('tpm2_getrandom -T tbs:broker-uid=65534 4')).status, 0);
    assert.equal((await inUserNamespace('tpm2_getrandom 4', { TPMTBS_BROKER_UID: '1234' })).status, 1);
  });

  it('connect to it at the system’s path without a setting, since only whoever set up the container can have put it there', async () => {
    const { status, stderr } = await inUserNamespace(`${mountedAtSystemPath('755')}\ntpm2_getrandom 4`);
    assert.equal(status, 0, stderr);
  });

  it('do not trust the system’s path if everybody in the container can create it', async () => {
    for (const program of ['tpm2_getrandom 4', `${tbs} status`]) {
      const { status, stderr } = await inUserNamespace(`${mountedAtSystemPath('1777')}\n${program}`);
      assert.equal(status, 1);
      assert.match(stderr, /belongs to user 65534/);
    }
  });

  it('have the identity of the host’s user who started them, and are no administrators even as root', async () => {
    const lines = `${mountedAtSystemPath('755')}\nid -u\n${tbs} status`;
    const { status, stdout, stderr } = await inUserNamespace(lines);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^0\n/);
    assert.match(stdout, /^You\tuid:61001, standardUser$/m);
  });

  it('of several users count as sandboxed apps of the user who owns the ids', async () => {
    const own = await TestDaemon.start({ node: nodeWithSubordinateIds(`${ALICE.uid}:100000:65536`) });
    try {
      for (const uid of [100_000, 165_535]) {
        const client = await connectAs({ uid, gid: uid }, own.rpcSocket);
        const { caller } = await client.call<{ caller: object }>('status/get');
        assert.deepEqual(caller, { userKey: 'uid:61001', callerClass: 'sandboxedApp', isObserver: false });
        client.close();
      }
    } finally {
      await own[Symbol.asyncDispose]();
    }
  });

  /** Returns a program that runs Node.js on a machine whose /etc/subuid contains the line. */
  function nodeWithSubordinateIds(line: string): string {
    const etc = join(clients.workFolder, 'etc');
    cpSync('/etc', etc, { recursive: true, verbatimSymlinks: true });
    writeFileSync(join(etc, 'subuid'), `${line}\n`);
    const path = join(clients.workFolder, 'node-with-subordinate-ids');
    const script = `mount --bind ${etc} /etc && exec ${process.execPath} "$@"`;
    writeFileSync(path, `#!/bin/sh\nexec unshare -m sh -c '${script}' sh "$@"\n`, { mode: 0o755 });
    return path;
  }

  describe('and the user nobody', () => {
    it('is refused with the reason unless overflowUser names it', async () => {
      const { status, stderr } = await clients.run(daemon.wireSocket, 'tpm2_getrandom', ['4'], {
        user: NOBODY,
        env: LOG_ERRORS,
      });
      assert.equal(status, 1);
      assert.match(
        stderr,
        /the broker refuses this user: the kernel reports the overflow user id \(overflowUser in tbsd\.json\)/,
      );
    });

    it('is an ordinary user with that id if overflowUser names it', async function () {
      if (!readUserNamespace().mapsEveryUser) this.skip();
      const own = await TestDaemon.start({ configuration: { overflowUser: 'nobody', administratorsGroup: 61990 } });
      try {
        assert.equal((await clients.run(own.wireSocket, 'tpm2_getrandom', ['4'], { user: NOBODY })).status, 0);
        const client = await connectAs({ ...NOBODY, groups: [61990] }, own.rpcSocket);
        const { caller } = await client.call<{ caller: object }>('status/get');
        assert.deepEqual(caller, { userKey: 'uid:65534', callerClass: 'standardUser', isObserver: false });
        client.close();
      } finally {
        await own[Symbol.asyncDispose]();
      }
    });

    it('cannot be mapped to another user where it is an ordinary user itself', async function () {
      if (!readUserNamespace().mapsEveryUser) this.skip();
      await assert.rejects(TestDaemon.start({ configuration: { overflowUser: 'root' } }), /overflowUser names root/);
      await assert.rejects(TestDaemon.start({ configuration: { overflowUser: 61001 } }), /Set overflowUser to 65534/);
    });
  });

  describe('with podman, without root', () => {
    let base: string;
    before(() => {
      base = join(clients.workFolder, 'podman');
      // A root file system of the machine's own programs: no image is needed.
      for (const name of ['usr', 'proc', 'sys', 'dev', 'tmp', 'etc', 'var', 'run/tpmtbs', 'run/elsewhere', 'clients']) {
        mkdirSync(join(base, 'root', name), { recursive: true });
      }
      for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(base, 'root', name));
      for (const name of ['home', 'runtime']) mkdirSync(join(base, name), { mode: 0o700 });
      spawnSync('chown', ['-R', `${ALICE.uid}:${ALICE.gid}`, base]);
    });
    after(() => {
      // The process that holds podman's namespaces, if podman has created them.
      const pidFile = join(base, 'runtime', 'libpod', 'tmp', 'pause.pid');
      const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
      if (pid > 0) process.kill(pid);
    });

    /**
     * Runs lines in Alice's container. Podman runs in a mount namespace of its own, where Alice has an account and
     * only cgroups of version 2 are mounted, since its runtime does not support machines that have both versions.
     */
    function podman(options: readonly string[], lines: string) {
      const script = `
        mountpoint -q /sys/fs/cgroup/unified && umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup
        (cat /etc/passwd; echo 'alice:x:${ALICE.uid}:${ALICE.gid}::${base}/home:/bin/sh') > ${base}/passwd
        mount --bind ${base}/passwd /etc/passwd
        export HOME=${base}/home XDG_RUNTIME_DIR=${base}/runtime
        cd ${base}
        exec setpriv --reuid ${ALICE.uid} --regid ${ALICE.gid} --clear-groups podman --cgroup-manager cgroupfs "$@"`;
      const env = ['LD_LIBRARY_PATH=/clients', 'TPM2TOOLS_TCTI=tbs', 'TSS2_LOG=tcti+error'];
      const args = [
        ...[
          'run',
          '--rm',
          '--network=none',
          '--cgroups=disabled',
          '--ulimit=nofile=1024:1024',
          '--ulimit=nproc=999:999',
        ],
        ...['-v', '/usr:/usr:ro', '-v', `${clients.libraryFolder}:/clients:ro`],
        ...env.flatMap((each) => ['-e', each]),
        ...options,
        ...['--rootfs', join(base, 'root'), '/bin/sh', '-c', `echo started as user $(id -u); ${lines}`],
      ];
      return spawnSync('unshare', ['-m', 'bash', '-c', script, 'bash', ...args], { encoding: 'utf8', timeout: 55_000 });
    }

    it('connect to the broker through its folder: at the same path, or elsewhere with TPMTBS_BROKER_UID', function () {
      const folder = join(daemon.folder, 'run');
      const { status, stdout, stderr } = podman(
        ['-v', `${folder}:/run/tpmtbs`, '-v', `${folder}:/run/elsewhere`],
        `tpm2_getrandom --hex 4; echo
        export TPMTBS_WIRE_SOCKET=/run/elsewhere/wire.sock
        tpm2_getrandom --hex 4 || echo refused
        TPMTBS_BROKER_UID=65534 tpm2_getrandom --hex 4`,
      );
      if (!stdout.startsWith('started as user 0')) {
        console.log(`      podman cannot run a container here: ${stderr.trim().split('\n').at(-1)}`);
        this.skip();
      }
      assert.match(stdout, /^started as user 0\n[0-9a-f]{8}\nrefused\n[0-9a-f]{8}$/, stderr);
      assert.match(stderr, /set TPMTBS_BROKER_UID=65534, or have its socket at \/run\/tpmtbs\/wire\.sock/);
      assert.equal(status, 0);
    });
  });
});
