// Runs each program of a bundle once, as far as it goes without a broker and a TPM, so that it writes its code cache.
//   node write-code-caches.cjs FOLDER
// An installation does this, since V8 reads only what this very Node.js wrote.
'use strict';
const { spawnSync } = require('node:child_process');
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
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

/** It opens its state and its policy, and ends where the TPM is missing. */
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
}
