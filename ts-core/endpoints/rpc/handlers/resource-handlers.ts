import type { Application } from '../../../application/application.js';
import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/resource.js';

export function resourceHandlers({ resources, userNames }: Application): Handlers<typeof contract> {
  return {
    resourceList: ({ caller }) => ({
      // Property by property: spreading each of thousands takes ten times as long.
      resources: resources.list(caller).map(({ id, kind, userKey, contextId, virtualHandle, resident }) => {
        const userName = userNames.nameOf(userKey);
        return { id, kind, userKey, contextId, virtualHandle, resident, userName };
      }),
    }),
    resourceRemove: async ({ caller }, { id }) => ({ removed: await resources.remove(caller, id) }),
  };
}
