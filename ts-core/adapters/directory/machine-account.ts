/** Decides how this machine authenticates: with the credentials file if one is configured, else with its own keytab. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { readCredentials } from './credentials-file.js';
import { directoryFailure } from './directory-failure.js';
import type { DirectoryOptions } from './directory-options.js';
import { type KerberosPrincipal, principalOfKeytab } from './keytab-file.js';

export type MachineAccount =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'keytab'; readonly principal: KerberosPrincipal; readonly keytabFile: string };

/** @throws TBS_E_PROVISIONING_NOT_ALLOWED, reason `wrongCredentials`, or `notJoined` if there is neither. */
export function machineAccount(options: DirectoryOptions): MachineAccount {
  const { credentialsFile, isServiceCredential, keytabFile, brokerUid } = options;
  if (credentialsFile !== undefined) {
    return { kind: 'password', ...readCredentials(credentialsFile, brokerUid, isServiceCredential) };
  }
  if (!existsSync(keytabFile)) throw nothingToAuthenticateWith(keytabFile);
  const principal = principalOfKeytab(keytabFile, brokerUid, {
    wanted: options.principal,
    computer: computerLabel(options.computer),
  });
  return { kind: 'keytab', principal, keytabFile };
}

/** Returns the name of a computer's account: the first label of its host name, at most 15 characters (NetBIOS). */
export function hostNameLabel(): string {
  return (hostname().split('.')[0] ?? '').slice(0, 15);
}

function computerLabel(computer: string | undefined): string {
  if (computer === undefined) return hostNameLabel();
  const name = /^CN=([^,]+),/i.exec(computer)?.[1] ?? computer;
  return name.replace(/\$$/, '');
}

function nothingToAuthenticateWith(keytabFile: string) {
  return directoryFailure('notJoined', {
    message: `This machine has no keytab (${keytabFile}), and no credentials file is configured.`,
    action:
      'Join the machine to the domain with a keytab (realm join, adcli join, or net ads join and net ads keytab create), or set `directory.credentialsFile` in tbsd.json.',
  });
}
