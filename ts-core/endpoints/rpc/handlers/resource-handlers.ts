import type { Application } from '../../../application/application.js';
import { type Handlers, listInTurns } from '../handler.js';
import type * as contract from '../protocol/resource.js';

export function resourceHandlers({ resources, userNames }: Application): Handlers<typeof contract, 'resourceList'> {
  return {
    resourceList: async ({ caller }) => {
      const listed = resources.list(caller);
      const names = await userNames.namesOf(listed.map(({ userKey }) => userKey));
      // Property by property: spreading each of thousands takes ten times as long.
      return listInTurns('resources', listed, ({ id, kind, userKey, contextId, virtualHandle, resident }) => {
        const userName = names.get(userKey) ?? null;
        return { id, kind, userKey, contextId, virtualHandle, resident, userName };
      });
    },
    resourceRemove: async ({ caller }, { id }) => ({ removed: await resources.remove(caller, id) }),
  };
}
