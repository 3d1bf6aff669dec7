/**
 * Tests unmodified programs that use the empty authorization of the storage and endorsement hierarchies over the
 * broker: before and after the TPM is provisioned, while the hierarchies are closed, and after they are opened again.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ALICE, canBecomeOthers } from '../support/as-user.js';
import { REPOSITORY, TestDaemon } from '../support/daemon.js';
import { NativeClients, type ProgramResult } from '../support/native-clients.js';

const run = promisify(execFile);

/** `TPM_RC_BAD_AUTH` of the first session, as a number and in the words of tpm2-tss. */
const REFUSED_BY_CLOSED_HIERARCHY = /0x9A2|tpm:session\(1\):authorization failure without DA implications/i;

/** A LUKS2 container in a file; creating it needs neither a loop device nor the kernel's device mapper. */
const newLuks = (name: string) => `PATH=$PATH:/usr/sbin:/sbin
  echo -n passphrase > passphrase
  truncate -s 20M ${name}.img
  cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 ${name}.img passphrase`;

interface Program {
  /** Stores something under the TPM. */
  readonly bind: (name: string) => string;
  /** Uses what was stored, for which it needs the TPM. */
  readonly use: (name: string) => string;
  /** `use` needs no hierarchy: the key that it needs is persistent. */
  readonly hasPersistentKey?: true;
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  clevis: {
    bind: (name) => `${newLuks(name)}
      clevis luks bind -f -k passphrase -d ${name}.img tpm2 '{}'`,
    use: (name) => `clevis luks pass -d ${name}.img -s 1 > ${name}.pass
      test -s ${name}.pass`,
  },
  'systemd-cryptenroll': {
    bind: (name) => `${newLuks(name)}
      PASSWORD=passphrase systemd-cryptenroll --tpm2-device=tbs: --tpm2-pcrs= ${name}.img`,
    // The log says how far it came: it unseals the key, and then needs a device mapper, which tests do not have.
    use: (name) => `export SYSTEMD_LOG_LEVEL=debug
      /lib/systemd/systemd-cryptsetup attach ${name} $PWD/${name}.img - tpm2-device=tbs:,headless=1,readonly > ${name}.log 2>&1 || true
      grep -E 'Completed TPM2 key unsealing|in TPM:' ${name}.log >&2
      grep -q 'Completed TPM2 key unsealing' ${name}.log`,
  },
  'tpm2-pkcs11': {
    bind: (name) => `mkdir ${name}
      tpm2_ptool init --path ${name}
      tpm2_ptool addtoken --path ${name} --pid 1 --label token --sopin sopin --userpin userpin`,
    use: (name) => `tpm2_ptool addkey --path ${name} --label token --userpin userpin --algorithm ecc256`,
    hasPersistentKey: true,
  },
  'tpm2-tools': {
    bind: (name) => `tpm2_createprimary -Q -C e -c ${name}.endorsement
      tpm2_createprimary -Q -C o -c ${name}.storage
      echo -n secret | tpm2_create -Q -C ${name}.storage -i - -u ${name}.pub -r ${name}.priv`,
    use: (name) => `tpm2_createprimary -Q -C o -c ${name}.again
      tpm2_load -Q -C ${name}.again -u ${name}.pub -r ${name}.priv -c ${name}.sealed
      test "$(tpm2_unseal -c ${name}.sealed)" = secret`,
  },
  // FAPI asks for the lockout authorization if it is set, and for the authorization of a closed hierarchy.
  FAPI: {
    bind: (name) => `${fapiConfiguration(name)}
      echo '${LOCKOUT_AUTH}' | tss2_provision
      tss2_createkey --path HS/SRK/key --type noDa,sign --authValue= < /dev/null`,
    use: (name) => `export TSS2_FAPICONF=$PWD/${name}/config.json
      head -c 32 /dev/zero > digest
      tss2_sign --keyPath HS/SRK/key --digest digest --signature signature --force < /dev/null`,
  },
};

/** 20 characters, so that they can be typed as well as stored as an owner authorization. */
const LOCKOUT_AUTH = 'twenty characters ok';

/** A separate keystore. Its keys are not persistent: provisioning the TPM has created a persistent storage root key. */
function fapiConfiguration(name: string): string {
  return `mkdir -p ${name}/profiles ${name}/user ${name}/system ${name}/log
    cp /etc/tpm2-tss/fapi-profiles/* ${name}/profiles/
    sed -i 's/,0x81000001//; s/"srk_persistent": 1/"srk_persistent": 0/' ${name}/profiles/*
    cat > ${name}/config.json <<END
{ "profile_name": "P_ECCP256SHA256", "profile_dir": "$PWD/${name}/profiles/", "user_dir": "$PWD/${name}/user/",
  "system_dir": "$PWD/${name}/system/", "log_dir": "$PWD/${name}/log/", "tcti": "tbs", "ek_cert_less": "yes",
  "system_pcrs": [] }
END
    export TSS2_FAPICONF=$PWD/${name}/config.json`;
}

describe('other TPM programs over the broker', function () {
  this.timeout(240_000);
  let clients: NativeClients;

  before(async () => {
    clients = await NativeClients.install();
  });
  after(() => clients[Symbol.asyncDispose]());

  for (const [name, { bind, use, hasPersistentKey }] of Object.entries(PROGRAMS)) {
    it(`${name} works before and after provisioning, not with closed hierarchies, and again once they are open`, async () => {
      await using daemon = await TestDaemon.start();
      const client = await daemon.connect();
      const shell = (script: string): Promise<ProgramResult> =>
        clients.run(daemon.wireSocket, '/bin/sh', ['-ec', script], {
          env: { TPM2_PKCS11_TCTI: 'tbs', TSS2_LOG: 'all+error,esys+warning' },
          timeoutMs: 60_000,
        });
      const works = async (script: string, what: string) => {
        const { status, stdout, stderr } = await shell(script);
        assert.equal(status, 0, `${what}: ${stdout}${stderr}`);
      };
      const isRefused = async (script: string, what: string) => {
        const { status, stdout, stderr } = await shell(script);
        assert.notEqual(status, 0, what);
        assert.match(stdout + stderr, REFUSED_BY_CLOSED_HIERARCHY, what);
      };
      const early = `${name}-early`;
      const late = `${name}-late`;

      await works(`${bind(early)}\n${use(early)}`, 'before provisioning');
      await client.call('tpm/initialize');
      await client.call('ownerAuth/set', { newOwnerAuth: Buffer.from(LOCKOUT_AUTH).toString('base64') });
      await works(use(early), 'what was bound before provisioning');
      await works(`${bind(late)}\n${use(late)}`, 'bound after provisioning');

      await client.call('tpm/initialize', { closeHierarchies: true });
      await isRefused(bind(`${name}-closed`), 'bound with closed hierarchies');
      if (hasPersistentKey !== true) await isRefused(use(early), 'used with closed hierarchies');

      const env = { ...process.env, TPMTBS_SOCKET: daemon.rpcSocket };
      await run(process.execPath, [join(REPOSITORY, 'bin', 'tbs.js'), 'tpm', 'open-hierarchies'], { env });
      await works(`${use(early)}\n${use(late)}`, 'after the hierarchies were opened');
      client.close();
    });
  }

  it('tries the empty value for a closed hierarchy as a standard user without being locked out', async function () {
    // Only root can act as other users.
    if (!canBecomeOthers()) this.skip();
    await using daemon = await TestDaemon.start();
    const root = await daemon.connect();
    await root.call('tpm/initialize', { closeHierarchies: true });
    const asAlice = (line: string): Promise<ProgramResult> =>
      clients.run(daemon.wireSocket, '/bin/sh', ['-ec', line], { user: ALICE, timeoutMs: 60_000 });
    const failures = async (): Promise<number> =>
      (await root.call<{ totalFailures: number }>('lockout/get')).totalFailures;
    for (const line of [
      'tpm2_createprimary -Q -C o',
      'tpm2_createprimary -Q -C e -G ecc',
      'tpm2_createprimary -Q -C o -g sha384 -G ecc384',
      'tpm2_createek -Q -c ek.ctx -G ecc',
      'tpm2_startauthsession -Q --policy-session -S policy.ctx; tpm2_policysecret -Q -S policy.ctx -c o',
    ]) {
      const { status, stdout, stderr } = await asAlice(line);
      assert.notEqual(status, 0, line);
      assert.match(stdout + stderr, REFUSED_BY_CLOSED_HIERARCHY, line);
      assert.equal(await failures(), 0, line);
    }
    await asAlice('tpm2_createprimary -Q -C o -P guess');
    assert.equal(await failures(), 1, 'any other value counts');
    root.close();
  });
});
