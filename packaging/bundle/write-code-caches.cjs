// Runs each program of a bundle once, as far as possible without a broker and a TPM, so that it writes its code cache.
//   node write-code-caches.cjs FOLDER
// An installation does this, since V8 accepts only caches that the same build of Node.js wrote.
'use strict';
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const { chmodSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:net');
const { tmpdir } = require('node:os');
const path = require('node:path');

/** What the stand-in for a broker answers. The cache then contains the functions that read and print an answer. */
const STATUS = {
  version: '0.0.0',
  processId: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  mode: 'system',
  state: 'running',
  health: 'works',
  healthSince: '2026-01-01T00:00:00.000Z',
  tpm: {
    structVersion: 1,
    tpmVersionNumber: 2,
    tpmVersion: '2.0',
    tpmInterfaceType: 0,
    tpmImpRevision: 0,
    manufacturer: 'NONE',
    manufacturerId: 0,
    firmwareVersion: '0.0',
    vendorString: '',
    specification: '2.0',
    maxCommandBytes: 4096,
    maxResponseBytes: 4096,
    transport: 'none',
  },
  standIn: null,
  caller: { userKey: 'uid:0', callerClass: 'administrator', isObserver: false },
  contexts: 0,
  queue: { waiting: 0, inFlight: false, completed: 0, refused: 0, cancelled: 0, estimatedWaitMs: 0 },
  cancellation: 'none',
  costs: [],
  tpmLockout: null,
  warnings: [],
  limits: {
    connections: 0,
    connectionsPerUser: 0,
    messageBytes: 0,
    userMessageBytes: 0,
    bytesPerUser: 0,
    queuedSubmissions: 0,
    queuedSubmissionsPerUser: 0,
    queuedSubmissionsPerContext: 0,
    unreadReplyBytes: 0,
    savedSessionsPerUser: 0,
    eventSubscribers: 0,
  },
  endpoints: [{ kind: 'rpc', address: 'none' }],
};

async function writeCodeCaches(bundle) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'tpmtbs-cache-'));
  const socket = path.join(scratch, 'rpc.sock');
  const broker = createServer((connection) => answerEachCall(connection)).listen(socket);
  try {
    await once(broker, 'listening');
    const configuration = path.join(scratch, 'tbsd.json');
    writeFileSync(configuration, JSON.stringify(brokerWithoutTpm(scratch)), { mode: 0o600 });
    await run(bundle, 'tbs', ['status', '--socket', socket]);
    await run(bundle, 'tbsd', ['--config', configuration]);
    await run(bundle, 'tbs-actions', ['--help']);
  } finally {
    broker.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function answerEachCall(connection) {
  connection.setEncoding('utf8').on('error', () => connection.destroy());
  connection.on('data', (request) => {
    const [, id] = /"id":(\d+)/.exec(request) ?? [];
    const answer = JSON.stringify({ jsonrpc: '2.0', id: Number(id), result: STATUS });
    connection.write(`Content-Length: ${answer.length}\r\n\r\n${answer}`);
  });
}

/** The broker opens its state and its policy, and ends because there is no TPM. */
function brokerWithoutTpm(scratch) {
  return {
    stateFolder: path.join(scratch, 'state'),
    sockets: { rpc: path.join(scratch, 'own-rpc.sock'), wire: path.join(scratch, 'wire.sock') },
    transport: { kind: 'device', device: { paths: [path.join(scratch, 'tpm0')] } },
    policy: { folder: path.join(scratch, 'policy.d') },
    audit: { path: path.join(scratch, 'audit.jsonl') },
    power: { logind: false },
  };
}

async function run(bundle, program, args) {
  const env = { ...process.env, TPMTBS_WRITE_CODE_CACHE: program };
  const child = spawn(process.execPath, [...process.execArgv, path.join(bundle, program), ...args], {
    env,
    stdio: 'ignore',
  });
  await once(child, 'exit');
  // tbsd writes files for its own user alone, and every user may run a broker.
  chmodSync(path.join(bundle, 'cache', program), 0o644);
  requireAccepted(bundle, program);
}

/** A cache that V8 passes over costs more than none, and nobody would notice. */
function requireAccepted(bundle, program) {
  const env = { ...process.env, TPMTBS_CHECK_CODE_CACHE: program };
  const { status } = spawnSync(process.execPath, [...process.execArgv, path.join(bundle, program)], { env });
  if (status !== 0) throw new Error(`Node.js does not accept the code cache that it wrote for ${program}.`);
}

module.exports = { STATUS };
if (require.main === module) {
  writeCodeCaches(path.resolve(process.argv[2] ?? __dirname)).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
