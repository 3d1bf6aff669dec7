import type { Application } from '../../../application/application.js';
import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/resource.js';

export function resourceHandlers({ resources, userNames }: Application): Handlers<typeof contract> {
  return {
    resourceList: ({ caller }) => ({
      resources: resources.list(caller).map((each) => ({ ...each, userName: userNames.nameOf(each.userKey) })),
    }),
    resourceRemove: async ({ caller }, { id }) => ({ removed: await resources.remove(caller, id) }),
  };
}
