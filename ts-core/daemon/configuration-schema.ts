/**
 * Every setting of `tbsd.json`, with its default, unit and meaning. docs/configuration.md is generated from this schema
 * (tools/docs-configuration.mjs), and a test compares them.
 */
import { join } from 'node:path';
import * as z from 'zod';
import { readSettings, type SettingValues } from '../domain/policy/policy-file.js';
import { KEY_ALGORITHMS_20 } from '../domain/tpm20/keys.js';
import type { BrokerFolders } from './configuration-folders.js';
import { DEFAULT_DEVICE, type TransportKind } from './default-transport.js';

/** Linux' sockaddr_un holds 108 bytes including the final zero; Node.js truncates longer paths silently. */
const MAX_SOCKET_PATH_BYTES = 107;

const path = z
  .string()
  .max(4096)
  .refine((text) => text.startsWith('/') || /^(?:[A-Za-z]:\\|\\\\)/.test(text), 'must be an absolute path')
  .meta({ title: 'absolute path' });

const socketPath = z
  .string()
  .refine(
    (text) => text.startsWith('/') || text.startsWith('\\\\.\\pipe\\'),
    'must be an absolute path or \\\\.\\pipe\\NAME',
  )
  .refine(
    (text) => new TextEncoder().encode(text).length <= MAX_SOCKET_PATH_BYTES,
    `longer than the ${MAX_SOCKET_PATH_BYTES} bytes that a socket's path may have`,
  )
  .meta({ title: `absolute path of at most ${MAX_SOCKET_PATH_BYTES} bytes` });

const stream = z
  .string()
  .refine(isStreamAddress, 'must be unix:/path or tcp:HOST:PORT, for example tcp:127.0.0.1:2321')
  .meta({ title: 'unix:/path or tcp:HOST:PORT' });

function isStreamAddress(text: string): boolean {
  if (text.startsWith('unix:/')) return socketPath.safeParse(text.slice('unix:'.length)).success;
  const port = /^tcp:(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})$/.exec(text)?.[1];
  return port !== undefined && Number(port) <= 65_535;
}

const LOOPBACK = /^tcp:(?:127(?:\.[0-9]{1,3}){3}|\[::1\]):/;

function isLoopback(address: string): boolean {
  return LOOPBACK.test(address);
}

const namedAccount = z.union([z.string().min(1).max(64), z.number().int().min(0).max(0xfffffffe)]);
const account = namedAccount.nullable();
const count = (max: number) => z.number().int().min(1).max(max);
const milliseconds = (max: number) => z.number().int().min(1).max(max);

const GROUP_POLICY_FOLDERS = { samba: '/var/lib/tpmtbs-policy/samba', adsys: '/var/cache/adsys' } as const;

const groupPolicyPlace = z
  .strictObject({ kind: z.enum(['samba', 'adsys']), folder: path.optional() })
  .transform(({ kind, folder }) => ({ kind, folder: folder ?? GROUP_POLICY_FOLDERS[kind] }));

const policySettings = z.record(z.string(), z.unknown()).transform((object, context): SettingValues => {
  const { values, refused } = readSettings(object);
  for (const { setting, message } of refused) {
    context.addIssue({ code: 'custom', message, path: setting === undefined ? [] : [setting] });
  }
  return values;
});

/** `transportKind` is the default: what a broker in this mode uses unless the configuration names another. */
export function configurationSchema(folders: BrokerFolders, transportKind: TransportKind) {
  const sockets = z.strictObject({
    rpc: socketPath.default(folders.rpcSocket).describe('JSON-RPC: PowerShell module, `tbs`, scripts.'),
    wire: socketPath.default(folders.wireSocket).describe('Byte frames: libtbs and the TCTI `tbs`.'),
  });

  const swtpm = z.strictObject({
    data: stream
      .nullable()
      .default(null)
      .describe('Command channel of a running swtpm, `unix:/path` or `tcp:HOST:PORT`.'),
    control: stream
      .nullable()
      .default(null)
      .describe('Control channel of that swtpm; without it there is no cancel, no locality and no reset.'),
  });
  const device = z.strictObject({
    paths: z
      .array(path)
      .min(1)
      .max(16)
      .default([DEFAULT_DEVICE])
      .describe(
        'TPM character devices. With several the first that answers is used, and status says that it stands in for those before it.',
      ),
    cancelPath: path
      .nullable()
      .default(null)
      .describe('File that cancels the running command. Unset: found in sysfs by the device name.'),
  });
  const embedded = z.strictObject({
    program: z.string().min(1).default('swtpm').describe('The swtpm program: a name on the PATH, or a path.'),
    stateFolder: path
      .default(join(folders.state, 'embedded-tpm'))
      .describe('Where the embedded software TPM keeps its state. Not protected against who can read the disk.'),
    tpmVersion: z.enum(['2.0', '1.2']).default('2.0').describe('Version of the embedded TPM.'),
  });
  const transport = z.strictObject({
    kind: z
      .enum(['auto', 'swtpm', 'device', 'embedded', 'windowsTbs'])
      .default(transportKind)
      .describe(
        "How the TPM is reached. The default is the system's TPM for the system's broker (`device`, on Windows `windowsTbs`) and `embedded` for a user's own. `auto` allows falling back: the first that answers of the device (on Windows its own TBS), a configured swtpm, and an embedded TPM.",
      ),
    swtpm: swtpm.prefault({}),
    device: device.prefault({}),
    embedded: embedded.prefault({}),
  });

  const limits = z.strictObject({
    connections: count(65_536)
      .default(2048)
      .describe('Connections at once of an endpoint, of all users together; one in 16 is kept for administrators.'),
    connectionsPerUser: count(65_536)
      .default(1100)
      .describe('Connections at once of one user who is no administrator.'),
    messageBytes: count(16_777_216)
      .default(2_097_152)
      .describe('Length of one JSON-RPC message of an administrator, bytes.'),
    userMessageBytes: count(16_777_216)
      .default(65_536)
      .describe('Length of one JSON-RPC message of a caller who is no administrator, bytes.'),
    bytesPerUser: count(1_073_741_824)
      .default(16_777_216)
      .describe(
        'What the broker keeps for one user, over all his connections, bytes: half for messages that arrive and wait, half for calls under way and replies that are not read. Beyond it nothing is read from him.',
      ),
    queuedSubmissions: count(1_000_000)
      .default(16_384)
      .describe('Commands that wait, of all users together; one in 16 is kept for administrators.'),
    queuedSubmissionsPerUser: count(1_000_000).default(2048).describe('Commands that wait, of one user.'),
    queuedSubmissionsPerContext: count(100_000).default(64).describe('Commands that wait, of one context.'),
    unreadReplyBytes: count(67_108_864)
      .default(1_048_576)
      .describe(
        'Replies that a connection has not read yet, bytes. Above it none of its calls are served; one that reads nothing for timeouts.partialMessageMs is then closed.',
      ),
    savedSessionsPerUser: count(64)
      .default(4)
      .describe('Authorization sessions that one user may leave saved outside of any context; the oldest goes first.'),
    eventSubscribers: count(1024).default(64).describe('Connections of one user that follow events at once.'),
  });

  const timeouts = z.strictObject({
    connectMs: milliseconds(600_000).default(5_000).describe('Connecting to the TPM, milliseconds.'),
    commandMs: milliseconds(3_600_000)
      .default(300_000)
      .describe('Longest wait for the answer of the TPM to one command, milliseconds; then TBS_E_IOERROR.'),
    partialMessageMs: milliseconds(600_000)
      .default(10_000)
      .describe('From the first byte of a message to its last, milliseconds; then the connection is closed.'),
    drainMs: milliseconds(600_000)
      .default(10_000)
      .describe('How long a stop waits for commands that are under way, milliseconds.'),
  });

  const scheduling = z.strictObject({
    agingHorizonMs: milliseconds(3_600_000)
      .default(30_000)
      .describe('After waiting this long a command goes ahead of every priority, milliseconds.'),
  });

  const policy = z.strictObject({
    folder: path
      .default(join(folders.configuration, 'policy.d'))
      .describe('Folder of policy files (`*.json`), read in the order of their names.'),
    registryPol: z
      .array(path)
      .max(64)
      .default([])
      .describe('Registry.pol files (PReg) of Group Policy, weakest first.'),
    groupPolicy: z
      .array(groupPolicyPlace)
      .max(8)
      .default(folders.groupPolicy === undefined ? [] : [{ kind: 'samba', folder: folders.groupPolicy }])
      .describe(
        'Where domain clients deliver Group Policy, weakest first; stronger than `registryPol`. `samba`: the folder that the Samba extension writes. `adsys`: the cache folder of adsys.',
      ),
    missingFileGraceMs: milliseconds(3_600_000)
      .default(60_000)
      .describe(
        'How long a file of `registryPol`, or the policy folder, that has vanished keeps what it held in force, milliseconds. What a domain delivered stays in force until the domain says otherwise.',
      ),
    settings: policySettings
      .prefault({})
      .describe('Policy settings as in a policy file; the weakest source above the defaults.'),
    pollMs: milliseconds(3_600_000)
      .default(15_000)
      .describe('Sources are watched, and compared at this interval as well, milliseconds.'),
  });

  const audit = z.strictObject({
    path: path.default(join(folders.log, 'audit.jsonl')).describe('The audit log: one JSON line a decision.'),
    maxFileBytes: z
      .number()
      .int()
      .min(4096)
      .max(1_073_741_824)
      .default(10_485_760)
      .describe('Length at which the audit file is rotated, bytes.'),
    maxFiles: z.number().int().min(1).max(1000).default(5).describe('Audit files kept, the current one included.'),
    coalesceMs: milliseconds(3_600_000)
      .default(60_000)
      .describe('Identical refusals of one user within this time become one line, milliseconds.'),
  });

  const log = z.strictObject({
    level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least severe message that is logged.'),
    path: path
      .nullable()
      .default(null)
      .describe('Log file. Unset: standard error, which systemd keeps in the journal.'),
  });

  const swtpmSimulator = z.strictObject({
    data: stream.describe('Where the swtpm command channel is offered.'),
    control: stream.describe('Where the swtpm control channel is offered.'),
  });
  const mssimSimulator = z.strictObject({
    command: stream.describe("Where the Microsoft simulator's command port is offered."),
    platform: stream.describe("Where the Microsoft simulator's platform port is offered."),
  });
  const simulator = z.strictObject({
    swtpm: swtpmSimulator.nullable().default(null).describe('Speak the swtpm protocol to clients. Unset: off.'),
    mssim: mssimSimulator.nullable().default(null).describe('Speak the Microsoft simulator protocol. Unset: off.'),
    bare: stream
      .nullable()
      .default(null)
      .describe('Take bare commands, as the tcsd of trousers sends them to a TCP device. Unset: off.'),
  });

  const metricsTls = z.strictObject({
    certificateFile: path.describe('Certificate of the broker, with those between it and its authority (PEM).'),
    keyFile: path.describe('Private key of the certificate (PEM).'),
    clientAuthorityFile: path.describe('Authority of the certificates that scrapers must show (PEM).'),
  });
  const metrics = z
    .strictObject({
      listen: stream
        .refine((address) => address.startsWith('tcp:'), 'must be tcp:HOST:PORT')
        .nullable()
        .default(null)
        .describe('Where metrics are served over HTTP, `tcp:127.0.0.1:9820`. Unset: nowhere. [metrics.md](metrics.md)'),
      tls: metricsTls
        .nullable()
        .default(null)
        .describe('Serve them over HTTPS, to whoever holds a certificate of the given authority.'),
    })
    .refine(({ listen, tls }) => listen === null || tls !== null || isLoopback(listen), {
      path: ['tls'],
      message: 'is needed where metrics.listen is not a loopback address',
    });

  const directory = z
    .strictObject({
      server: z
        .string()
        .regex(/^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]{1,253})(?::[0-9]{1,5})?$/, 'must be HOST or HOST:PORT')
        .nullable()
        .default(null)
        .meta({ title: '`HOST` or `HOST:PORT`' })
        .describe('Domain controller. Unset: found by DNS (`_ldap._tcp.DOMAIN`).'),
      domain: z
        .string()
        .regex(/^[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*$/, 'must be a DNS name')
        .max(253)
        .nullable()
        .default(null)
        .meta({ title: 'DNS name' })
        .describe('Domain whose controllers are found by DNS when no server is set.'),
      caFile: path
        .nullable()
        .default(null)
        .describe(
          "PEM file of the authorities that the server's certificate must come from. Unset: Node.js' own list.",
        ),
      dnsServers: z
        .array(
          z
            .string()
            .max(64)
            .regex(/^(?:\[[0-9a-fA-F:]+\]|[0-9a-fA-F:]+|[0-9.]+)(?::[0-9]{1,5})?$/, 'must be ADDRESS or ADDRESS:PORT'),
        )
        .min(1)
        .max(8)
        .nullable()
        .default(null)
        .meta({ title: '`ADDRESS` or `ADDRESS:PORT`, each' })
        .describe("DNS servers that know the domain, where the system's do not. Unset: the system's."),
      credentialsFile: path
        .nullable()
        .default(null)
        .describe(
          "JSON file with `user` and `password` of the account that backs up; only root may read it. Unset: the machine's own account, by Kerberos.",
        ),
      keytabFile: path
        .default('/etc/krb5.keytab')
        .describe("Keytab with the key of the machine's own account; only root may read it."),
      principal: z
        .string()
        .regex(/^[^@\s]{1,256}@[^@\s]{1,256}$/, 'must be NAME@REALM')
        .nullable()
        .default(null)
        .meta({ title: '`NAME@REALM`' })
        .describe('Kerberos principal of the keytab to use. Unset: the account of the computer.'),
      computer: z
        .string()
        .min(1)
        .max(1024)
        .nullable()
        .default(null)
        .describe('Distinguished name of the computer object, or the name of the computer. Unset: the host name.'),
      startTls: z.boolean().default(false).describe('StartTLS on the LDAP port instead of LDAPS.'),
      timeoutMs: milliseconds(600_000)
        .default(15_000)
        .describe('One operation with one server, from connecting to the last answer, milliseconds.'),
    })
    .refine(({ server, domain }) => server !== null || domain !== null, 'needs `server` or `domain`');

  const power = z.strictObject({
    logind: z.boolean().default(true).describe('Follow suspend and resume as systemd-logind tells them (D-Bus).'),
    systemBusAddress: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe('D-Bus address of the system bus. Unset: the standard one.'),
    suspendTimeoutMs: milliseconds(60_000)
      .default(4_000)
      .describe(
        'How long a suspend waits for the TPM, milliseconds; keep it below InhibitDelayMaxSec of logind.conf (5 s).',
      ),
  });

  const provisioning = z.strictObject({
    keyAlgorithm: z
      .enum(['auto', ...KEY_ALGORITHMS_20])
      .default('auto')
      .describe(
        'Storage root key and endorsement key that are made in a TPM 2.0. `auto`: RSA 2048, and ECC P-256 where the TPM has no RSA.',
      ),
  });

  const platform = z.strictObject({
    physicalPresenceFolder: path
      .nullable()
      .default(null)
      .describe("The kernel's physical presence interface. Unset: `/sys/class/tpm/tpmN/ppi` of the TPM in use."),
    eventLogPath: path
      .nullable()
      .default(null)
      .describe(
        "The firmware's measured-boot log. Unset: `/sys/kernel/security/tpmN/binary_bios_measurements` of the TPM in use.",
      ),
  });

  return z.strictObject({
    $schema: z.string().optional().describe('For editors; sets nothing.'),
    enabled: z.boolean().default(true).describe('When false, callers are answered TBS_E_SERVICE_DISABLED.'),
    stateFolder: path.default(folders.state).describe('Records of the broker; its user alone may read them.'),
    administratorsGroup: account
      .default(null)
      .describe('Group (name or number) whose members are administrators, beside root. Unset: root alone.'),
    observersGroup: account
      .default(null)
      .describe(
        'Group (name or number) whose members may read everybody’s data, and change no more than other standard users. Unset: nobody may.',
      ),
    observerUsers: z
      .array(namedAccount)
      .max(64)
      .default([])
      .describe(
        'Users (name or number) with the same right: a service that gathers figures. Over TCP users count, groups do not.',
      ),
    sandboxedAppsGroup: account
      .default(null)
      .describe('Group (name or number) whose members count as sandboxed apps. Unset: nobody does.'),
    overflowUser: account
      .default(null)
      .describe(
        "User (name or number) behind the kernel's overflow user id, 65534: `nobody`, or, for a broker in a container, the host's user whose programs connect. Such callers are never administrators. Unset: they are refused. [containers.md](containers.md)",
      ),
    sockets: sockets.prefault({}),
    transport: transport.prefault({}),
    limits: limits.prefault({}),
    timeouts: timeouts.prefault({}),
    scheduling: scheduling.prefault({}),
    policy: policy.prefault({}),
    audit: audit.prefault({}),
    log: log.prefault({}),
    simulator: simulator.prefault({}),
    metrics: metrics.prefault({}),
    directory: directory
      .nullable()
      .default(null)
      .describe('AD DS, for the backup of the owner authorization. Unset: none; see directory-backup.md.'),
    power: power.prefault({}),
    provisioning: provisioning.prefault({}),
    platform: platform.prefault({}),
  });
}

export type ConfigurationSettings = Omit<z.output<ReturnType<typeof configurationSchema>>, '$schema'>;
