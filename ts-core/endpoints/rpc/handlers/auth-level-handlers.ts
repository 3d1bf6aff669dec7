import type { Application } from '../../../application/application.js';
import {
  AUTH_LEVEL_NAMES,
  describeAuthLevelOrigin,
  type EffectiveAuthLevel,
} from '../../../domain/owner-auth/effective-level.js';
import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/auth-level.js';
import { withSecrets } from '../secret-parameters.js';

export function authLevelHandlers({ authLevel, policy }: Application): Handlers<typeof contract> {
  const state = ({ level, origin }: EffectiveAuthLevel): contract.AuthLevel => ({
    level,
    levelName: AUTH_LEVEL_NAMES[level],
    source: describeAuthLevelOrigin(origin),
    setByPolicy: origin.kind === 'policy',
    activeDirectoryBackup: policy.get().settings.activeDirectoryBackup,
  });
  return {
    authLevelGet: () => state(authLevel.get()),
    authLevelSet: ({ caller }, { level, newOwnerAuth, force }) =>
      withSecrets({ newOwnerAuth }, async (secrets) =>
        state(await authLevel.set(caller, level, { newOwnerAuth: secrets.newOwnerAuth, force })),
      ),
  };
}
