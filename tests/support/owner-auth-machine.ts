/**
 * The owner authorization on a real software TPM, with real encrypted files and a file as the directory, so that a
 * process can be killed at every step. `step` is called before and after each durable change.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeCrypto12 } from '../../ts-core/adapters/crypto/node-crypto12.js';
import { ActiveDirectory } from '../../ts-core/adapters/directory/active-directory.js';
import type { DirectoryOptions } from '../../ts-core/adapters/directory/directory-options.js';
import { PhysicalPresenceSysfs } from '../../ts-core/adapters/platform/physical-presence-sysfs.js';
import { EncryptedOwnerAuthFiles } from '../../ts-core/adapters/state/owner-auth-files.js';
import { SystemClock } from '../../ts-core/adapters/state/system-clock.js';
import { Dispatcher } from '../../ts-core/application/commands/dispatcher.js';
import { Events } from '../../ts-core/application/events/events.js';
import { ManagePhysicalPresence } from '../../ts-core/application/firmware/manage-physical-presence.js';
import { LockoutService } from '../../ts-core/application/lockout/lockout-service.js';
import {
  type OwnerAuthorization,
  ownerAuthorization,
} from '../../ts-core/application/owner-auth/owner-authorization.js';
import type { AuditEvent } from '../../ts-core/application/ports/logs.js';
import type { Clock } from '../../ts-core/application/ports/operating-system.js';
import type { OwnerAuthDirectory, OwnerAuthFiles } from '../../ts-core/application/ports/owner-auth-stores.js';
import type { PolicyStore } from '../../ts-core/application/ports/policy-store.js';
import type { StateStore } from '../../ts-core/application/ports/state-store.js';
import type { TpmTransport } from '../../ts-core/application/ports/tpm-transport.js';
import type { Caller } from '../../ts-core/domain/caller.js';
import { classifyResponse } from '../../ts-core/domain/lockout/response-classification.js';
import type { PolicySettings } from '../../ts-core/domain/policy/settings.js';
import { CommandQueue } from '../../ts-core/domain/scheduling/command-queue.js';
import { TbsError } from '../../ts-core/domain/tbs-error.js';
import { decodeCommandHeader, readUint32 } from '../../ts-core/domain/tpm/command-header.js';
import type { Exchange } from '../../ts-core/domain/tpm/exchange.js';
import type { TpmVersion } from '../../ts-core/domain/tpm/tpm-version.js';
import { TPM_ORD } from '../../ts-core/domain/tpm12/codes.js';
import { TPM_CC } from '../../ts-core/domain/tpm20/codes.js';
import { Tpm12Virtualizer } from '../../ts-core/domain/virtualization/tpm12/tpm12-virtualizer.js';
import { DEFAULT_RESOURCE_LIMITS } from '../../ts-core/domain/virtualization/tpm20/quotas.js';
import { Tpm20Virtualizer } from '../../ts-core/domain/virtualization/tpm20/tpm20-virtualizer.js';
import { policyOf, STRICT_GPO } from '../domain/filter/filter-fixtures.js';
import { authorizationFacts } from './authorization-facts.js';
import { QuietEventLoop } from './quiet-event-loop.js';
import { quietLog } from './quiet-log.js';
import { TpmConnection } from './tpm12-client.js';

const CHANGING_COMMANDS: readonly number[] = [
  TPM_CC.HierarchyChangeAuth,
  TPM_CC.Clear,
  TPM_ORD.TakeOwnership,
  TPM_ORD.ChangeAuthOwner,
  TPM_ORD.OwnerClear,
];
/** A caller's own context, for raw commands. */
const CALLER_CONTEXT = 1;
const ADMINISTRATOR: Caller = { userKey: 'uid:0', callerClass: 'administrator' };

export interface DirectoryContent {
  readonly pending: string | null;
  readonly final: string | null;
  readonly thumbprint: string | null;
}

export interface MachineOptions {
  readonly version: TpmVersion;
  readonly tpmSocket: string;
  readonly folder: string;
  readonly settings?: Partial<PolicySettings>;
  /** A real directory instead of the file. */
  readonly activeDirectory?: DirectoryOptions;
  /** Returns why the directory refuses a change; it works unless given. */
  readonly directoryFails?: () => string | undefined;
  /** Returns whether the store of records refuses to write; it works unless given. */
  readonly storeFails?: () => boolean;
  /** A copy of the kernel's folder ppi; the machine has none unless given. */
  readonly physicalPresenceFolder?: string;
  readonly keyAlgorithm?: 'auto' | 'rsa2048' | 'eccP256';
  /** Answers in place of the TPM; where it returns undefined, the TPM answers. */
  readonly answer?: (command: Uint8Array) => Uint8Array | undefined;
  readonly step?: (name: string) => void;
  /** The system's clock unless given. */
  readonly clock?: Clock;
}

export interface Machine extends AsyncDisposable {
  readonly owner: OwnerAuthorization;
  readonly events: AuditEvent[];
  /** Command codes that went to the TPM. */
  readonly sent: readonly number[];
  /** Sends an administrator's raw commands through the queue; resolves when the last is answered. */
  raw<Result>(exchange: Exchange<Result>): Promise<Result>;
  setPolicy(settings: Partial<PolicySettings>): void;
  directory(): DirectoryContent;
}

export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { version, folder, step = () => undefined } = options;
  const connection = await TpmConnection.open(options.tpmSocket);
  const events: AuditEvent[] = [];
  const clock = options.clock ?? new SystemClock();
  const audit = {
    write: (event: AuditEvent) => void events.push(event),
    lostLines: () => 0,
    close: async () => undefined,
  };
  const told = new Events(audit, clock);
  const store = fileStore(join(folder, 'state.json'), options.storeFails ?? (() => false));
  let policy = policyOf(options.settings ?? {}, STRICT_GPO);
  const virtualizer = version === '2.0' ? new Tpm20Virtualizer(DEFAULT_RESOURCE_LIMITS) : new Tpm12Virtualizer();
  const facts = authorizationFacts((command) => virtualizer.handlesOf(command));
  const dispatcher = new Dispatcher({
    ...{ version, virtualizer, clock, log: quietLog(), eventLoop: new QuietEventLoop() },
    transport: watchedTransport(connection, step, options.answer),
    queue: new CommandQueue({ agingHorizonMs: 1000, longestRun: 4 }),
    gate: {
      refusalAtDispatch: () => undefined,
      beforeDispatch: (pending) => owner.externalChanges.beforeCommand(pending),
    },
    recorder: {
      record: (pending, response) => {
        owner.lockoutAuthorization.answered(pending.command, response);
        return owner.externalChanges.commandEnded(
          pending,
          classifyResponse(version, response, { code: pending.header.code, command: pending.command }, facts),
        );
      },
    },
  });
  await dispatcher.runExchange(() => virtualizer.start(undefined));
  const owner = ownerAuthorization({
    ...{ version, dispatcher, virtualizer, store, events: told, clock, log: quietLog() },
    policy: { current: () => policy } as unknown as PolicyStore,
    files: watchedFiles(new EncryptedOwnerAuthFiles(join(folder, 'owner-auth')), step),
    crypto: nodeCrypto12,
    directory: watchedDirectory(
      options.activeDirectory === undefined
        ? fileDirectory(folder, options.directoryFails ?? (() => undefined))
        : new ActiveDirectory(options.activeDirectory),
      step,
    ),
    keyAlgorithm: options.keyAlgorithm ?? 'auto',
    firmware: new ManagePhysicalPresence(
      new PhysicalPresenceSysfs(() => options.physicalPresenceFolder ?? join(folder, 'no-ppi')),
      told,
    ),
    lockout: new LockoutService({ store, clock, settings: () => policy.settings, events: told }),
  });
  await owner.start();
  return {
    owner,
    events,
    sent: connection.sent,
    raw: async (exchange) => {
      virtualizer.openContext(CALLER_CONTEXT, ADMINISTRATOR);
      let step = exchange.next();
      while (!step.done) step = exchange.next(await submitted(dispatcher, version, step.value));
      return step.value;
    },
    setPolicy: (settings) => {
      policy = policyOf(settings, STRICT_GPO);
    },
    directory: () => readDirectory(folder),
    [Symbol.asyncDispose]: async () => {
      await owner.stop();
      await connection[Symbol.asyncDispose]();
    },
  };
}

/** Resolves with the response to a raw command. */
function submitted(dispatcher: Dispatcher, version: TpmVersion, command: Uint8Array): Promise<Uint8Array> {
  const verdict = decodeCommandHeader(command, version, 4096);
  if (!verdict.ok) throw new Error('not a command');
  return new Promise((resolve, reject) => {
    dispatcher.enqueue({
      ...{
        contextId: CALLER_CONTEXT,
        userKey: ADMINISTRATOR.userKey,
        priority: 200,
        isHeldToShare: false,
        caller: ADMINISTRATOR,
      },
      ...{ locality: 0, command, header: verdict.header, listsRevision: 0, submittedAtMs: 0, deadline: undefined },
      ...{ state: 'waiting', cancelRequested: false, expectedMs: 0, place: undefined, responseClass: undefined },
      roundTrips: undefined,
      done: (outcome) => (outcome.kind === 'refused' ? reject(outcome.error) : resolve(outcome.response)),
    });
  });
}

function watchedTransport(
  connection: TpmConnection,
  step: (name: string) => void,
  answer: MachineOptions['answer'] = () => undefined,
): TpmTransport {
  return {
    description: 'test',
    maxLocality: 0,
    cancellation: 'none',
    ownsTpm: false,
    isSoftwareTpm: false,
    onReset: undefined,
    transmit: async (command) => {
      const changes = CHANGING_COMMANDS.includes(readUint32(command, 6));
      if (changes) step('before the TPM changes');
      const response = answer(command) ?? (await connection.transmit(command));
      if (changes) step('after the TPM has changed');
      return response;
    },
    cancel: async () => undefined,
    exposure: async () => [],
    close: async () => undefined,
  };
}

function watchedFiles(files: OwnerAuthFiles, step: (name: string) => void): OwnerAuthFiles {
  return {
    readSealedKey: () => files.readSealedKey(),
    readNextSealedKey: () => files.readNextSealedKey(),
    names: () => files.names(),
    has: (name) => files.has(name),
    read: (name, key) => files.read(name, key),
    wipeAll: () => files.wipeAll(),
    setAside: (tpm) => files.setAside(tpm),
    bringBack: (tpm) => files.bringBack(tpm),
    forgetSetAside: (tpm) => files.forgetSetAside(tpm),
    writeSealedKey: (blob) => {
      step('before the sealed key is kept');
      files.writeSealedKey(blob);
    },
    writeNextSealedKey: (blob) => {
      step('before the next sealed key is kept');
      files.writeNextSealedKey(blob);
    },
    promoteNextSealedKey: () => {
      step('before the next sealed key is the sealed key');
      files.promoteNextSealedKey();
      step('after the next sealed key is the sealed key');
    },
    write: (name, key, secret) => {
      step(`before ${name} is kept`);
      files.write(name, key, secret);
      step(`after ${name} is kept`);
    },
    wipe: (name) => {
      if (!files.has(name)) return;
      step(`before ${name} is wiped`);
      files.wipe(name);
    },
  };
}

function watchedDirectory(directory: OwnerAuthDirectory, step: (name: string) => void): OwnerAuthDirectory {
  return {
    check: () => directory.check(),
    writePending: async (value, thumbprint) => {
      step('before the directory has the pending value');
      const receipt = await directory.writePending(value, thumbprint);
      step('after the directory has the pending value');
      return receipt;
    },
    commit: async (value, thumbprint) => {
      step('before the directory has the final value');
      const receipt = await directory.commit(value, thumbprint);
      step('after the directory has the final value');
      return receipt;
    },
    close: () => directory.close(),
  };
}

function fileDirectory(folder: string, fails: () => string | undefined): OwnerAuthDirectory {
  const receipt = { server: 'dc.example', target: 'CN=M,CN=TPM Devices', form: 'windows8' } as const;
  const refuse = () => {
    const reason = fails();
    if (reason === undefined) return;
    throw new TbsError('TBS_E_PROVISIONING_NOT_ALLOWED', { message: reason, details: { reason } });
  };
  const write = (content: DirectoryContent) => writeWhole(join(folder, 'directory.json'), JSON.stringify(content));
  return {
    check: async () => {
      refuse();
      return { ...receipt, computer: 'CN=M' };
    },
    writePending: async (value, thumbprint) => {
      refuse();
      write({ ...readDirectory(folder), pending: value, thumbprint: Buffer.from(thumbprint).toString('hex') });
      return receipt;
    },
    commit: async (value, thumbprint) => {
      refuse();
      write({ pending: null, final: value, thumbprint: Buffer.from(thumbprint).toString('hex') });
      return receipt;
    },
    close: async () => undefined,
  };
}

function readDirectory(folder: string): DirectoryContent {
  return readJson(join(folder, 'directory.json')) ?? { pending: null, final: null, thumbprint: null };
}

function fileStore(path: string, fails: () => boolean): StateStore {
  let records: Record<string, unknown> = readJson(path) ?? {};
  const replace = async (next: Record<string, unknown>) => {
    if (fails()) throw new TbsError('TBS_E_INTERNAL_ERROR', { details: { reason: 'ioError' } });
    writeWhole(path, JSON.stringify(next));
    records = next;
  };
  return {
    get: (name) => records[name] as never,
    put: (name, value) => replace({ ...records, [name]: value }),
    delete: (name) => replace(Object.fromEntries(Object.entries(records).filter(([key]) => key !== name))),
    close: async () => undefined,
  };
}

function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function readJson<Value>(path: string): Value | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Value;
  } catch {
    return undefined;
  }
}
