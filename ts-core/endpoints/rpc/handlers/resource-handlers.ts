import type { Application } from '../../../application/application.js';
import { handler, type RpcHandler } from '../handler.js';
import { resourceList, resourceRemove } from '../protocol/resource.js';

export function resourceHandlers({ resources, userNames }: Application): readonly RpcHandler[] {
  return [
    handler(resourceList, ({ caller }) => ({
      resources: resources.list(caller).map((each) => ({ ...each, userName: userNames.nameOf(each.userKey) })),
    })),
    handler(resourceRemove, async ({ caller }, { id }) => ({ removed: await resources.remove(caller, id) })),
  ];
}
