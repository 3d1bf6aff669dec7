// Runs each program of a bundle once, as far as possible without a broker and a TPM, so that it writes its code cache.
//   node write-code-caches.cjs FOLDER
// An installation does this, since V8 accepts only caches that the same build of Node.js wrote.
'use strict';
const { spawnSync } = require('node:child_process');
const { chmodSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

const bundle = path.resolve(process.argv[2] ?? __dirname);
const scratch = mkdtempSync(path.join(tmpdir(), 'tpmtbs-cache-'));
try {
  const configuration = path.join(scratch, 'tbsd.json');
  writeFileSync(configuration, JSON.stringify(brokerWithoutTpm()), { mode: 0o600 });
  run('tbs', ['status', '--socket', path.join(scratch, 'none.sock')]);
  run('tbsd', ['--config', configuration]);
  run('tbs-actions', ['--help']);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** The broker opens its state and its policy, and ends because there is no TPM. */
function brokerWithoutTpm() {
  return {
    stateFolder: path.join(scratch, 'state'),
    sockets: { rpc: path.join(scratch, 'rpc.sock'), wire: path.join(scratch, 'wire.sock') },
    transport: { kind: 'device', device: { paths: [path.join(scratch, 'tpm0')] } },
    policy: { folder: path.join(scratch, 'policy.d') },
    audit: { path: path.join(scratch, 'audit.jsonl') },
    power: { logind: false },
  };
}

function run(program, args) {
  const env = { ...process.env, TPMTBS_WRITE_CODE_CACHE: program };
  const { error } = spawnSync(process.execPath, [...process.execArgv, path.join(bundle, program), ...args], { env });
  if (error !== undefined) throw error;
  // tbsd writes files for its own user alone, and every user may run a broker.
  chmodSync(path.join(bundle, 'cache', program), 0o644);
  requireAccepted(program);
}

/** A cache that V8 passes over costs more than none, and nobody would notice. */
function requireAccepted(program) {
  const env = { ...process.env, TPMTBS_CHECK_CODE_CACHE: program };
  const { status } = spawnSync(process.execPath, [...process.execArgv, path.join(bundle, program)], { env });
  if (status !== 0) throw new Error(`Node.js does not accept the code cache that it wrote for ${program}.`);
}
