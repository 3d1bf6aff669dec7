/** Tests the backup of the owner authorization to a real domain controller, with the schemas of Windows 8 and 7. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ActiveDirectory } from '../../ts-core/adapters/directory/active-directory.js';
import type { DirectoryOptions } from '../../ts-core/adapters/directory/directory-options.js';
import { SystemKerberos } from '../../ts-core/adapters/directory/system-kerberos.js';
import { nativeAddon } from '../../ts-core/adapters/identity/native-addon.js';
import { TbsError } from '../../ts-core/domain/tbs-error.js';
import { TestDaemon } from '../support/daemon.js';
import { canRunDomainController, DOMAIN_DN, DomainController } from '../support/domain-controller.js';
import { RpcFailure } from '../support/rpc-client.js';

const PASSWORD = 'Comput3r-in-the-lab';
const OLD = 'b2xkIG93bmVyIGF1dGhvcml6YXRp';
const NEW = 'bmV3IG93bmVyIGF1dGhvcml6YXRp';
const SRK = new Uint8Array(20).map((_, index) => 200 + index);
const OTHER_SRK = new Uint8Array(20).fill(7);
const TPM_DEVICES = `CN=TPM Devices,${DOMAIN_DN}`;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tpmtbs-directory-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function credentials(user: string, password: string): Promise<string> {
  const path = join(folder, `${user.replaceAll(/\W/g, '_')}-${password.length}.json`);
  await writeFile(path, JSON.stringify({ user: `${user}@tpmlab.example`, password }), { mode: 0o600 });
  return path;
}

async function optionsFor(
  controller: DomainController,
  account: string,
  changed: Partial<DirectoryOptions> = {},
): Promise<DirectoryOptions> {
  return {
    server: controller.address,
    caFile: controller.caFile,
    credentialsFile: await credentials(account, PASSWORD),
    keytabFile: join(folder, 'none.keytab'),
    computer: account.replace('$', ''),
    startTls: false,
    timeoutMs: 20_000,
    brokerUid: 0,
    ...changed,
  };
}

async function failure(work: Promise<unknown>): Promise<TbsError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TbsError, `an error of the directory, not ${String(error)}`);
  assert.equal(error.symbol, 'TBS_E_PROVISIONING_NOT_ALLOWED', String(error));
  assert.ok(error.action.length > 20, 'the error says what to do');
  assert.ok(!`${error.message}${error.action}${JSON.stringify(error.details)}`.includes(PASSWORD));
  return error;
}

const reason = async (work: Promise<unknown>) => (await failure(work)).details['reason'];

function domainController(schema: '2012_R2' | '2008_R2', withController: (get: () => DomainController) => void): void {
  describe(`owner authorization in a directory with the schema of Windows Server ${schema}`, function () {
    this.timeout(240_000);
    let controller: DomainController;
    before(async function () {
      // Samba's provisioning sets ownership and security attributes that only root may set.
      if (!canRunDomainController()) this.skip();
      controller = await DomainController.start({ schema, kerberos: 'signedOnly' });
      await controller.addComputer('pc1', PASSWORD);
      await controller.addUser('joe', PASSWORD);
    });
    after(() => controller?.stop());
    withController(() => controller);
  });
}

domainController('2012_R2', (controller) => {
  const directory = async (changed?: Partial<DirectoryOptions>, account = 'pc1$') =>
    new ActiveDirectory(await optionsFor(controller(), account, changed));
  let target: string;

  it('checks server, schema and rights, and changes nothing', async () => {
    const check = await (await directory()).check();
    assert.deepEqual(check, {
      server: 'dc1.tpmlab.example',
      form: 'windows8',
      computer: controller().computerDn('pc1'),
      target: TPM_DEVICES,
    });
    assert.deepEqual(await controller().childrenOf(TPM_DEVICES), []);
  });

  it('phase 1 creates the object, marks its value as pending and links the computer', async () => {
    const receipt = await (await directory()).writePending(OLD, SRK);
    target = receipt.target;
    assert.deepEqual(receipt, { server: 'dc1.tpmlab.example', form: 'windows8', target });
    assert.deepEqual(await controller().childrenOf(TPM_DEVICES), [target]);
    const object = await controller().read(target);
    assert.equal(object.get('msTPM-OwnerInformationTemp'), OLD);
    assert.equal(object.get('msTPM-SrkPubThumbprint'), Buffer.from(SRK).toString('base64'));
    const computer = await controller().read(controller().computerDn('pc1'));
    assert.equal(computer.get('msTPM-TpmInformationForComputer'), target);
  });

  it('phase 2 sets the value and removes the pending one', async () => {
    assert.equal((await (await directory()).commit(OLD, SRK)).target, target);
    const object = await controller().read(target);
    assert.equal(object.get('msTPM-OwnerInformation'), OLD);
    assert.equal(object.has('msTPM-OwnerInformationTemp'), false);
  });

  it('keeps the value in force while the next one is pending, and can repeat each phase (StartTLS)', async () => {
    const overStartTls = await directory({ startTls: true });
    for (let time = 0; time < 2; time++) await overStartTls.writePending(NEW, SRK);
    const between = await controller().read(target);
    assert.equal(between.get('msTPM-OwnerInformation'), OLD);
    assert.equal(between.get('msTPM-OwnerInformationTemp'), NEW);
    for (let time = 0; time < 2; time++) await overStartTls.commit(NEW, SRK);
    const afterwards = await controller().read(target);
    assert.equal(afterwards.get('msTPM-OwnerInformation'), NEW);
    assert.equal(afterwards.has('msTPM-OwnerInformationTemp'), false);
    assert.deepEqual(await controller().childrenOf(TPM_DEVICES), [target]);
  });

  it('finds its own object again if a crash came before the link', async () => {
    const computer = controller().computerDn('pc1');
    await controller().change(`dn: ${computer}\nchangetype: modify\ndelete: msTPM-TpmInformationForComputer\n`);
    assert.equal((await (await directory()).writePending(NEW, SRK)).target, target);
    assert.equal((await controller().read(computer)).get('msTPM-TpmInformationForComputer'), target);
  });

  it('does not write its value into another computer’s object with the same thumbprint', async () => {
    await controller().addComputer('pc2', PASSWORD);
    const other = await (await directory({}, 'pc2$')).writePending(OLD, SRK);
    assert.notEqual(other.target, target);
    assert.equal((await controller().read(target)).get('msTPM-OwnerInformationTemp'), NEW);
  });

  it('creates another object for another storage root key, and links that', async () => {
    const receipt = await (await directory()).commit(NEW, OTHER_SRK);
    assert.notEqual(receipt.target, target);
    const computer = await controller().read(controller().computerDn('pc1'));
    assert.equal(computer.get('msTPM-TpmInformationForComputer'), receipt.target);
  });

  it('distinguishes a wrong password from a credentials file that others can read', async () => {
    const credentialsFile = await credentials('pc1$', `${PASSWORD}-wrong`);
    const wrong = await failure((await directory({ credentialsFile })).check());
    assert.equal(wrong.details['reason'], 'wrongCredentials');
    assert.match(wrong.message, /rejected the user or the password/);
    const opened = await credentials('pc1$', PASSWORD);
    await chmod(opened, 0o640);
    const unsafe = await failure((await directory({ credentialsFile: opened })).check());
    assert.equal(unsafe.details['reason'], 'wrongCredentials');
    assert.match(unsafe.message, /chmod 600/);
    await chmod(opened, 0o600);
  });

  it('refuses a certificate of an unknown authority, over LDAPS and StartTLS, whatever the environment', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      for (const startTls of [false, true]) {
        assert.equal(await reason((await directory({ caFile: undefined, startTls })).check()), 'tls');
      }
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });

  it('refuses a certificate for another name', async () => {
    // The certificate names the address and not localhost, and all addresses of 127/8 belong to this machine.
    const elsewhere = await relay(controller().address, 636);
    try {
      const server = `localhost:${elsewhere.port}`;
      assert.equal(await reason((await directory({ server })).check()), 'tls');
    } finally {
      elsewhere.close();
    }
  });

  it('reports that there is no server, that DNS knows none, and that the computer is not in the domain', async () => {
    assert.equal(await reason((await directory({ server: `${controller().address}:1` })).check()), 'noServer');
    assert.equal(await reason((await directory({ computer: 'pc99' })).check()), 'notJoined');
    assert.equal(await reason((await directory({ computer: controller().computerDn('pc99') })).check()), 'notJoined');
    assert.equal(await reason((await directory({ server: undefined })).check()), 'notJoined');
  });

  it('reports a missing right before anything is written', async () => {
    const children = await controller().childrenOf(TPM_DEVICES);
    const asJoe = await directory({ computer: 'pc1' }, 'joe');
    assert.equal(await reason(asJoe.check()), 'noRight');
    assert.equal(await reason(asJoe.writePending(NEW, SRK)), 'noRight');
    assert.deepEqual(await controller().childrenOf(TPM_DEVICES), children);
  });

  it('gives up at the time-out if the server accepts the connection but does not answer', async () => {
    controller().pause();
    try {
      for (const startTls of [false, true]) {
        const startedMs = performance.now();
        assert.equal(await reason((await directory({ timeoutMs: 700, startTls })).check()), 'timeout');
        assert.ok(performance.now() - startedMs < 5000);
      }
    } finally {
      controller().resume();
    }
  });

  it('never continues unauthenticated on a new connection, wherever the connection is lost', async () => {
    let lost = 0;
    for (let limitBytes = 1500; ; limitBytes += 700) {
      const dropping = await relay(controller().address, 636, limitBytes);
      try {
        await (await directory({ server: `${controller().address}:${dropping.port}` })).check();
        break;
      } catch (error) {
        assert.equal(error instanceof TbsError && error.details['reason'], 'noServer');
        lost++;
      } finally {
        dropping.close();
        assert.equal(dropping.connections(), 1);
      }
    }
    assert.ok(lost > 3, `lost at ${lost} places`);
  });

  it('refuses values that do not fit the schema', async () => {
    const subject = await directory();
    await assert.rejects(subject.commit('x'.repeat(129), SRK), { symbol: 'TBS_E_BAD_PARAMETER' });
    await assert.rejects(subject.commit(NEW, SRK.subarray(1)), { symbol: 'TBS_E_BAD_PARAMETER' });
  });

  for (const tpmVersion of ['2.0', '1.2'] as const) {
    it(`has the same value as the TPM ${tpmVersion} through the broker; nothing changes if it cannot be reached`, async () => {
      const name = `broker${tpmVersion.replace('.', '')}`;
      await controller().addComputer(name, PASSWORD);
      const { brokerUid: _, ...directorySettings } = await optionsFor(controller(), `${name}$`, { timeoutMs: 4000 });
      await using daemon = await TestDaemon.start({
        tpmVersion,
        configuration: { directory: directorySettings },
        policy: { '10.json': { activeDirectoryBackup: true } },
      });
      const client = await daemon.connect();
      const { target: place } = await client.call<{ target: string }>('ownerAuthBackup/test');
      assert.equal(place, TPM_DEVICES);
      await client.call('tpm/initialize');
      const state = await client.call<{ lastSuccess: { target: string } }>('ownerAuthBackup/get');
      const inDirectory = async () => {
        const object = await controller().read(state.lastSuccess.target);
        assert.equal(object.has('msTPM-OwnerInformationTemp'), false);
        return object.get('msTPM-OwnerInformation') ?? '';
      };
      const next = Buffer.alloc(20, 0x41).toString('base64');
      const change = (ownerAuth: string, newOwnerAuth: string) =>
        client.call('ownerAuth/set', { ownerAuth, newOwnerAuth });
      const generated = await inDirectory();
      assert.equal(Buffer.from(generated, 'base64').length, 20);
      await change(generated, next);
      assert.equal(await inDirectory(), next);
      controller().pause();
      try {
        const refused = await change(next, generated).then(
          () => undefined,
          (error: unknown) => error,
        );
        assert.ok(refused instanceof RpcFailure, String(refused));
        assert.equal(refused.data.symbol, 'TBS_E_PROVISIONING_NOT_ALLOWED');
        assert.equal(refused.data.details['reason'], 'timeout');
      } finally {
        controller().resume();
      }
      assert.equal(await inDirectory(), next);
      await change(next, generated);
      assert.equal(await inDirectory(), generated);
      client.close();
      const log = await readFile(daemon.logPath, 'utf8');
      for (const secret of [PASSWORD, next, generated]) assert.ok(!log.includes(secret), 'the log contains no secret');
    });
  }

  it('reports a domain that is not prepared', async () => {
    await controller().rename(TPM_DEVICES, `CN=Elsewhere,${DOMAIN_DN}`);
    const unprepared = await failure((await directory()).check());
    assert.equal(unprepared.details['reason'], 'schemaMissing');
    assert.match(unprepared.action, /domainprep/);
  });
});

domainController('2008_R2', (controller) => {
  const directory = async (account = 'pc1$', changed?: Partial<DirectoryOptions>) =>
    new ActiveDirectory(await optionsFor(controller(), account, changed));
  const ownerInformation = async () =>
    (await controller().read(controller().computerDn('pc1'))).get('msTPM-OwnerInformation');

  it('phase 1 only checks, since there is no place for a pending value; phase 2 sets it on the computer', async () => {
    const computer = controller().computerDn('pc1');
    assert.equal((await (await directory()).check()).form, 'windows7');
    const pending = await (await directory()).writePending(NEW, SRK);
    assert.deepEqual(pending, { server: 'dc1.tpmlab.example', form: 'windows7', target: computer });
    assert.equal(await ownerInformation(), undefined);
    assert.deepEqual(await (await directory()).commit(NEW, SRK), pending);
    assert.equal(await ownerInformation(), NEW);
  });

  it('reports a missing right in phase 1, before the TPM changes', async () => {
    assert.equal(await reason((await directory('joe', { computer: 'pc1' })).writePending(NEW, SRK)), 'noRight');
  });

  it('reports a server that does not accept Kerberos inside TLS', async () => {
    const earlier = process.env['KRB5_CONFIG'];
    process.env['KRB5_CONFIG'] = await controller().kerberosConfiguration();
    try {
      const kerberos = new SystemKerberos(nativeAddon().KerberosClient);
      const keytabFile = await controller().exportKeytab('pc1$');
      const subject = await directory('pc1$', { credentialsFile: undefined, keytabFile, kerberos });
      const refused = await failure(subject.check());
      assert.equal(refused.details['reason'], 'tls');
      assert.match(refused.action, /allow_sasl_over_tls/);
    } finally {
      if (earlier === undefined) delete process.env['KRB5_CONFIG'];
      else process.env['KRB5_CONFIG'] = earlier;
    }
  });

  it('reports a schema without the attribute', async () => {
    await controller().change(
      [
        `dn: CN=ms-TPM-OwnerInformation,CN=Schema,CN=Configuration,${DOMAIN_DN}`,
        'changetype: modify',
        'replace: isDefunct',
        'isDefunct: TRUE',
        '',
      ].join('\n'),
    );
    assert.equal(await reason((await directory()).check()), 'schemaMissing');
  });
});

/**
 * Relays connections from a random port of the same address. With `limitBytes`, it closes a connection once the server
 * has sent more bytes than that.
 */
async function relay(host: string, port: number, limitBytes = Number.POSITIVE_INFINITY) {
  const sockets: Socket[] = [];
  let connections = 0;
  const server: Server = createServer((client) => {
    connections++;
    let passedBytes = 0;
    const upstream = connect(port, host);
    for (const socket of [client, upstream]) {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => upstream.write(data));
    upstream.on('data', (data) => {
      passedBytes += data.length;
      if (passedBytes > limitBytes) client.destroy();
      else client.write(data);
    });
  });
  await new Promise<void>((resolve) =>
    server.listen(0, limitBytes === Number.POSITIVE_INFINITY ? 'localhost' : host, resolve),
  );
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    port: address.port,
    connections: () => connections,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
