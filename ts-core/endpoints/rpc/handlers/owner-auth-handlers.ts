import type { Application } from '../../../application/application.js';
import { OWNER_AUTH_TYPES } from '../../../domain/owner-auth/kept-material.js';
import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/owner-auth.js';
import { withSecrets } from '../secret-parameters.js';

export function ownerAuthHandlers({ ownerAuth }: Application): Handlers<typeof contract> {
  return {
    ownerAuthSet: ({ caller }, params) =>
      withSecrets(params, (secrets) => ownerAuth.set(caller, secrets.ownerAuth, secrets.newOwnerAuth as Uint8Array)),
    ownerAuthImport: ({ caller }, params) =>
      withSecrets(params, async (secrets) => {
        await ownerAuth.import(caller, secrets.ownerAuth as Uint8Array);
        return {};
      }),
    ownerAuthGet: async ({ caller }, { type }) => {
      const value = await ownerAuth.get(caller, typeof type === 'number' ? type : typeNumber(type));
      const text = Buffer.from(value).toString('base64');
      value.fill(0);
      return { ownerAuth: text };
    },
  };
}

function typeNumber(name: string): number {
  return OWNER_AUTH_TYPES.find((each) => each.name === name)?.number ?? 0;
}
