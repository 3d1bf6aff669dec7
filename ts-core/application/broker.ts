/** Creates the use cases for one TPM, one store and one policy, and connects them. */

import type { HashFunction } from '../domain/firmware/hash-algorithms.js';
import { thresholdsOf } from '../domain/lockout/lockout-window.js';
import { UnkeyedSessions } from '../domain/lockout/unkeyed-sessions.js';
import { CommandQueue } from '../domain/scheduling/command-queue.js';
import type { TbsError } from '../domain/tbs-error.js';
import { type DeviceFacts, readDeviceFacts } from '../domain/tpm/device-facts.js';
import type { Exchange } from '../domain/tpm/exchange.js';
import type { TpmIdentity } from '../domain/tpm/tpm-identity.js';
import type { TpmVersion } from '../domain/tpm/tpm-version.js';
import type { Crypto12 } from '../domain/tpm12/crypto12.js';
import type { KeyAlgorithm } from '../domain/tpm20/keys.js';
import type { Virtualizer } from '../domain/virtualization/virtualizer.js';
import type { Application } from './application.js';
import { CommandService, type QueueLimits } from './commands/command-service.js';
import { Dispatcher } from './commands/dispatcher.js';
import { IdleEviction } from './commands/idle-eviction.js';
import type { PendingCommand } from './commands/pending-command.js';
import { CommandRefusals } from './commands/refuse-command.js';
import { Contexts } from './contexts/contexts.js';
import { ManageContexts } from './contexts/manage-contexts.js';
import { ManageResources } from './contexts/manage-resources.js';
import { SnapshotWriter } from './contexts/store-snapshot.js';
import { ManageEventActions } from './event-actions/manage-event-actions.js';
import { Events } from './events/events.js';
import { ManagePhysicalPresence } from './firmware/manage-physical-presence.js';
import { ReportEventLog } from './firmware/report-event-log.js';
import { AuthFailureRecorder } from './lockout/auth-failure-recorder.js';
import { LockoutService } from './lockout/lockout-service.js';
import { ManageLockout } from './lockout/manage-lockout.js';
import { TpmMaxTries } from './lockout/tpm-max-tries.js';
import { ManageAuthLevel } from './owner-auth/manage-auth-level.js';
import { ownerAuthorization } from './owner-auth/owner-authorization.js';
import { RevokeAttestation } from './owner-auth/revoke-attestation.js';
import { CommandLists } from './policy/command-lists.js';
import { followPolicy } from './policy/follow-policy.js';
import { ManageCommandLists } from './policy/manage-command-lists.js';
import { ManagePolicy } from './policy/manage-policy.js';
import type { ActionScripts } from './ports/action-scripts.js';
import type { EventLoop } from './ports/event-loop.js';
import type { EventLogSource, PhysicalPresence } from './ports/firmware.js';
import type { AuditLog, Log } from './ports/logs.js';
import type { Clock, OtherResourceManager, UserNames } from './ports/operating-system.js';
import type { OwnerAuthDirectory, OwnerAuthFiles } from './ports/owner-auth-stores.js';
import type { PolicyStore } from './ports/policy-store.js';
import type { StateStore } from './ports/state-store.js';
import type { PassedOverTpm, TpmTransport } from './ports/tpm-transport.js';
import { ManagePower } from './power/manage-power.js';
import { askStarted, shutDownTpm, startTpmIfNeeded } from './power/start-tpm.js';
import { adoptTpm, knownTpm, type ReplacedTpm, readTpmIdentity } from './state/tpm-bound-state.js';
import { WatchTpmIdentity } from './state/watch-tpm-identity.js';
import { CommandActivityCounter } from './status/command-activity.js';
import { RecentAnswers } from './status/recent-answers.js';
import { ReportQueue } from './status/report-queue.js';
import { ReportStatus } from './status/report-status.js';
import { TpmPresence } from './status/tpm-presence.js';

export interface BrokerParts {
  readonly version: TpmVersion;
  readonly transport: TpmTransport;
  /** Transports that were tried without success before the one in use. */
  readonly passedOver: readonly PassedOverTpm[];
  readonly otherManager: OtherResourceManager;
  readonly virtualizer: Virtualizer;
  readonly store: StateStore;
  readonly policy: PolicyStore;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Log;
  readonly eventLoop: EventLoop;
  readonly userNames: UserNames;
  readonly queueLimits: QueueLimits;
  readonly agingHorizonMs: number;
  /** Idle time after which the broker vacates the TPM for others that share it; undefined if nobody shares it. */
  readonly idleEvictionMs: number | undefined;
  readonly ownerAuthFiles: OwnerAuthFiles;
  readonly crypto: Crypto12;
  /** Undefined if no directory is configured. */
  readonly ownerAuthDirectory: OwnerAuthDirectory | undefined;
  /** Algorithm of the keys that provisioning creates in a TPM 2.0. */
  readonly keyAlgorithm: KeyAlgorithm | 'auto';
  /** A TPM that has not answered a command within this time counts as hanging. */
  readonly longestCommandMs: number;
  /** Longest time for which the broker delays a suspend. */
  readonly suspendTimeoutMs: number;
  readonly eventLog: EventLogSource;
  readonly physicalPresence: PhysicalPresence;
  readonly hash: HashFunction;
  readonly actionScripts: ActionScripts;
  /** This machine's name, for reports. */
  readonly machineName: string;
  /** Stops the broker in order. A failure is the reason for the stop, and for its exit code. */
  readonly requestStop: (drainTimeoutMs: number, failure?: TbsError) => void;
}

export interface Broker {
  readonly application: Application;
  readonly dispatcher: Dispatcher;
  /** Accepts no further submissions, and waits at most this long for the accepted ones to finish. */
  drain(drainTimeoutMs: number): Promise<void>;
  /**
   * Shuts down after the last connection has closed: stops background work, stores what must be durable, and shuts down
   * a TPM that the broker owns. Once it resolves, the broker uses neither the TPM nor the stores.
   */
  shutDown(): Promise<void>;
}

/** Maximum age of an answer about the TPM that may be returned again to a standard user. */
const RECENT_MS = 1000;

/**
 * Most commands of one context in succession that are dispatched to save swaps; part of the limit on waiting.
 */
const LONGEST_RUN = 4;

export async function startBroker(parts: BrokerParts): Promise<Broker> {
  const { version, transport, virtualizer, store, policy, clock, log } = parts;
  const events = new Events(parts.audit, clock);
  const lists = new CommandLists(policy.current(), store);
  const lockout = new LockoutService({ store, clock, settings: () => policy.current().settings, events });
  await lockout.restore();
  const queue = new CommandQueue<PendingCommand>({ agingHorizonMs: parts.agingHorizonMs, longestRun: LONGEST_RUN });
  const gate = new CommandRefusals({
    version,
    lists: () => lists.lists,
    listsRevision: () => lists.revision,
    policy: () => policy.current(),
    lockout: (userKey) => lockout.verdictFor(userKey),
    handlesOf: (command) => virtualizer.handlesOf(command),
    ownerAuthorizationRule: (pending) => owner.coordinator.refusalOf(pending),
    beforeDispatch: (pending) => owner.externalChanges.beforeCommand(pending),
    events,
  });
  const recorder = new AuthFailureRecorder(
    version,
    lockout,
    { handlesOf: (command) => virtualizer.handlesOf(command), sessions: new UnkeyedSessions(parts.hash) },
    [
      (pending, outcome) => owner.externalChanges.commandEnded(pending, outcome),
      (_pending, outcome) => owner.lockoutWatch.commandEnded(outcome),
      (pending, _outcome, response) => owner.lockoutAuthorization.answered(pending.command, response),
      () => {
        idleEviction.commandEnded();
        return undefined;
      },
    ],
    log,
  );
  const { longestCommandMs, eventLoop } = parts;
  const tpmParts = { version, transport, virtualizer, queue, gate, recorder, clock, log };
  const presence = new TpmPresence({ transport, events, clock, log });
  const dispatcher = new Dispatcher({ ...tpmParts, eventLoop, presence, longestCommandMs });
  const idleEviction = new IdleEviction({ dispatcher, virtualizer, idleMs: parts.idleEvictionMs, clock, log });
  // This must precede everything that reads the state that belongs to the TPM.
  const { facts, replacedTpm } = await startTpmAndTables(parts, dispatcher);
  const physicalPresence = new ManagePhysicalPresence(parts.physicalPresence, events);
  const owner = ownerAuthorization({
    ...{ version, dispatcher, virtualizer, store, policy, lockout, events, clock, log },
    firmware: physicalPresence,
    files: parts.ownerAuthFiles,
    crypto: parts.crypto,
    directory: parts.ownerAuthDirectory,
    keyAlgorithm: parts.keyAlgorithm,
  });
  const snapshots = new SnapshotWriter(parts);
  const totalThreshold = () => policy.current().settings.standardUserAuthorizationFailureTotalThreshold;
  const tpmMaxTries = new TpmMaxTries({ version, transport, dispatcher, totalThreshold, events, log });
  await tpmMaxTries.raiseIfNeeded();
  followPolicy(policy, events, (changed) => {
    lists.policyChanged(changed);
    void owner.coordinator.levelMayHaveChanged();
    void tpmMaxTries.raiseIfNeeded();
  });
  const contexts = new Contexts(() => policy.current());
  const commands = new CommandService({
    version,
    maxCommandBytes: facts.maxCommandBytes,
    contexts,
    queue,
    dispatcher,
    virtualizer,
    transport,
    gate,
    limits: parts.queueLimits,
    clock,
    log,
  });
  const { suspendTimeoutMs } = parts;
  const identity = new WatchTpmIdentity({
    read: async () => (await dispatcher.runExchange(() => readTpm(parts))).identity,
    known: () => knownTpm(store),
    // Do not drain: the queued commands were meant for the earlier TPM.
    exchanged: (error) => parts.requestStop(0, error),
    events,
    log,
  });
  const cameBack = () => identity.cameBack();
  const powerParts = { version, transport, dispatcher, virtualizer, events, clock, suspendTimeoutMs, cameBack };
  const power = new ManagePower(powerParts);
  const eventActions = new ManageEventActions({ store, scripts: parts.actionScripts, events, clock });
  const status = new ReportStatus({
    facts,
    transport,
    passedOver: parts.passedOver,
    replacedTpm,
    otherManager: parts.otherManager,
    presence,
    contexts,
    queue,
    dispatcher,
    commands,
    power,
    policy,
    events,
    eventActions,
    clock,
    log,
  });
  const recentCommands = new CommandActivityCounter(clock);
  commands.follow((ended) => recentCommands.count(ended));
  const application: Application = {
    commands,
    contexts: new ManageContexts(contexts, commands, virtualizer, events),
    blockLists: new ManageCommandLists(version, lists, events),
    commandLists: lists,
    lockout: new ManageLockout(lockout, events, parts.userNames),
    policy: new ManagePolicy(policy, events, clock, version, parts.machineName),
    ownerAuth: owner.ownerAuth,
    provisioning: owner.provisioning,
    ownerAuthBackup: owner.backup,
    tpm: owner.tpm,
    authLevel: new ManageAuthLevel(policy, store, events, (change) => owner.ownerAuth.levelChanges(change)),
    status,
    queueReport: new ReportQueue(queue, dispatcher),
    recentCommands,
    recentAnswers: new RecentAnswers(clock, RECENT_MS),
    resources: new ManageResources(contexts, virtualizer, dispatcher, events),
    power,
    eventLog: new ReportEventLog(version, parts.eventLog, dispatcher, parts.hash),
    physicalPresence,
    attestation: new RevokeAttestation(version, commands, events),
    events,
    eventActions,
    userNames: parts.userNames,
    requestStop: (drainTimeoutMs) => parts.requestStop(drainTimeoutMs),
  };
  await tellWarnings(application, log);
  presence.start(() => dispatcher.runExchange(() => askStarted(version)), cameBack);
  // Not awaited: the directory may be slow to answer, and callers must not wait for it.
  void owner.start();
  log.debug({ thresholds: thresholdsOf(policy.current().settings) }, 'the lockout is in force');
  return {
    application,
    dispatcher,
    drain: (drainTimeoutMs) => drain(parts, application, dispatcher, queue, drainTimeoutMs),
    shutDown: async () => {
      const watched = presence.stop();
      await owner.stop();
      await dispatcher.stop();
      await watched;
      await snapshots.stop();
      await shutDownOwnTpm(parts);
    },
  };
}

/**
 * Starts the TPM if it needs that, recognises it, and initialises the tables from its properties and from what the
 * previous run left in it.
 */
async function startTpmAndTables(
  parts: BrokerParts,
  dispatcher: Dispatcher,
): Promise<{ facts: DeviceFacts; replacedTpm: ReplacedTpm | undefined }> {
  const { transport, version, virtualizer, store } = parts;
  await startTpmIfNeeded(transport, version);
  const { facts, identity } = await dispatcher.runExchange(() => readTpm(parts));
  const replacedTpm = await adoptTpm(
    { store, files: parts.ownerAuthFiles, nowMs: parts.clock.wallClockMs() },
    identity,
  );
  await dispatcher.runExchange(() => virtualizer.start(store.get('virtualizer')));
  return { facts, replacedTpm };
}

/** Reads the properties and the identity of the TPM that answers now. */
function* readTpm({ version, crypto, hash }: BrokerParts): Exchange<{ facts: DeviceFacts; identity: TpmIdentity }> {
  const facts = yield* readDeviceFacts(version);
  return { facts, identity: yield* readTpmIdentity(facts, crypto, hash) };
}

async function tellWarnings({ status, events }: Application, log: Log): Promise<void> {
  for (const { id, message, action } of (await status.health()).warnings) {
    log.warn({ id, action }, message);
    events.raise('warning', message, { details: { id, action } });
  }
}

async function drain(
  { clock, log }: BrokerParts,
  { commands }: Application,
  dispatcher: Dispatcher,
  queue: CommandQueue<PendingCommand>,
  drainTimeoutMs: number,
): Promise<void> {
  commands.closedBecause = 'The broker is stopping.';
  const drained = await withinTime(clock, dispatcher.whenDrained(), drainTimeoutMs);
  if (!drained) log.warn({ waiting: queue.size }, 'the drain timeout expired while commands were still queued');
}

async function shutDownOwnTpm({ version, transport, log }: BrokerParts): Promise<void> {
  if (!transport.ownsTpm) return;
  await shutDownTpm(transport, version).catch((error: unknown) => {
    log.warn({ error }, 'cannot shut the TPM down in order');
  });
}

/** Returns whether the work finished within the time. */
function withinTime(clock: Clock, work: Promise<void>, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.after(timeoutMs, () => resolve(false));
    void work.then(() => {
      timer.cancel();
      resolve(true);
    });
  });
}
