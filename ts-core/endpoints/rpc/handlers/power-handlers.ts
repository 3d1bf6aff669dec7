import type { Application } from '../../../application/application.js';
import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/power.js';

export function powerHandlers({ power }: Application): Handlers<typeof contract> {
  return {
    powerSuspend: async ({ caller }) => {
      await power.suspend(caller);
      return {};
    },
    powerResume: async ({ caller }) => {
      await power.resume(caller);
      return {};
    },
  };
}
