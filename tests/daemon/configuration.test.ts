import { deepEqual, equal, match, throws } from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, loadConfiguration } from '../../ts-core/daemon/configuration.js';

const uid = process.getuid?.() ?? 0;
const noEnvironment = { HOME: '/home/somebody' };

describe('configuration', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tbs-configuration-'));
    file = join(folder, 'tbsd.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const load = (content: unknown, overrides: Record<string, unknown> = {}) => {
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
    return loadConfiguration({ path: file, overrides, env: noEnvironment, uid });
  };
  const problemsOf = (content: unknown): readonly string[] => {
    try {
      load(content);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.problems;
      throw error;
    }
    return [];
  };

  it('uses the system’s folders for the system’s broker', () => {
    writeFileSync(file, '{}', { mode: 0o600 });
    const configuration = loadConfiguration({ path: file, mode: 'system', env: noEnvironment, uid });
    equal(configuration.mode, 'system');
    equal(configuration.sockets.rpc, '/run/tpmtbs/rpc.sock');
    equal(configuration.stateFolder, '/var/lib/tpmtbs');
    equal(configuration.policy.folder, '/etc/tpmtbs/policy.d');
    equal(configuration.audit.path, '/var/log/tpmtbs/audit.jsonl');
  });

  it('uses only the machine’s TPM for the system’s broker, and a software TPM for a user’s own', () => {
    writeFileSync(file, '{}', { mode: 0o600 });
    const transportOf = (mode: 'system' | 'user') =>
      loadConfiguration({ path: file, mode, env: noEnvironment, uid }).transport;
    equal(transportOf('system').kind, 'device');
    deepEqual(transportOf('system').device.paths, ['/dev/tpm0']);
    equal(transportOf('user').kind, 'embedded');
  });

  it('takes no folder of the system’s broker from the environment', () => {
    writeFileSync(file, '{}', { mode: 0o600 });
    const env = { HOME: '/h', XDG_RUNTIME_DIR: '/r', XDG_STATE_HOME: '/s', XDG_CONFIG_HOME: '/c', TPMTBS: '/t' };
    const load = (environment: Record<string, string>) =>
      loadConfiguration({ path: file, mode: 'system', env: environment, uid });
    deepEqual(load(env), load({}));
  });

  it('uses the user’s folders for a user’s broker', () => {
    const env = { HOME: folder, XDG_RUNTIME_DIR: '/run/user/1000', XDG_STATE_HOME: '/s', XDG_CONFIG_HOME: '/c' };
    const configuration = loadConfiguration({ env, uid: 1000 });
    equal(configuration.mode, 'user');
    equal(configuration.file, undefined);
    equal(configuration.sockets.wire, '/run/user/1000/tpmtbs/wire.sock');
    equal(configuration.stateFolder, '/s/tpmtbs');
    equal(configuration.policy.folder, '/c/tpmtbs/policy.d');
  });

  it('ignores a relative path in an XDG variable', () => {
    const configuration = loadConfiguration({ env: { HOME: folder, XDG_STATE_HOME: 'here' }, uid: 1000 });
    equal(configuration.stateFolder, join(folder, '.local/state/tpmtbs'));
  });

  it('reads the file, adds defaults and overrides both with the command line', () => {
    const configuration = load(
      { transport: { kind: 'swtpm', swtpm: { data: 'unix:/run/swtpm/data' } }, limits: { connections: 7 } },
      { transport: { swtpm: { control: 'tcp:127.0.0.1:2322' } }, log: { level: 'debug' } },
    );
    equal(configuration.file, file);
    deepEqual(configuration.transport.swtpm, { data: 'unix:/run/swtpm/data', control: 'tcp:127.0.0.1:2322' });
    equal(configuration.transport.kind, 'swtpm');
    equal(configuration.limits.connections, 7);
    equal(configuration.limits.queuedSubmissionsPerContext, 64);
    equal(configuration.log.level, 'debug');
  });

  it('reports every unknown setting by name, at any depth', () => {
    deepEqual(problemsOf({ sokets: {}, limits: { conections: 1, queued: 2 } }), [
      'unknown setting "limits.conections"',
      'unknown setting "limits.queued"',
      'unknown setting "sokets"',
    ]);
  });

  it('reports an unknown or invalid policy setting by name', () => {
    const problems = problemsOf({ policy: { settings: { maxContext: 3, ignoreLocalList: 1 } } });
    equal(problems.length, 2);
    match(problems[0] ?? '', /^policy\.settings\.maxContext: .*did you mean "maxContexts"/);
    match(problems[1] ?? '', /^policy\.settings\.ignoreLocalList: /);
  });

  it('converts policy settings to their types', () => {
    const { policy } = load({ policy: { settings: { blockedCommands: ['0x17B', 129] } } });
    deepEqual(policy.settings, { blockedCommands: [129, 379] });
  });

  for (const [what, content] of [
    ['a number out of range', { limits: { connections: 0 } }],
    ['a wrong type', { enabled: 'yes' }],
    ['a relative path', { stateFolder: 'state' }],
    ['a socket path that the platform would cut off', { sockets: { rpc: `/run/${'x'.repeat(110)}` } }],
    ['an address without a port', { transport: { swtpm: { data: 'tcp:127.0.0.1' } } }],
    ['a list instead of an object', []],
    ['text that is not JSON', '{'],
  ] as const) {
    it(`refuses ${what}`, () => equal(problemsOf(content).length, 1));
  }

  it('requires the file if its path was given', () => {
    throws(() => loadConfiguration({ path: join(folder, 'none.json'), env: noEnvironment, uid }), /does not exist/);
  });

  it('refuses a file that others can write', () => {
    writeFileSync(file, '{}');
    chmodSync(file, 0o666);
    throws(() => loadConfiguration({ path: file, env: noEnvironment, uid }), /chmod go-w/);
  });

  it('refuses a file in a folder that others can write', () => {
    const open = join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    const inside = join(open, 'tbsd.json');
    writeFileSync(inside, '{}', { mode: 0o600 });
    throws(() => loadConfiguration({ path: inside, env: noEnvironment, uid }), /folder .* can be written by others/);
  });

  it('refuses a file of another user (needs root to create one)', function () {
    if (uid !== 0) this.skip();
    writeFileSync(file, '{}', { mode: 0o600 });
    chownSync(file, 12345, 12345);
    throws(() => loadConfiguration({ path: file, env: noEnvironment, uid }), /belongs to user 12345/);
  });
});
