/**
 * Who may call which JSON-RPC method, on own or on others' data: the one table.
 *
 * `all`: on anybody's data; `own`: on the caller's own only; `none`: TBS_E_ACCESS_DENIED.
 */
import type { Caller, CallerClass } from '../domain/caller.js';
import { TbsError } from '../domain/tbs-error.js';

export type Access = 'all' | 'own' | 'none';

type AccessRow = Readonly<Record<CallerClass, Access>>;

const everybodyAll: AccessRow = { administrator: 'all', standardUser: 'all', sandboxedApp: 'all' };
const everybodyOwn: AccessRow = { administrator: 'all', standardUser: 'own', sandboxedApp: 'own' };
const ownContextOnly: AccessRow = { administrator: 'own', standardUser: 'own', sandboxedApp: 'own' };
const administratorOnly: AccessRow = { administrator: 'all', standardUser: 'none', sandboxedApp: 'none' };
const notSandboxed: AccessRow = { administrator: 'all', standardUser: 'all', sandboxedApp: 'none' };

export const ACCESS = {
  'connection/ping': everybodyAll,
  'context/open': ownContextOnly,
  'context/close': everybodyOwn,
  'context/list': everybodyOwn,
  'command/submit': ownContextOnly,
  'command/cancel': everybodyOwn,
  'commandBlock/list': everybodyAll,
  'commandBlock/test': everybodyAll,
  'commandBlock/add': administratorOnly,
  'commandBlock/remove': administratorOnly,
  'commandGrant/add': administratorOnly,
  'commandGrant/remove': administratorOnly,
  'lockout/get': everybodyOwn,
  'lockout/reset': administratorOnly,
  'policy/get': notSandboxed,
  'policy/set': administratorOnly,
  'policy/test': notSandboxed,
  'policy/import': administratorOnly,
  'policy/export': notSandboxed,
  'authLevel/get': notSandboxed,
  'authLevel/set': administratorOnly,
  // Of the kept authorizations, standard users may read the user delegation of a TPM 1.2 only.
  'ownerAuth/get': { administrator: 'all', standardUser: 'own', sandboxedApp: 'none' },
  'ownerAuth/set': administratorOnly,
  'ownerAuth/import': administratorOnly,
  'ownerAuthBackup/get': administratorOnly,
  'ownerAuthBackup/run': administratorOnly,
  'ownerAuthBackup/test': administratorOnly,
  'tpm/get': notSandboxed,
  'tpm/provisioning': notSandboxed,
  'tpm/endorsementKey': notSandboxed,
  'tpm/supportedFeatures': notSandboxed,
  'tpm/initialize': administratorOnly,
  'tpm/clear': administratorOnly,
  'tpm/unblock': administratorOnly,
  'tpmLockoutParameters/get': notSandboxed,
  'tpmLockoutParameters/set': administratorOnly,
  'autoProvisioning/set': administratorOnly,
  'eventLog/get': notSandboxed,
  'eventLog/test': notSandboxed,
  'physicalPresence/get': notSandboxed,
  'physicalPresence/request': administratorOnly,
  'device/get': everybodyAll,
  'status/get': everybodyOwn,
  'service/stop': administratorOnly,
  'event/subscribe': everybodyOwn,
  'resource/list': everybodyOwn,
  'resource/remove': everybodyOwn,
  'power/suspend': administratorOnly,
  'power/resume': administratorOnly,
} as const satisfies Record<string, AccessRow>;

export type RpcMethodName = keyof typeof ACCESS;

export function accessOf(method: RpcMethodName, callerClass: CallerClass): Access {
  return ACCESS[method][callerClass];
}

/** Throws TBS_E_ACCESS_DENIED for a method that the caller's class may not call. */
export function requireAccess(method: RpcMethodName, caller: Caller): void {
  if (accessOf(method, caller.callerClass) !== 'none') return;
  throw new TbsError('TBS_E_ACCESS_DENIED', {
    message: `A ${CLASS_NAMES[caller.callerClass]} may not call ${method}.`,
    details: { method, callerClass: caller.callerClass },
  });
}

const CLASS_NAMES: Readonly<Record<CallerClass, string>> = {
  administrator: 'administrator',
  standardUser: 'standard user',
  sandboxedApp: 'sandboxed app',
};
