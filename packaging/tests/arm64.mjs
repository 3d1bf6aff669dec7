// Unpacks the packages for arm64 and runs them under qemu-user: the broker with a software TPM of this machine, `tbs`, and
// a C program that is built against libtpmtbs-dev.
//   node packaging/tests/arm64.mjs      after `npm run package -- --snapshot --architecture arm64`
// Not shown: installation by dpkg, and anything that needs a kernel for arm64.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  brokerIn,
  check,
  expect,
  finish,
  missingProgram,
  newestInDist,
  root,
  run,
  skipIf,
  stop,
  until,
} from './checks.mjs';

const PACKAGES = ['tpmtbs-node_', 'tpmtbs_', 'libtpmtbs0_', 'libtss2-tcti-tbs0_', 'libtpmtbs-dev_'];
/** Debian's cross compiler brings the C and C++ libraries of arm64. */
const QEMU = ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu'];

const files = PACKAGES.map((start) => newestInDist(start, '_arm64.deb'));
skipIf(
  missingProgram('qemu-aarch64-static', 'aarch64-linux-gnu-g++', 'dpkg-deb', 'swtpm') ??
    (files.includes(undefined) ? 'there are no packages for arm64 in dist: run `npm run package` first' : undefined),
);

const scratch = mkdtempSync(path.join(tmpdir(), 'tpmtbs-arm64-'));
const unpacked = path.join(scratch, 'packages');
const configuration = brokerIn(scratch);
const usr = (place) => path.join(unpacked, 'usr', place);
const node = [...QEMU, usr('lib/tpmtbs-node/bin/node')];
let broker;
try {
  for (const file of files) run('dpkg-deb', ['-x', file, unpacked]);
  await check('the broker serves commands of a TPM', async () => {
    const file = path.join(scratch, 'tbsd.json');
    writeFileSync(file, JSON.stringify(configuration), { mode: 0o600 });
    broker = spawn(node[0], [...node.slice(1), usr('lib/tpmtbs/tbsd'), '--config', file], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await until(() => existsSync(configuration.sockets.rpc), broker);
    const submitted = tbs('submit', '80010000000c0000017b0008');
    expect(submitted, /TPM_RC_SUCCESS/);
  });
  await check('tbs reports its version and the broker', () => {
    expect(tbs('--version'), /^\d+\.\d+\.\d+\n$/);
    expect(tbs('status'), /TPM\t2\.0/);
  });
  await check('a C program that was built with libtpmtbs-dev reaches the TPM', () => {
    const program = path.join(scratch, 'windows_program');
    const libraries = usr('lib/aarch64-linux-gnu');
    run('aarch64-linux-gnu-gcc', [
      ...['-o', program, path.join(root, 'native/tests/windows_program.c'), '-Wno-unknown-pragmas'],
      ...[`-I${usr('include/tpmtbs')}`, `-L${libraries}`, '-ltbs'],
    ]);
    const env = { ...process.env, TPMTBS_WIRE_SOCKET: configuration.sockets.wire };
    const output = run(QEMU[0], [...QEMU.slice(1), '-E', `LD_LIBRARY_PATH=${libraries}`, program], { env });
    expect(output, /TPM version: 2\nrandom:( [0-9A-F]{2}){8}\n/);
  });
} finally {
  if (broker !== undefined) await stop(broker);
  rmSync(scratch, { recursive: true, force: true });
}
finish();

function tbs(...args) {
  const program = [...node.slice(1), usr('lib/tpmtbs/tbs')];
  return run(node[0], [...program, ...args, '--socket', configuration.sockets.rpc]);
}
