/** Tests the real daemon under a service manager: what it reports, and the reload on SIGHUP. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestDaemon } from '../support/daemon.js';
import { ServiceManager } from '../support/service-manager.js';

describe('the broker under a service manager', function () {
  this.timeout(60_000);
  let manager: ServiceManager;
  let daemon: TestDaemon;

  before(async () => {
    manager = await ServiceManager.start();
    daemon = await TestDaemon.start({ env: { ...manager.env, WATCHDOG_USEC: '1000000' } });
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    await manager?.[Symbol.asyncDispose]();
  });

  async function configure(changes: Readonly<Record<string, unknown>>): Promise<void> {
    const file = join(daemon.folder, 'tbsd.json');
    const before = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    await writeFile(file, JSON.stringify({ ...before, ...changes }));
  }

  async function reload(): Promise<void> {
    process.kill(daemon.processId, 'SIGHUP');
    match(await manager.receives('RELOADING=1'), /^RELOADING=1\nMONOTONIC_USEC=\d+$/);
    equal(await manager.receives('READY=1'), 'READY=1');
  }

  it('reports its readiness and state, and gives signs of life', async () => {
    match(await manager.receives('READY=1'), /^READY=1\nSTATUS=./);
    await manager.receives('WATCHDOG=1');
    await manager.receives('WATCHDOG=1');
    match(await manager.receives('STATUS='), /^STATUS=(Works|Degraded): ./);
  });

  it('reads the configuration again on SIGHUP, and keeps the old one if the file is faulty', async () => {
    const client = await daemon.connect();
    const maxResources = async () => {
      const { settings } = await client.call<{ settings: { name: string; value: unknown }[] }>('policy/get');
      return settings.find(({ name }) => name === 'maxResources')?.value;
    };
    const started = await maxResources();
    const policy = { folder: daemon.policyFolder, pollMs: 200 };
    await configure({ policy: { ...policy, settings: { maxResources: 77 } } });
    await reload();
    equal(await maxResources(), 77);
    await configure({ policy: { ...policy, settings: { maxResources: 99 } }, nonsense: true });
    await reload();
    equal(await maxResources(), 77);
    await configure({ policy, nonsense: undefined });
    await reload();
    equal(await maxResources(), started);
    const administration = (await daemon.auditLines()).filter(({ message }) => /configuration/i.test(String(message)));
    deepEqual(
      administration.map(({ kind }) => kind),
      ['administration', 'warning', 'administration'],
    );
    client.close();
  });

  it('reports that it is stopping', async () => {
    equal(await daemon.stop(), 0);
    match(await manager.receives('STOPPING=1'), /^STOPPING=1\n/);
  });
});

describe('the broker in a terminal', function () {
  this.timeout(60_000);

  it('ends on SIGHUP, which means that the terminal was closed', async () => {
    await using daemon = await TestDaemon.start({ env: { NOTIFY_SOCKET: '' } });
    equal(await daemon.kill('SIGHUP'), 0);
  });
});
