import type { Application } from '../../../application/application.js';
import { OWNER_AUTH_TYPES } from '../../../domain/owner-auth/kept-material.js';
import { handler, type RpcHandler } from '../handler.js';
import { ownerAuthGet, ownerAuthImport, ownerAuthSet } from '../protocol/owner-auth.js';
import { ownerAuthBackupGet, ownerAuthBackupRun, ownerAuthBackupTest } from '../protocol/owner-auth-backup.js';
import { withSecrets } from '../secret-parameters.js';

export function ownerAuthHandlers({ ownerAuth, ownerAuthBackup }: Application): readonly RpcHandler[] {
  return [
    handler(ownerAuthSet, ({ caller }, params) =>
      withSecrets(params, (secrets) => ownerAuth.set(caller, secrets.ownerAuth, secrets.newOwnerAuth as Uint8Array)),
    ),
    handler(ownerAuthImport, ({ caller }, params) =>
      withSecrets(params, async (secrets) => {
        await ownerAuth.import(caller, secrets.ownerAuth as Uint8Array);
        return {};
      }),
    ),
    handler(ownerAuthGet, async ({ caller }, { type }) => {
      const value = await ownerAuth.get(caller, typeof type === 'number' ? type : typeNumber(type));
      const text = Buffer.from(value).toString('base64');
      value.fill(0);
      return { ownerAuth: text };
    }),
    handler(ownerAuthBackupGet, () => ownerAuthBackup.get()),
    handler(ownerAuthBackupRun, ({ caller }, params) =>
      withSecrets({ ownerAuth: params?.ownerAuth }, (secrets) => ownerAuthBackup.run(caller, secrets.ownerAuth)),
    ),
    handler(ownerAuthBackupTest, () => ownerAuthBackup.test()),
  ];
}

function typeNumber(name: string): number {
  return OWNER_AUTH_TYPES.find((each) => each.name === name)?.number ?? 0;
}
