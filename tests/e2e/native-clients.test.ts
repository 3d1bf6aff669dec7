/** Tests the C libraries with a real broker and TPM: tpm2-tools over the TCTI, programs for Tbs.h over libtbs. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TBS_RESULTS } from '../../ts-core/domain/tbs-error.js';
import { toHex } from '../../ts-core/domain/tpm/byte-fields.js';
import { RESOURCE_MANAGER_LAYER, TPM_RC } from '../../ts-core/domain/tpm20/codes.js';
import { refusal } from '../../ts-core/domain/tpm20/responses.js';
import { GET_RANDOM_8 } from '../endpoints/wire/wire-client.js';
import { ALICE, canBecomeOthers, type TestUser } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { NativeClients } from '../support/native-clients.js';
import { createPrimaryRsa } from '../support/tpm20-commands.js';
import { WireClient } from '../support/wire-client.js';

/** Takes long at the TPM. */
const CREATE_RSA_KEY = createPrimaryRsa(1);

describe('native clients', function () {
  this.timeout(60_000);
  let clients: NativeClients;
  let daemon: TestDaemon;

  before(async function () {
    this.timeout(600_000);
    clients = await NativeClients.install();
    daemon = await TestDaemon.start();
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    await clients?.[Symbol.asyncDispose]();
  });

  /** Runs a shell line of tpm2-tools as a user writes it; fails with its output if it ends with another exit code. */
  async function shell(script: string, expected = 0, user?: TestUser): Promise<{ stdout: string; stderr: string }> {
    const result = await clients.run(daemon.wireSocket, 'bash', ['-e', '-c', script], { ...(user && { user }) });
    assert.equal(result.status, expected, `${script}\n${result.stdout}\n${result.stderr}`);
    return result;
  }

  it('are found by tctildr as "tbs", with the socket from the environment or from the configuration', async () => {
    assert.match((await shell('tpm2_getrandom --hex 8')).stdout, /^[0-9a-f]{16}$/);
    const conf = `tbs:socket=${daemon.wireSocket},priority=high,locality=0`;
    assert.match((await shell(`unset TPMTBS_WIRE_SOCKET; tpm2_getrandom -T ${conf} --hex 4`)).stdout, /^[0-9a-f]{8}$/);
    await shell('tpm2_getrandom -T tbs:priority=urgent 4', 1);
  });

  it('give up on a broker whose process is stopped, and report it', async () => {
    process.kill(daemon.processId, 'SIGSTOP');
    try {
      const { stderr } = await shell('TSS2_LOG=tcti+error TPMTBS_BROKER_TIMEOUT=0.5 tpm2_getrandom 4', 1);
      assert.match(stderr, /^ERROR:tcti:tcti_tbs\.c:\d+:open_wire\(\) .* no sign of life for 0\.500 seconds$/m);
    } finally {
      process.kill(daemon.processId, 'SIGCONT');
    }
  });

  it('wait for a key whose creation takes longer than the limit', async () => {
    using busy = await WireClient.open(daemon.wireSocket);
    const keys = Array.from({ length: 15 }, (_, seed) => busy.submit(createPrimaryRsa(seed, 3072)));
    await shell('TPMTBS_BROKER_TIMEOUT=1 tpm2_getrandom -T tbs:priority=low 4');
    await Promise.all(keys);
  });

  it('pass a key hierarchy from process to process', async () => {
    await shell(`
      mkdir keys; cd keys
      tpm2_createprimary -Q -C o -G ecc -c primary.ctx
      tpm2_create -Q -C primary.ctx -G ecc:ecdsa -u key.pub -r key.priv
      tpm2_load -Q -C primary.ctx -u key.pub -r key.priv -c key.ctx
      echo message > message
      tpm2_sign -Q -c key.ctx -g sha256 -f plain -o signature message
      tpm2_readpublic -Q -c key.ctx -f pem -o key.pem
      openssl dgst -sha256 -verify key.pem -signature signature message`);
  });

  it('seal under a PCR policy, and unseal in another process with a policy session', async () => {
    const { stdout } = await shell(`
      mkdir seal; cd seal
      tpm2_createprimary -Q -C o -G ecc -c primary.ctx
      tpm2_startauthsession -S trial.ctx
      tpm2_policypcr -Q -S trial.ctx -l sha256:0,7 -L policy
      tpm2_flushcontext trial.ctx
      printf secret | tpm2_create -Q -C primary.ctx -L policy -i - -u sealed.pub -r sealed.priv
      tpm2_load -Q -C primary.ctx -u sealed.pub -r sealed.priv -c sealed.ctx
      tpm2_startauthsession --policy-session -S session.ctx
      tpm2_policypcr -Q -S session.ctx -l sha256:0,7
      tpm2_unseal -c sealed.ctx -p session:session.ctx
      tpm2_flushcontext session.ctx`);
    assert.equal(stdout, 'secret');
  });

  it('define, write, read and undefine an NV index, and quote', async () => {
    const { stdout } = await shell(`
      mkdir nv; cd nv
      tpm2_nvdefine -Q -C o -s 8 -a 'ownerwrite|ownerread' 0x1500010
      printf 12345678 | tpm2_nvwrite -Q -C o -i - 0x1500010
      tpm2_nvread -C o 0x1500010
      tpm2_nvundefine -Q -C o 0x1500010
      tpm2_createek -Q -c ek.ctx -G ecc
      tpm2_createak -Q -C ek.ctx -c ak.ctx -G ecc -g sha256 -s ecdsa -u ak.pem -f pem
      tpm2_quote -Q -c ak.ctx -l sha256:0,1,2 -q abcdef -m message -s signature -o pcrs
      tpm2_checkquote -Q -u ak.pem -m message -s signature -f pcrs -g sha256 -q abcdef`);
    assert.equal(stdout, '12345678');
  });

  it('report a refusal as a response of a resource manager', async function () {
    if (!canBecomeOthers()) this.skip();
    const { stderr } = await shell('tpm2_clear -c p', 5, ALICE);
    assert.match(stderr, /0xC0143/i);
    const elsewhere = await shell('tpm2_selftest -T tbs:locality=1', 1, ALICE);
    assert.match(elsewhere.stderr, /0xC0907/i, 'a standard user has locality 0');
    await shell('tpm2_selftest -T tbs:locality=3', 0);
    assert.match((await shell('tpm2_getrandom --hex 4', 0, ALICE)).stdout, /^[0-9a-f]{8}$/);
  });

  it('run a program that was written for Windows’ Tbs.h', async () => {
    const result = await clients.run(daemon.wireSocket, clients.built('tests/windows_program'), []);
    assert.equal(result.status, 0, result.stdout);
    assert.match(result.stdout, /^TPM version: 2\nrandom:( [0-9A-F]{2}){8}\n$/);
  });

  it('identify the TPM by its endorsement key, and report if it has none', async () => {
    const script = `
import ctypes, sys
tbs = ctypes.CDLL('libtbs.so.0')
text, length = ctypes.create_unicode_buffer(129), ctypes.c_uint32()
result = tbs.GetDeviceIDString(text, 129, ctypes.byref(length), None)
print(hex(result & 0xffffffff), text.value)`;
    await writeFile(join(clients.workFolder, 'device_id.py'), script);
    assert.equal((await shell('python3 device_id.py')).stdout.trim(), '0x80090011');
    const { stdout } = await shell(`
      tpm2_createek -Q -c 0x81010001 -G rsa
      tpm2_readpublic -Q -c 0x81010001 -n ek.name
      python3 device_id.py
      tail -c +3 ek.name | od -An -v -tx1 | tr -d ' \\n'`);
    const [device, name] = stdout.trim().split('\n');
    assert.equal(device, `0x0 ${name}`);
    assert.match(name ?? '', /^[0-9a-f]{64}$/);
  });

  it('compile such a program with the flags from pkg-config for the installed library', async () => {
    const source = clients.built('../tests/windows_program.c');
    const { stdout } = await clients.run(daemon.wireSocket, 'pkg-config', [
      `--define-variable=includedir=${clients.prefix}/include/tpmtbs`,
      `--define-variable=libdir=${clients.libraryFolder}`,
      '--cflags',
      '--libs',
      `${clients.libraryFolder}/pkgconfig/tbs.pc`,
    ]);
    const program = join(clients.workFolder, 'program');
    const flags = stdout.trim().split(/\s+/);
    const compiled = await clients.run(daemon.wireSocket, 'cc', ['-o', program, source, ...flags]);
    assert.equal(compiled.status, 0, compiled.stderr);
    assert.match((await clients.run(daemon.wireSocket, program, [])).stdout, /random:/);
  });

  it('serve eight processes at once, each with its own keys', async () => {
    const one = (n: number): string => `
      mkdir p${n}; cd p${n}
      tpm2_createprimary -Q -C o -G ecc -c primary.ctx
      tpm2_create -Q -C primary.ctx -G ecc:ecdsa -u key.pub -r key.priv
      tpm2_load -Q -C primary.ctx -u key.pub -r key.priv -c key.ctx
      for i in 1 2 3; do
        echo ${n}$i > message
        tpm2_sign -Q -c key.ctx -g sha256 -o signature message
        tpm2_verifysignature -Q -c key.ctx -g sha256 -s signature -m message
      done`;
    await Promise.all(Array.from({ length: 8 }, (_, n) => shell(one(n))));
  });

  it('report a broker that was killed, and work with the next one', async () => {
    const script = `tpm2_getrandom --hex 8 && sleep 0.3 && tpm2_getrandom --hex 8`;
    const before = await shell(script);
    assert.match(before.stdout, /^[0-9a-f]{32}$/);
    await daemon.kill('SIGKILL');
    const { stderr } = await shell('TSS2_LOG=all+error tpm2_getrandom 8', 1);
    assert.match(stderr, /tcti/i);
    const program = await clients.run(daemon.wireSocket, clients.built('tests/windows_program'), []);
    assert.match(program.stdout, /Tbsi_Context_Create failed: 0x80284008/);
    await daemon.run();
    await shell(script);
    assert.match((await clients.run(daemon.wireSocket, clients.built('tests/windows_program'), [])).stdout, /random:/);
  });

  it('fail immediately, all sixteen of them, if the broker is killed while they wait', async () => {
    const tcti = `tbs:socket=${daemon.wireSocket}`;
    const bench = (milliseconds: number) =>
      clients.run(daemon.wireSocket, clients.built('tcti-bench'), [tcti, 'hmac', '16', String(milliseconds)]);
    const interrupted = bench(60_000);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await daemon.kill('SIGKILL');
    const { status, stderr } = await interrupted;
    assert.equal(status, 1);
    assert.match(stderr, /tcti-bench: (receive|transmit)/);
    await daemon.run();
    assert.equal((await bench(200)).status, 0);
  });

  it('cancel queued and running commands from the same connection', async () => {
    using client = await WireClient.open(daemon.wireSocket);
    const CANCEL = 5;
    const slow = Array.from({ length: 6 }, () => client.submit(CREATE_RSA_KEY));
    const start = performance.now();
    assert.equal((await client.call(CANCEL, client.contextId, new Uint8Array(0))).result, 0);
    const results = (await Promise.all(slow)).map(({ result, response }) => [result, toHex(response)]);
    // The first may have finished, or it was too late to cancel it; the others never reached the TPM.
    const cancelled = refusal(RESOURCE_MANAGER_LAYER | TPM_RC.CANCELED);
    const answered = [TBS_RESULTS.TBS_E_COMMAND_CANCELED.code, toHex(cancelled)];
    for (const answer of results.slice(1)) assert.deepEqual(answer, answered);
    assert.ok(performance.now() - start < 10_000);
    assert.equal((await client.submit(GET_RANDOM_8)).result, 0);
  });

  it('let administrators, and nobody else, revoke attestation', async function () {
    if (!canBecomeOthers()) this.skip();
    const REVOKE_ATTESTATION = 10;
    const read = async () => (await shell('tpm2_pcrread sha256:0,7,12,15,16')).stdout.split('\n').slice(1, 6);
    const before = await read();
    using standardUser = await WireClient.open(daemon.wireSocket, ALICE);
    assert.equal(
      (await standardUser.call(REVOKE_ATTESTATION, 0, new Uint8Array(0))).result,
      TBS_RESULTS.TBS_E_ACCESS_DENIED.code,
    );
    assert.deepEqual(await read(), before);
    using administrator = await WireClient.open(daemon.wireSocket);
    assert.equal((await administrator.call(REVOKE_ATTESTATION, 0, new Uint8Array(0))).result, 0);
    const after = await read();
    for (const pcr of [0, 1, 2, 3]) assert.notEqual(after[pcr], before[pcr]);
    assert.equal(after[4], before[4], 'PCR 16 is for debugging, and attests nothing');
  });

  it('keep secrets out of the log', async () => {
    await writeFile(join(clients.workFolder, 'auth'), 'open-sesame');
    await shell('tpm2_createprimary -Q -C n -G ecc -p file:auth -c secret.ctx');
    assert.doesNotMatch(await readFile(daemon.logPath, 'utf8'), /open-sesame|6f70656e2d736573616d65/);
  });
});
