/**
 * A process that changes the owner authorization and kills itself with SIGKILL at the n-th durable step. Arguments:
 * JSON {machine options, action, killAt}. Prints one line of JSON if it reaches its end.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { nodeCrypto12 } from '../../ts-core/adapters/crypto/node-crypto12.js';
import type { Caller } from '../../ts-core/domain/caller.js';
import type { Exchange } from '../../ts-core/domain/tpm/exchange.js';
import { changeOwnerSecret, ownerClear } from '../../ts-core/domain/tpm12/ownership.js';
import { TPM_RH } from '../../ts-core/domain/tpm20/codes.js';
import { clear, hierarchyChangeAuth } from '../../ts-core/domain/tpm20/ownership.js';
import { type MachineOptions, startMachine } from './owner-auth-machine.js';

export interface ProcessTask
  extends Pick<MachineOptions, 'version' | 'tpmSocket' | 'folder' | 'settings' | 'activeDirectory'> {
  readonly action: 'initialize' | 'set' | 'recover' | 'lower' | 'openHierarchies' | 'rawChange' | 'rawClear';
  /** Base64 of 20 bytes, for `set` and `rawChange`. */
  readonly next?: string;
  /** Base64, for raw commands; the stored value unless given. */
  readonly current?: string;
  /** The step at which the process kills itself; 0 means never. */
  readonly killAt: number;
}

export interface ProcessResult {
  readonly steps: number;
  readonly kept: string | null;
  readonly ready: boolean;
  /** Whether no change is in progress any more. */
  readonly settled: boolean;
}

const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };
const LONGEST_RECOVERY_MS = 8000;

const task = JSON.parse(process.argv[2] ?? '{}') as ProcessTask;
let steps = 0;
const machine = await startMachine({
  ...task,
  step: () => {
    steps++;
    if (steps === task.killAt) process.kill(process.pid, 'SIGKILL');
  },
});
const { coordinator, ownerAuth, provisioning } = machine.owner;
if (task.action === 'initialize') await provisioning.initialize(ROOT);
if (task.action === 'openHierarchies') await provisioning.openHierarchies(ROOT, {});
if (task.action === 'set') {
  await ownerAuth.set(ROOT, undefined, new Uint8Array(Buffer.from(task.next ?? '', 'base64')));
}
if (task.action === 'lower') {
  machine.setPolicy({ ...task.settings, osManagedAuthLevel: 2 });
  await coordinator.levelMayHaveChanged();
}
if (task.action === 'rawChange' || task.action === 'rawClear') {
  const known = task.current === undefined ? undefined : new Uint8Array(Buffer.from(task.current, 'base64'));
  const current = known ?? (await coordinator.parts.secrets.get('owner')) ?? new Uint8Array();
  const next = new Uint8Array(Buffer.from(task.next ?? '', 'base64'));
  await machine.raw(rawCommand(task, current, next));
}
// The broker waits for the recovery time of the TPM with timers that do not keep a process alive.
const deadline = Date.now() + LONGEST_RECOVERY_MS;
while (coordinator.parts.secrets.has('pending') && Date.now() < deadline) await wait(100);
const kept = await coordinator.parts.secrets.get('owner');
if (kept !== undefined) await coordinator.parts.tpm.changeOwnerAuth(kept, kept);
const result: ProcessResult = {
  steps,
  kept: kept === undefined ? null : Buffer.from(kept).toString('base64'),
  ready: (await provisioning.state()).ready,
  settled: !coordinator.parts.secrets.has('pending'),
};
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));

function rawCommand({ version, action }: ProcessTask, current: Uint8Array, next: Uint8Array): Exchange<unknown> {
  if (action === 'rawClear') return version === '2.0' ? clear(current) : ownerClear(nodeCrypto12, current);
  return version === '2.0'
    ? hierarchyChangeAuth(TPM_RH.LOCKOUT, current, next)
    : changeOwnerSecret(nodeCrypto12, current, next);
}
