import type { Application } from '../../../application/application.js';
import { commandLabel } from '../../../domain/tpm/command-names.js';
import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/queue.js';

export function queueHandlers({ queueReport, status, userNames }: Application): Handlers<typeof contract> {
  return {
    queueGet: ({ caller }) => {
      const { waiting, running } = queueReport.get(caller);
      return {
        waiting: waiting.map((each) => ({ ...each, userName: userNames.nameOf(each.userKey) })),
        running:
          running === undefined
            ? null
            : {
                ...running,
                userName: userNames.nameOf(running.userKey),
                name: commandLabel(status.device.version, running.code),
              },
      };
    },
  };
}
