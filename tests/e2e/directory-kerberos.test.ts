/** Tests the machine account with its keytab, and servers found by DNS, with a real domain controller and its KDC. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ActiveDirectory } from '../../ts-core/adapters/directory/active-directory.js';
import type { DirectoryOptions } from '../../ts-core/adapters/directory/directory-options.js';
import { SystemKerberos } from '../../ts-core/adapters/directory/system-kerberos.js';
import { nativeAddon } from '../../ts-core/adapters/identity/native-addon.js';
import { TbsError } from '../../ts-core/domain/tbs-error.js';
import { TestDaemon } from '../support/daemon.js';
import { startDnsServer } from '../support/dns-server.js';
import { canRunDomainController, DOMAIN_DN, DomainController, REALM } from '../support/domain-controller.js';
import { startFailingKdc } from '../support/kerberos-errors.js';

const PASSWORD = 'Comput3r-in-the-lab';
const VALUE = 'bmV3IG93bmVyIGF1dGhvcml6YXRp';
const SRK = new Uint8Array(20).fill(5);
const CLOCK_SKEW = 37;

describe('the machine account with its keytab, with a domain controller', function () {
  this.timeout(240_000);
  let controller: DomainController;
  let folder: string;
  let keytab: string;
  const kerberos = new SystemKerberos(nativeAddon().KerberosClient);
  const earlierConfiguration = process.env['KRB5_CONFIG'];

  before(async function () {
    // Samba's provisioning sets ownership and security attributes that only root may set.
    if (!canRunDomainController()) this.skip();
    controller = await DomainController.start({ schema: '2012_R2', kerberos: 'overTls' });
    folder = await mkdtemp(join(tmpdir(), 'tpmtbs-kerberos-'));
    for (const name of ['pc1', 'pc2', 'gone', 'other']) await controller.addComputer(name, PASSWORD);
    keytab = await controller.exportKeytab('pc1$');
  });
  beforeEach(() => useKdc());
  after(async () => {
    if (earlierConfiguration === undefined) delete process.env['KRB5_CONFIG'];
    else process.env['KRB5_CONFIG'] = earlierConfiguration;
    await controller?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  async function useKdc(address?: string): Promise<void> {
    process.env['KRB5_CONFIG'] = await controller.kerberosConfiguration(address);
  }

  const directory = (changed: Partial<DirectoryOptions> = {}) =>
    new ActiveDirectory({
      ...{ server: controller.address, caFile: controller.caFile, keytabFile: keytab, computer: 'pc1', kerberos },
      ...{ startTls: false, timeoutMs: 20_000, brokerUid: 0, ...changed },
    });

  async function failure(work: Promise<unknown>) {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof TbsError && error.symbol === 'TBS_E_PROVISIONING_NOT_ALLOWED', String(error));
    assert.ok(error.action.length > 20, 'the error says what to do');
    return { reason: error.details['reason'], message: error.message };
  }

  it('backs up in both phases, over LDAPS and StartTLS, without a password', async () => {
    const { target } = await directory().writePending(VALUE, SRK);
    assert.equal((await directory({ startTls: true }).commit(VALUE, SRK)).target, target);
    const object = await controller.read(target);
    assert.equal(object.get('msTPM-OwnerInformation'), VALUE);
    assert.equal(object.has('msTPM-OwnerInformationTemp'), false);
  });

  it('performs the broker’s required backup as the machine account', async () => {
    await using daemon = await TestDaemon.start({
      env: { KRB5_CONFIG: await controller.kerberosConfiguration() },
      configuration: {
        directory: {
          ...{ server: controller.address, caFile: controller.caFile, computer: 'pc2' },
          keytabFile: await controller.exportKeytab('pc2$'),
        },
      },
      policy: { '10.json': { activeDirectoryBackup: true } },
    });
    const client = await daemon.connect();
    await client.call('tpm/initialize');
    const { lastSuccess } = await client.call<{ lastSuccess: { target: string } }>('ownerAuthBackup/get');
    const value = (await controller.read(lastSuccess.target)).get('msTPM-OwnerInformation');
    await client.call('tpm/unblock', { ownerAuth: value });
    client.close();
  });

  it('finds the controller by DNS, and tries the next if the first is down', async () => {
    const services = {
      '_ldap._tcp.dc._msdcs.tpmlab.example': [
        { target: 'down.tpmlab.example', port: 389, priority: 0, weight: 0 },
        { target: 'dc1.tpmlab.example', port: 389, priority: 10, weight: 0 },
      ],
    };
    await using dns = await startDnsServer({
      srv: services,
      a: { 'down.tpmlab.example': '127.0.0.1', 'dc1.tpmlab.example': controller.address },
    });
    const found = { server: undefined, domain: 'tpmlab.example', dnsServers: [dns.address] };
    for (const startTls of [false, true]) {
      assert.equal((await directory({ ...found, startTls }).check()).server, 'dc1.tpmlab.example');
    }
    const asked = dns.asked.filter((name) => !name.startsWith('_'));
    assert.equal(asked[0], 'down.tpmlab.example');
    assert.ok(asked.includes('dc1.tpmlab.example'));
  });

  it('reports that every server of the domain is down', async () => {
    const down = { target: 'down.tpmlab.example', port: 389, priority: 0, weight: 0 };
    await using dns = await startDnsServer({
      srv: { '_ldap._tcp.dc._msdcs.tpmlab.example': [down] },
      a: { 'down.tpmlab.example': '127.0.0.1' },
    });
    const subject = directory({ server: undefined, domain: 'tpmlab.example', dnsServers: [dns.address] });
    assert.equal((await failure(subject.check())).reason, 'noServer');
  });

  it('reports a keytab that is missing, readable by others, damaged, or of another machine', async () => {
    const missing = await failure(directory({ keytabFile: join(folder, 'none') }).check());
    assert.equal(missing.reason, 'notJoined');
    assert.match(missing.message, /has no keytab/);
    const damaged = join(folder, 'damaged.keytab');
    await writeFile(damaged, (await readFile(keytab)).subarray(0, 40), { mode: 0o600 });
    assert.match((await failure(directory({ keytabFile: damaged }).check())).message, /is damaged/);
    await chmod(damaged, 0o644);
    const open = await failure(directory({ keytabFile: damaged }).check());
    assert.equal(open.reason, 'wrongCredentials');
    assert.match(open.message, /chmod 600/);
    const elsewhere = await failure(directory({ principal: `pc9$@${REALM}` }).check());
    assert.equal(elsewhere.reason, 'wrongCredentials');
    assert.match(elsewhere.message, /has no key of pc9\$@TPMLAB\.EXAMPLE; it has pc1\$@TPMLAB\.EXAMPLE/);
  });

  it('reports a key that is no longer the account’s, and an account that no longer exists', async () => {
    const old = await controller.exportKeytab('other$');
    // The domain still accepts the previous password for a while.
    for (const suffix of ['-2', '-3']) await controller.setPassword('other$', `${PASSWORD}${suffix}`);
    const refused = await failure(directory({ keytabFile: old, computer: 'other' }).check());
    assert.equal(refused.reason, 'wrongCredentials');
    assert.match(refused.message, /no longer that of the account \(other\$@TPMLAB\.EXAMPLE\)/);
    const orphaned = await controller.exportKeytab('gone$');
    await controller.deleteComputer('gone');
    const unknown = await failure(directory({ keytabFile: orphaned, computer: 'gone' }).check());
    assert.equal(unknown.reason, 'wrongCredentials');
    assert.match(unknown.message, /does not know the account/);
  });

  it('reports a KDC that cannot be reached, one that does not answer, and a clock that differs', async () => {
    await useKdc('127.0.0.1:1');
    const unreachable = await failure(directory().check());
    assert.equal(unreachable.reason, 'noServer');
    assert.match(unreachable.message, /KDC/);
    {
      await using skewed = await startFailingKdc(REALM, CLOCK_SKEW);
      await useKdc(skewed.address);
      const { reason, message } = await failure(directory().check());
      assert.equal(reason, 'clockSkew');
      assert.match(message, /clock of this machine differs/);
    }
    {
      await using silent = await startFailingKdc(REALM, undefined);
      await useKdc(silent.address);
      const startedMs = performance.now();
      const { reason, message } = await failure(directory({ timeoutMs: 700 }).check());
      assert.equal(reason, 'timeout');
      assert.match(message, /KDC.* did not answer in time/);
      assert.ok(performance.now() - startedMs < 5000);
    }
  });

  it('writes nothing if the right is missing, whatever the account', async () => {
    const other = directory({ computer: `CN=pc1,CN=Computers,${DOMAIN_DN}`, principal: undefined });
    assert.equal((await other.check()).computer, controller.computerDn('pc1'));
    const foreign = directory({ keytabFile: await controller.exportKeytab('other$'), principal: `other$@${REALM}` });
    assert.equal((await failure(foreign.writePending(VALUE, SRK))).reason, 'noRight');
  });
});
