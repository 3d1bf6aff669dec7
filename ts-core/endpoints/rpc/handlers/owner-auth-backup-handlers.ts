import type { Application } from '../../../application/application.js';
import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/owner-auth-backup.js';
import { withSecrets } from '../secret-parameters.js';

export function ownerAuthBackupHandlers({ ownerAuthBackup }: Application): Handlers<typeof contract> {
  return {
    ownerAuthBackupGet: () => ownerAuthBackup.get(),
    ownerAuthBackupRun: ({ caller }, params) =>
      withSecrets({ ownerAuth: params?.ownerAuth }, (secrets) => ownerAuthBackup.run(caller, secrets.ownerAuth)),
    ownerAuthBackupTest: () => ownerAuthBackup.test(),
  };
}
