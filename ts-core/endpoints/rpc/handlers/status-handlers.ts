import type { Application } from '../../../application/application.js';
import type { StatusReport } from '../../../application/status/report-status.js';
import type { Caller } from '../../../domain/caller.js';
import { commandLabel } from '../../../domain/tpm/command-names.js';
import { describeKeyType } from '../../../domain/tpm/created-key-type.js';
import { TPM_IFTYPE_UNKNOWN } from '../../../domain/tpm/device-facts.js';
import { type Handlers, inTurn } from '../handler.js';
import type * as contract from '../protocol/status.js';

/** Facts that only the daemon has, not the application. */
export interface DaemonFacts {
  readonly version: string;
  readonly processId: number;
  readonly mode: 'system' | 'user';
  readonly limits: contract.Limits;
  readonly endpoints: () => readonly contract.StatusEndpoint[];
}

export function statusHandlers(application: Application, daemon: DaemonFacts): Handlers<typeof contract, 'statusGet'> {
  const { status, requestStop } = application;
  return {
    deviceGet: () => deviceInfo(application),
    statusGet: async ({ caller }) => {
      const report = await application.recentAnswers.for(caller, 'status/get', () => status.get());
      return inTurn(() => statusOf(report, caller, application, daemon));
    },
    serviceStop: (_session, params) => {
      requestStop(params?.drainTimeoutMs ?? 10_000);
      return { processId: daemon.processId };
    },
  };
}

function statusOf(
  report: StatusReport,
  caller: Caller,
  application: Application,
  daemon: DaemonFacts,
): contract.Status {
  const { status } = application;
  return {
    version: daemon.version,
    processId: daemon.processId,
    startedAt: isoTime(report.startedAtMs),
    mode: daemon.mode,
    state: report.state,
    health: report.health.state,
    healthSince: isoTime(report.health.sinceMs),
    tpm: deviceInfo(application),
    standIn: status.standIn ?? null,
    caller: { userKey: caller.userKey, callerClass: caller.callerClass, isObserver: caller.isObserver === true },
    contexts: report.contexts,
    queue: report.queue,
    cancellation: status.cancellation,
    costs: report.costs.map(({ code, keyType, count, meanMs }) => ({
      code,
      name: commandLabel(status.device.version, code),
      keyType: describeKeyType(keyType),
      count,
      meanMs,
    })),
    tpmLockout: tpmLockout(report.tpmLockout),
    warnings: report.health.warnings.map(({ id, message, action, sinceMs }) => ({
      id,
      message,
      action,
      since: isoTime(sinceMs),
    })),
    limits: daemon.limits,
    endpoints: daemon.endpoints(),
  };
}

function deviceInfo({ status }: Application): contract.DeviceInfo {
  const { device } = status;
  return {
    structVersion: 1,
    tpmVersionNumber: device.version === '2.0' ? 2 : 1,
    tpmVersion: device.version,
    tpmInterfaceType: TPM_IFTYPE_UNKNOWN,
    tpmImpRevision: device.specificationRevision,
    manufacturer: device.manufacturer,
    manufacturerId: device.manufacturerId,
    firmwareVersion: device.firmwareVersion,
    vendorString: device.vendorString,
    specification: device.specification,
    maxCommandBytes: device.maxCommandBytes,
    maxResponseBytes: device.maxResponseBytes,
    transport: status.transportDescription,
  };
}

function tpmLockout(state: StatusReport['tpmLockout']): contract.TpmLockout | null {
  if (state === undefined) return null;
  const { inLockout, failedTries, maxTries, recoverySeconds, lockoutRecoverySeconds } = state;
  return { lockedOut: inLockout, failedTries, maxTries, recoverySeconds, lockoutRecoverySeconds };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
