/** An application for the metrics, whose figures each test sets. */
import type { Application } from '../../../ts-core/application/application.js';
import type { EndedCommand } from '../../../ts-core/application/commands/command-meter.js';
import type { Caller } from '../../../ts-core/domain/caller.js';

export const OBSERVER: Caller = { userKey: 'uid:990', callerClass: 'administrator' };

const OPEN = { open: true };
const CLOSED = { open: false };

export function metricsRig() {
  const followers = new Set<(ended: EndedCommand) => void>();
  const asked: Caller[] = [];
  const askedBy = (observer: Caller) => asked.push(observer);
  const figures = {
    health: { state: 'works', warnings: [] as { id: string }[] },
    tpmLockout: undefined as { inLockout: boolean; failedTries: number; maxTries: number } | undefined,
    queue: [] as { userKey: string; priority: string; count: number }[],
    resources: [] as { kind: string; resident: boolean }[],
    users: [] as { userKey: string; failures: number; verdict: { open: boolean } }[],
    settings: {} as object,
    backup: { pending: false, lastSuccess: null as { time: string } | null },
    lostAuditLines: 0,
  };
  const application = {
    commands: {
      follow: (follower: (ended: EndedCommand) => void) => {
        followers.add(follower);
        return () => followers.delete(follower);
      },
    },
    status: {
      device: { version: '2.0', manufacturer: 'IBM', firmwareVersion: '8217.4131' },
      transportDescription: 'device /dev/tpm0',
      get: async () => ({
        ...{ health: figures.health, tpmLockout: figures.tpmLockout, contexts: 3, startedAtMs: 5000 },
        queue: { estimatedWaitMs: 1500 },
      }),
    },
    recentAnswers: {
      for: (observer: Caller, _method: string, answer: () => unknown) => {
        askedBy(observer);
        return answer();
      },
    },
    queueReport: { get: (observer: Caller) => askedBy(observer) && { waiting: figures.queue } },
    resources: { list: (observer: Caller) => askedBy(observer) && figures.resources },
    lockout: {
      get: (observer: Caller) =>
        askedBy(observer) && {
          ...{ users: figures.users, verdictForOthers: CLOSED, totalFailures: 42, thresholds: { totalThreshold: 9 } },
        },
    },
    userNames: { namesOf: async () => new Map([['uid:1000', 'alice']]) },
    policy: { get: () => ({ revision: 7, settings: figures.settings, problems: ['one', 'two'] }) },
    ownerAuthBackup: { get: () => figures.backup },
    events: figures,
  } as unknown as Application;
  return {
    ...{ application, figures, asked, followers },
    ended: (command: EndedCommand) => {
      for (const follower of followers) follower(command);
    },
  };
}

export const VERDICTS = { OPEN, CLOSED } as const;
