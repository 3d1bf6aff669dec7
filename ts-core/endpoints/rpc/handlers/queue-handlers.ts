import type { Application } from '../../../application/application.js';
import { commandLabel } from '../../../domain/tpm/command-names.js';
import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/queue.js';

export function queueHandlers({ queueReport, status, userNames }: Application): Handlers<typeof contract> {
  return {
    queueGet: async ({ caller }) => {
      const { waiting, running } = queueReport.get(caller);
      const users = running === undefined ? waiting : [...waiting, running];
      const names = await userNames.namesOf(users.map(({ userKey }) => userKey));
      return {
        waiting: waiting.map((each) => ({ ...each, userName: names.get(each.userKey) ?? null })),
        running:
          running === undefined
            ? null
            : {
                ...running,
                userName: names.get(running.userKey) ?? null,
                name: commandLabel(status.device.version, running.code),
              },
      };
    },
  };
}
