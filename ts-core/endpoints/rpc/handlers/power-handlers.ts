import type { Application } from '../../../application/application.js';
import { handler, type RpcHandler } from '../handler.js';
import { powerResume, powerSuspend } from '../protocol/power.js';

export function powerHandlers({ power }: Application): readonly RpcHandler[] {
  return [
    handler(powerSuspend, async ({ caller }) => {
      await power.suspend(caller);
      return {};
    }),
    handler(powerResume, async ({ caller }) => {
      await power.resume(caller);
      return {};
    }),
  ];
}
