/**
 * Assembles the daemon. This file, with the platform-specific parts in unix-parts.ts and windows-parts.ts, is the only
 * one that constructs adapters.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AuditFile } from '../adapters/audit/audit-file.js';
import { type BrokerLog, openBrokerLog } from '../adapters/audit/broker-log.js';
import { journalEvents, leadsToJournal } from '../adapters/audit/journal.js';
import { nodeCrypto12 } from '../adapters/crypto/node-crypto12.js';
import { nodeHash } from '../adapters/crypto/node-hash.js';
import type { ActiveDirectory } from '../adapters/directory/active-directory.js';
import type { SystemKerberos } from '../adapters/directory/system-kerberos.js';
import { ActionScriptFiles } from '../adapters/event-actions/action-script-files.js';
import { SystemAbrmd } from '../adapters/platform/abrmd.js';
import { EventLogFile } from '../adapters/platform/event-log-file.js';
import { PhysicalPresenceSysfs } from '../adapters/platform/physical-presence-sysfs.js';
import { FilePolicyStore } from '../adapters/policy/policy-store.js';
import type { LogindPowerMonitor } from '../adapters/power/logind.js';
import { EncryptedOwnerAuthFiles } from '../adapters/state/owner-auth-files.js';
import { noteStateFormat } from '../adapters/state/state-format-file.js';
import { SystemClock } from '../adapters/state/system-clock.js';
import { createTransport } from '../adapters/transport/create-transport.js';
import { detectTpm } from '../adapters/transport/detect-version.js';
import type { Application } from '../application/application.js';
import { startBroker } from '../application/broker.js';
import type { PolicyStore } from '../application/ports/policy-store.js';
import type { PassedOverTpm, TpmTransport } from '../application/ports/tpm-transport.js';
import { claimStateFormat, STATE_FORMAT } from '../application/state/state-format.js';
import { TbsError } from '../domain/tbs-error.js';
import { Tpm12Virtualizer } from '../domain/virtualization/tpm12/tpm12-virtualizer.js';
import { DEFAULT_RESOURCE_LIMITS } from '../domain/virtualization/tpm20/quotas.js';
import { Tpm20Virtualizer } from '../domain/virtualization/tpm20/tpm20-virtualizer.js';
import { RefusedConnections } from '../endpoints/refused-connections.js';
import { inheritedSockets } from '../endpoints/unix-listener.js';
import { openCallerSockets } from './caller-sockets.js';
import type { Configuration } from './configuration.js';
import { type DaemonIdentity, openEndpoints } from './open-endpoints.js';
import type { PlatformParts } from './platform-parts.js';
import { prepareFolders } from './prepare-folders.js';
import { productVersion } from './product-version.js';
import { ReloadConfiguration } from './reload-configuration.js';
import { directoryCredential, isServiceCredential } from './service-credential.js';
import { hasServiceManager, ServiceNotification } from './service-notification.js';
import { ServiceStatus } from './service-status.js';
import { type RequestedStop, StopRequest } from './stop-request.js';
import { transportOptions } from './transport-choice.js';

export interface RunningDaemon extends RequestedStop {
  /** Reads the configuration again; reports the result in the log and as an event. */
  reload(): void;
}

const STANDARD_ERROR = 2;

/**
 * Starts everything and resolves when callers can connect. If a part fails, stops the parts that were already started.
 * `readAgain` reads the configuration from the same file.
 */
export async function startDaemon(
  configuration: Configuration,
  identity: DaemonIdentity,
  readAgain: () => Configuration,
): Promise<RunningDaemon> {
  const closers: (() => Promise<void> | void)[] = [];
  requireEnabled(configuration);
  prepareFolders(configuration, inheritedSockets(identity.env, identity.processId));
  const withPriorities = configuration.log.path === null && leadsToJournal(identity.env, STANDARD_ERROR);
  const log = openBrokerLog({ ...configuration.log, withPriorities });
  closers.push(() => log.close());
  try {
    return await startParts(configuration, identity, readAgain, log, closers);
  } catch (error) {
    await closeAll(closers, log);
    throw error;
  }
}

async function startParts(
  configuration: Configuration,
  identity: DaemonIdentity,
  readAgain: () => Configuration,
  log: BrokerLog,
  closers: (() => Promise<void> | void)[],
): Promise<RunningDaemon> {
  const platform = await platformParts(configuration, identity.uid, log);
  const clock = new SystemClock({ bootTimeNs: platform.bootTimeNs });
  const store = platform.openStore();
  closers.push(() => store.close());
  await claimStateFormat(store, productVersion(), configuration.stateFolder);
  if (process.platform !== 'win32') noteStateFormat(configuration.stateFolder, STATE_FORMAT, productVersion());
  const policy = new FilePolicyStore({
    ...configuration.policy,
    configured: settingsInFile(configuration),
    stateFolder: configuration.stateFolder,
    brokerUid: identity.uid,
    windowsRegistry: platform.windowsRegistry,
    clock,
    log,
  });
  closers.push(() => policy.close());
  const onEvent = leadsToJournal(identity.env, STANDARD_ERROR) ? journalEvents(platform.sendDatagram) : undefined;
  const audit = new AuditFile({ ...configuration.audit, clock, log, onEvent });
  closers.push(() => audit.close());
  const callerSockets = await openCallerSockets(
    configuration,
    inheritedSockets(identity.env, identity.processId),
    platform.openSocket,
  );
  closers.push(() => callerSockets.close());
  const passedOver: PassedOverTpm[] = [];
  const transport = await createTransport(transportOptions(configuration), {
    log,
    onPassedOver: (each) => passedOver.push(each),
    ...platform.transport,
  });
  closers.push(() => transport.close());
  const { eventLogPath, physicalPresenceFolder } = configuration.platform;
  // A TPM may return under another name. A TPM without a name (a software TPM) is not the firmware's.
  const tpmName = () => transport.tpmName ?? 'tpm0';
  const stopRequest = new StopRequest();
  const tpmAndVirtualizer = await tpmParts(configuration, transport, policy);
  const broker = await startBroker({
    ...tpmAndVirtualizer,
    passedOver,
    otherManager: new SystemAbrmd(),
    store,
    policy,
    audit,
    clock,
    log,
    eventLoop: platform.eventLoop,
    userNames: platform.userNames,
    ownerAuthFiles: new EncryptedOwnerAuthFiles(join(configuration.stateFolder, 'owner-auth')),
    crypto: nodeCrypto12,
    ownerAuthDirectory: await ownerAuthDirectory(configuration, identity, platform.kerberos),
    keyAlgorithm: configuration.provisioning.keyAlgorithm,
    eventLog: new EventLogFile(() => eventLogPath ?? `/sys/kernel/security/${tpmName()}/binary_bios_measurements`),
    physicalPresence: new PhysicalPresenceSysfs(() => physicalPresenceFolder ?? `/sys/class/tpm/${tpmName()}/ppi`),
    hash: nodeHash,
    // In a user's own broker, that user may own the scripts too.
    actionScripts: new ActionScriptFiles(configuration.mode === 'user' ? [0, identity.uid] : [0]),
    queueLimits: {
      maxQueued: configuration.limits.queuedSubmissions,
      maxQueuedPerUser: configuration.limits.queuedSubmissionsPerUser,
      maxQueuedPerContext: configuration.limits.queuedSubmissionsPerContext,
    },
    agingHorizonMs: configuration.scheduling.agingHorizonMs,
    // Only a TPM with a kernel driver has a name and the kernel's resource manager.
    idleEvictionMs:
      transport.tpmName === undefined ? undefined : (configuration.transport.device.idleEvictionMs ?? undefined),
    longestCommandMs: configuration.timeouts.commandMs,
    suspendTimeoutMs: configuration.power.suspendTimeoutMs,
    machineName: hostname(),
    requestStop: (drainTimeoutMs, failure) => stopRequest.ask(drainTimeoutMs, failure),
  });
  const endpoints = await openEndpoints({
    configuration,
    identity,
    application: broker.application,
    ...platform.endpoints,
    callerSockets,
    refused: new RefusedConnections(log, clock),
    clock,
    log,
  });
  const logind = await followLogind(configuration, platform, broker.application, log);
  const { env, processId } = identity;
  const notification = new ServiceNotification({ env, processId, sendDatagram: platform.sendDatagram, clock, log });
  const tpm = `TPM ${tpmAndVirtualizer.version}, ${transport.description}`;
  notification.ready(tpm);
  const { events } = broker.application;
  const status = hasServiceManager(env)
    ? new ServiceStatus({ health: () => broker.application.status.health(), tpm, events, clock, notification, log })
    : undefined;
  log.info({ rpc: configuration.sockets.rpc, wire: configuration.sockets.wire, tpm: transport.description }, 'ready');
  const reloading = new ReloadConfiguration({
    started: configuration,
    read: readAgain,
    prepare: (next) => {
      const replaceCallerRules = platform.prepareCallerRules(next);
      return () => {
        replaceCallerRules();
        log.setLevel(next.log.level);
        policy.configure(settingsInFile(next));
      };
    },
    events,
    notification,
    log,
  });
  const { stopped, stop } = stopRequest.serve(async (drainTimeoutMs) => {
    status?.close();
    notification.stopping();
    log.info({}, 'stopping');
    // First everything that can create more work, then background work, and last the stores and logs that both write to.
    endpoints.stopListening();
    await logind?.close();
    await broker.drain(drainTimeoutMs);
    // Closing connections flushes their contexts. The TPM is shut down only then, since no command may follow.
    await endpoints.close();
    await policy.close();
    await broker.shutDown();
    clock.close();
    await closeAll(closers, log);
  });
  const reload = (): void => {
    if (!stopRequest.isAsked) reloading.reload();
  };
  return { stopped, stop, reload };
}

function settingsInFile({ policy, file }: Configuration) {
  return { values: policy.settings, location: file ?? 'default' };
}

/** Loaded here, because callers can connect already and need not wait for D-Bus. */
async function followLogind(
  { power: { logind: isWanted, systemBusAddress } }: Configuration,
  { hasLogind }: PlatformParts,
  { power }: Application,
  log: BrokerLog,
): Promise<LogindPowerMonitor | undefined> {
  if (!isWanted || !hasLogind) return undefined;
  const { LogindPowerMonitor } = await import('../adapters/power/logind.js');
  const logind = new LogindPowerMonitor({ address: systemBusAddress ?? undefined, log });
  logind.start({ prepareForSleep: () => power.suspend(undefined), awake: () => power.resume(undefined) });
  return logind;
}

/** Imported when needed: each needs native libraries that the other's platform lacks. */
async function platformParts(configuration: Configuration, ownUid: number, log: BrokerLog): Promise<PlatformParts> {
  if (process.platform === 'win32') return (await import('./windows-parts.js')).windowsParts(configuration, log);
  return (await import('./unix-parts.js')).unixParts(configuration, ownUid);
}

function requireEnabled(configuration: Configuration): void {
  if (configuration.enabled) return;
  throw new TbsError('TBS_E_SERVICE_DISABLED', {
    action: `Set "enabled": true in ${configuration.file ?? 'tbsd.json'}.`,
  });
}

/** Loaded only if a directory is configured; nothing else needs LDAP. */
async function ownerAuthDirectory(
  { directory }: Configuration,
  { uid, env }: DaemonIdentity,
  kerberos: SystemKerberos | undefined,
): Promise<ActiveDirectory | undefined> {
  if (directory === null) return undefined;
  const { ActiveDirectory } = await import('../adapters/directory/active-directory.js');
  const { server, domain, caFile, computer, principal, dnsServers } = directory;
  const credentialsFile = directory.credentialsFile ?? directoryCredential(env);
  return new ActiveDirectory({
    ...directory,
    server: server ?? undefined,
    domain: domain ?? undefined,
    caFile: caFile ?? undefined,
    computer: computer ?? undefined,
    credentialsFile,
    isServiceCredential: credentialsFile !== undefined && isServiceCredential(credentialsFile, env),
    principal: principal ?? undefined,
    dnsServers: dnsServers ?? undefined,
    kerberos,
    brokerUid: uid,
  });
}

async function tpmParts(configuration: Configuration, transport: TpmTransport, policy: PolicyStore) {
  const { version } = await detectTpm(transport, configuration.timeouts.connectMs);
  const virtualizer =
    version === '2.0'
      ? new Tpm20Virtualizer({
          ...DEFAULT_RESOURCE_LIMITS,
          get resourcesPerContext() {
            return policy.current().settings.maxResources;
          },
          abandonedSessionsPerUser: configuration.limits.savedSessionsPerUser,
        })
      : new Tpm12Virtualizer();
  return { version, transport, virtualizer };
}

async function closeAll(closers: (() => Promise<void> | void)[], log: BrokerLog): Promise<void> {
  for (const close of closers.reverse()) {
    try {
      await close();
    } catch (error) {
      log.error({ error }, 'cannot close a part of the broker cleanly');
    }
  }
}
