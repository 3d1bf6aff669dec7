import type { Application } from '../../../application/application.js';
import {
  AUTH_LEVEL_NAMES,
  describeAuthLevelOrigin,
  type EffectiveAuthLevel,
} from '../../../domain/owner-auth/effective-level.js';
import { handler, type RpcHandler } from '../handler.js';
import { type AuthLevelState, authLevelGet, authLevelSet } from '../protocol/auth-level.js';
import { withSecrets } from '../secret-parameters.js';

export function authLevelHandlers({ authLevel, policy }: Application): readonly RpcHandler[] {
  const state = ({ level, origin }: EffectiveAuthLevel): AuthLevelState => ({
    level,
    levelName: AUTH_LEVEL_NAMES[level],
    source: describeAuthLevelOrigin(origin),
    setByPolicy: origin.kind === 'policy',
    activeDirectoryBackup: policy.get().settings.activeDirectoryBackup,
  });
  return [
    handler(authLevelGet, () => state(authLevel.get())),
    handler(authLevelSet, ({ caller }, { level, newOwnerAuth, force }) =>
      withSecrets({ newOwnerAuth }, async (secrets) =>
        state(await authLevel.set(caller, level, { newOwnerAuth: secrets.newOwnerAuth, force })),
      ),
    ),
  ];
}
