import type { Application } from '../../../application/application.js';
import { commandLabel } from '../../../domain/tpm/command-names.js';
import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/activity.js';

const DEFAULT_SECONDS = 10;

export function activityHandlers({ recentCommands, status }: Application): Handlers<typeof contract> {
  return {
    activityGet: (_session, params) => {
      const { periodMs, commands } = recentCommands.during(params?.seconds ?? DEFAULT_SECONDS);
      const perSecond = (count: number): number => (periodMs === 0 ? 0 : (count * 1000) / periodMs);
      return {
        periodSeconds: periodMs / 1000,
        perSecond: perSecond(commands.reduce((sum, { answered }) => sum + answered, 0)),
        commands: commands.map(({ code, answered, unanswered, totalMs, longestMs }) => ({
          code: code ?? null,
          name: code === undefined ? 'other' : commandLabel(status.device.version, code),
          perSecond: perSecond(answered),
          unansweredPerSecond: perSecond(unanswered),
          meanMs: answered === 0 ? 0 : totalMs / answered,
          longestMs,
        })),
      };
    },
  };
}
