/** The state of the broker and of its TPM, for administrators. */
import * as z from 'zod';
import { ADMINISTRATOR_ONLY, EVERYBODY_ALL, READ_OWN } from '../../access.js';
import { type Described, method, noParams, objectType } from './method.js';
import { callerClass, commandCode, count, milliseconds, tpmVersion, uint32, userKey, utcTime } from './values.js';

export const DeviceInfo = objectType(
  'DeviceInfo',
  'The TPM: TPM_DEVICE_INFO of Tbs.h, with further properties for administrators.',
  {
    structVersion: z.literal(1).describe('The version of TPM_DEVICE_INFO.'),
    tpmVersionNumber: z.union([z.literal(1), z.literal(2)]).describe('As in Tbs.h: 1 for TPM 1.2, 2 for TPM 2.0.'),
    tpmVersion: tpmVersion.describe('The TPM’s version.'),
    tpmInterfaceType: uint32.describe('TPM_IFTYPE of Tbs.h; 0: unknown.'),
    tpmImpRevision: uint32.describe('Revision of the specification that the TPM implements.'),
    manufacturer: z.string().describe('The manufacturer id as text: IBM.'),
    manufacturerId: uint32.describe('The manufacturer id.'),
    firmwareVersion: z.string().describe('The TPM’s firmware version.'),
    vendorString: z.string().describe('The manufacturer’s own text.'),
    specification: z.string().describe('The specification, its level and revision.'),
    maxCommandBytes: count.describe('The largest command that the TPM accepts, in bytes.'),
    maxResponseBytes: count.describe('The largest response that the TPM returns, in bytes.'),
    transport: z.string().describe('How the broker reaches the TPM: device /dev/tpm0.'),
  },
);
export type DeviceInfo = Described<typeof DeviceInfo>;

export const StatusCaller = objectType('StatusCaller', 'The caller, as the operating system identifies it.', {
  userKey: userKey.describe('The user: uid:1000, or sid:S-1-5-… on Windows.'),
  callerClass: callerClass.describe('The class whose lists and limits apply.'),
  isObserver: z.boolean().describe('Whether the caller may read everybody’s data, as administrators may.'),
});
export type StatusCaller = Described<typeof StatusCaller>;

export const QueueState = objectType('QueueState', 'The queue of commands.', {
  waiting: count.describe('Number of queued commands.'),
  inFlight: z.boolean().describe('Whether the TPM is executing a command now.'),
  completed: count.describe('Commands completed since the broker started.'),
  refused: count.describe('Commands refused since the broker started.'),
  cancelled: count.describe('Commands cancelled since the broker started.'),
  estimatedWaitMs: milliseconds.describe(
    'Estimated wait of a command submitted now, if everything in the queue goes first, in milliseconds.',
  ),
});
export type QueueState = Described<typeof QueueState>;

export const CommandCost = objectType('CommandCost', 'The measured duration of a command on this TPM.', {
  code: commandCode.describe('TPM 1.2 ordinal or TPM 2.0 command code.'),
  name: z.string().describe('The command’s name.'),
  keyType: z
    .string()
    .nullable()
    .describe('The type of the key that it creates: RSA 2048, ECC P-256; null if it creates none.'),
  count: count.describe('How often it was measured.'),
  meanMs: milliseconds.describe('Mean duration in milliseconds.'),
});
export type CommandCost = Described<typeof CommandCost>;

export const StatusWarning = objectType('StatusWarning', 'A problem that needs an administrator.', {
  id: z.string().describe('The problem’s stable name, for scripts: tpmOpenToOthers.'),
  message: z.string().describe('What is wrong.'),
  action: z.string().describe('What to do.'),
  since: utcTime.describe('When the broker first noticed it.'),
});
export type StatusWarning = Described<typeof StatusWarning>;

export const PassedOverTpm = objectType('PassedOverTpm', 'A configured transport that was tried without success.', {
  transport: z.string().describe('The transport, for example device /dev/tpm0.'),
  reason: z.string().describe('Why it is not in use.'),
});
export type PassedOverTpm = Described<typeof PassedOverTpm>;

export const StandIn = objectType('StandIn', 'The TPM that the broker uses instead of the machine’s own.', {
  kind: z
    .enum(['softwareTpm', 'otherDevice'])
    .describe('softwareTpm: a program, which protects keys no better than a file does; otherDevice: another device.'),
  passedOver: z
    .array(PassedOverTpm)
    .describe('The transports that were tried first; empty if the configuration names the stand-in.'),
});
export type StandIn = Described<typeof StandIn>;

export const TpmLockout = objectType(
  'TpmLockout',
  'A TPM 2.0’s own protection against guesses (dictionary-attack protection).',
  {
    lockedOut: z.boolean().describe('Whether the TPM now rejects all authorizations of protected objects.'),
    failedTries: count.describe('Failed tries counted now, including those caused by a disorderly stop.'),
    maxTries: count.describe('Failed tries at which the TPM locks.'),
    recoverySeconds: count.describe('Seconds after which the TPM forgets one failed try; 0: never.'),
    lockoutRecoverySeconds: count.describe('Seconds after a wrong lockout authorization until the next may be tried.'),
  },
);
export type TpmLockout = Described<typeof TpmLockout>;

export const StatusEndpoint = objectType('StatusEndpoint', 'An endpoint that is open.', {
  kind: z
    .enum(['rpc', 'wire', 'swtpm', 'mssim', 'bare', 'metrics'])
    .describe('The protocol that it speaks; metrics: Prometheus’ text over HTTP.'),
  address: z.string().describe('The socket’s path, the pipe’s name, or host and port.'),
});
export type StatusEndpoint = Described<typeof StatusEndpoint>;

/** The settings `limits` of tbsd.json, in their order. */
export const Limits = objectType('Limits', 'The limits in force, by their names in tbsd.json.', {
  connections: count.describe('Open connections to one endpoint, of all users together.'),
  connectionsPerUser: count.describe('Open connections of one user who is not an administrator.'),
  messageBytes: count.describe('Length of a JSON-RPC message from an administrator, in bytes.'),
  userMessageBytes: count.describe('Length of a JSON-RPC message from anybody else, in bytes.'),
  bytesPerUser: count.describe('Memory for one user, over all connections, in bytes.'),
  queuedSubmissions: count.describe('Commands in the queue, of all users together.'),
  queuedSubmissionsPerUser: count.describe('Commands in the queue, of one user.'),
  queuedSubmissionsPerContext: count.describe('Commands in the queue, of one context.'),
  unreadReplyBytes: count.describe('Replies that a client has not read, per connection, in bytes.'),
  savedSessionsPerUser: count.describe(
    'Saved authorization sessions of one user whose connection has ended; beyond it, the oldest is flushed.',
  ),
  eventSubscribers: count.describe('Connections of one user that follow events at the same time.'),
});
export type Limits = Described<typeof Limits>;

export const Status = objectType('Status', 'The state of the broker.', {
  version: z.string().describe('The broker’s version.'),
  processId: z.number().int().describe('The broker’s process.'),
  startedAt: utcTime.describe('When it started.'),
  mode: z.enum(['system', 'user']).describe('system: the machine’s broker; user: a broker that a user started.'),
  state: z.enum(['starting', 'running', 'suspended', 'stopping']).describe('What the broker is doing.'),
  health: z
    .enum(['works', 'degraded', 'down'])
    .describe('works; degraded: works, but with warnings; down: the TPM cannot be reached, so every command fails.'),
  healthSince: utcTime.describe('When the broker first noticed this health.'),
  tpm: DeviceInfo.nullable().describe('The TPM; null if there is none.'),
  standIn: StandIn.nullable().describe('The TPM that stands in for the machine’s own; null while that one is used.'),
  caller: StatusCaller.describe('The caller of this method.'),
  contexts: count.describe('Open contexts of all callers.'),
  queue: QueueState.describe('The queue.'),
  cancellation: z
    .enum(['controlChannel', 'sysfs', 'tbs', 'none'])
    .describe('How a running command is cancelled; none: it always runs to its end.'),
  costs: z.array(CommandCost).describe('Durations by command and by the type of key created.'),
  tpmLockout: TpmLockout.nullable().describe('The TPM’s own lockout; null for a TPM 1.2, or if unknown.'),
  warnings: z
    .array(StatusWarning)
    .describe(
      'Problems that need an administrator: the reasons why the broker is degraded or, first in the list, down (tpmLost).',
    ),
  limits: Limits.describe('The limits in force.'),
  endpoints: z.array(StatusEndpoint).describe('The endpoints that are open.'),
});
export type Status = Described<typeof Status>;

export const statusGet = method('status/get', {
  summary: 'Returns the state of the broker.',
  access: READ_OWN,
  params: noParams,
  result: Status,
});

export const deviceGet = method('device/get', {
  summary: 'Returns the TPM’s properties (Tbsi_GetDeviceInfo).',
  access: EVERYBODY_ALL,
  params: noParams,
  result: DeviceInfo,
});

export const serviceStop = method('service/stop', {
  summary: 'Drains and stops the broker. It has stopped once its process has ended.',
  access: ADMINISTRATOR_ONLY,
  params: z
    .strictObject({
      drainTimeoutMs: z
        .number()
        .int()
        .min(0)
        .max(600_000)
        .default(10_000)
        .describe('How long accepted commands may take to finish, in milliseconds.'),
    })
    .optional(),
  result: z.strictObject({ processId: z.number().int().describe('The process that is about to end.') }),
});
