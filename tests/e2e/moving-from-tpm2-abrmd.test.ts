/**
 * Performs docs/moving-from-tpm2-abrmd.md in both directions on one software TPM: both brokers can use its contents.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { TestDaemon } from '../support/daemon.js';
import { NativeClients } from '../support/native-clients.js';
import { type Swtpm, startSwtpm } from '../support/swtpm.js';

const NO_SOCKET = '/nonexistent';

/** tpm2-abrmd on a D-Bus of its own. */
class Abrmd {
  readonly #processes: readonly ReturnType<typeof spawn>[];

  private constructor(
    readonly env: NodeJS.ProcessEnv,
    processes: readonly ReturnType<typeof spawn>[],
  ) {
    this.#processes = processes;
  }

  static async start(tpm: Swtpm): Promise<Abrmd> {
    const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [address] = await once(bus.stdout, 'data');
    const env = { DBUS_SESSION_BUS_ADDRESS: String(address).trim() };
    const args = ['--allow-root', '--session', `--tcti=${tpm.tcti}`];
    const abrmd = spawn('tpm2-abrmd', args, { env: { ...process.env, ...env }, stdio: 'ignore' });
    return new Abrmd({ ...env, TPM2TOOLS_TCTI: 'tabrmd:bus_type=session' }, [abrmd, bus]);
  }

  async stop(): Promise<void> {
    for (const child of this.#processes) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill();
      await once(child, 'exit');
    }
  }
}

describe('moving from tpm2-abrmd', function () {
  this.timeout(60_000);
  let clients: NativeClients;
  let tpm: Swtpm;

  before(async function () {
    this.timeout(600_000);
    clients = await NativeClients.install();
    tpm = await startSwtpm({ version: '2.0', startup: true });
  });
  after(async () => {
    await tpm?.stop();
    await clients?.[Symbol.asyncDispose]();
  });

  async function shell(script: string, socket: string, env: NodeJS.ProcessEnv): Promise<string> {
    const result = await clients.run(socket, 'bash', ['-e', '-c', script], { env });
    assert.equal(result.status, 0, `${script}\n${result.stdout}\n${result.stderr}`);
    return result.stdout;
  }

  const READ_BACK = `
    tpm2_readpublic -Q -c 0x81010010 -f pem -o again.pem && cmp key.pem again.pem
    tpm2_unseal -c 0x81010011
    tpm2_nvread -C o 0x1500020
    tpm2_getcap handles-persistent handles-transient 2>/dev/null || tpm2_getcap handles-persistent`;

  it('keeps the contents of the TPM in both directions', async () => {
    const before = await Abrmd.start(tpm);
    try {
      await shell(
        'for i in $(seq 50); do tpm2_getrandom 1 >/dev/null 2>&1 && break; sleep 0.1; done',
        NO_SOCKET,
        before.env,
      );
      await shell(
        `tpm2_createprimary -Q -C o -G ecc -c primary.ctx
         tpm2_evictcontrol -Q -C o -c primary.ctx 0x81010010
         tpm2_readpublic -Q -c 0x81010010 -f pem -o key.pem
         printf sealed | tpm2_create -Q -C 0x81010010 -i - -u sealed.pub -r sealed.priv
         tpm2_load -Q -C 0x81010010 -u sealed.pub -r sealed.priv -c sealed.ctx
         tpm2_evictcontrol -Q -C o -c sealed.ctx 0x81010011
         tpm2_nvdefine -Q -C o -s 4 -a 'ownerwrite|ownerread' 0x1500020
         printf kept | tpm2_nvwrite -Q -C o -i - 0x1500020`,
        NO_SOCKET,
        before.env,
      );
      assert.match(await shell(READ_BACK, NO_SOCKET, before.env), /sealedkept/);
    } finally {
      await before.stop();
    }

    const transport = {
      kind: 'swtpm',
      swtpm: { data: `unix:${tpm.dataPath}`, control: `unix:${tpm.ctrlPath}` },
    };
    const daemon = await TestDaemon.start({ configuration: { transport } });
    try {
      const there = await shell(READ_BACK, daemon.wireSocket, {});
      assert.match(there, /sealedkept[\s\S]*0x81010010/);
      await shell('tpm2_unseal -c sealed.ctx', daemon.wireSocket, {});
      await shell('printf more | tpm2_nvwrite -Q -C o -i - 0x1500020', daemon.wireSocket, {});
    } finally {
      await daemon[Symbol.asyncDispose]();
    }

    const back = await Abrmd.start(tpm);
    try {
      await shell(
        'for i in $(seq 50); do tpm2_getrandom 1 >/dev/null 2>&1 && break; sleep 0.1; done',
        NO_SOCKET,
        back.env,
      );
      assert.match(await shell(READ_BACK, NO_SOCKET, back.env), /sealedmore/);
      assert.equal((await shell('tpm2_getcap handles-transient', NO_SOCKET, back.env)).trim(), '');
    } finally {
      await back.stop();
    }
  });
});
