/**
 * The lines at the top of `tbs top`: the broker, the TPM and its lockout, the lockout of users, the running command,
 * warnings.
 */
import { printable } from '../output.js';
import type { Snapshot } from './broker-watch.js';
import { durationText, momentText } from './texts.js';

export interface HeadingLine {
  readonly text: string;
  readonly tone: 'plain' | 'good' | 'warning' | 'bad';
}

const TONE_OF_HEALTH = { works: 'good', degraded: 'warning', down: 'bad' } as const;

export function headingOf(snapshot: Snapshot): readonly HeadingLine[] {
  const { time, status, lockout } = snapshot;
  const { tpm, tpmLockout } = status;
  const device =
    tpm === null ? 'no TPM' : `TPM ${tpm.tpmVersion} ${tpm.manufacturer} ${tpm.vendorString}, ${tpm.transport}`;
  const now = new Date(time);
  const lockedUsers = lockout.users.filter(({ lockedOut }) => lockedOut);
  const isBad = tpmLockout?.lockedOut === true || lockout.totalLockedOut;
  return [
    {
      text: `${momentText(time, now)}  ${status.health} since ${momentText(status.healthSince, now)}  ${printable(device)}`,
      tone: TONE_OF_HEALTH[status.health],
    },
    {
      text: `${tpmLockoutText(tpmLockout)}; ${userLockoutText(snapshot, lockedUsers)}`,
      tone: isBad ? 'bad' : lockedUsers.length > 0 ? 'warning' : 'plain',
    },
    { text: queueText(snapshot), tone: 'plain' },
    ...status.warnings.slice(0, 1).map(({ id, message }): HeadingLine => {
      const more = status.warnings.length - 1;
      return { text: `! ${id}${more > 0 ? ` (and ${more} more)` : ''}: ${printable(message)}`, tone: 'warning' };
    }),
  ];
}

function tpmLockoutText(lockout: Snapshot['status']['tpmLockout']): string {
  if (lockout === null) return 'TPM lockout unknown';
  return `TPM lockout ${lockout.lockedOut ? 'LOCKED, ' : ''}${lockout.failedTries} of ${lockout.maxTries} tries`;
}

function userLockoutText({ lockout, time }: Snapshot, lockedUsers: Snapshot['lockout']['users']): string {
  const now = new Date(time);
  const failures = `user failures ${lockout.totalFailures} of ${lockout.totalThreshold}`;
  if (lockout.totalLockedOut)
    return `${failures}, all standard users LOCKED OUT${untilText(lockout.totalFreesAt, now)}`;
  if (lockedUsers.length === 0) return `${failures}, nobody locked out`;
  const names = lockedUsers.map(({ userName, userKey, freesAt }) => {
    return `${printable(userName ?? userKey)}${untilText(freesAt, now)}`;
  });
  return `${failures}, LOCKED OUT: ${names.join(', ')}`;
}

function untilText(lockedOutUntil: string | null, now: Date): string {
  return lockedOutUntil === null ? '' : ` until ${momentText(lockedOutUntil, now)}`;
}

function queueText({ queue, status }: Snapshot): string {
  const running = queue?.running ?? null;
  const now =
    running === null
      ? 'TPM idle'
      : `TPM runs ${running.name} of ${printable(running.userName ?? running.userKey)} for ${durationText(running.durationMs)} ms`;
  const { completed, refused, cancelled } = status.queue;
  return `${now}; ${status.contexts} contexts; ${completed} completed, ${refused} refused, ${cancelled} cancelled`;
}
