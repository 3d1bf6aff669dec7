/** Settings of the backup to a directory: `directory`. */
import * as z from 'zod';
import { milliseconds, path } from './values.js';

export const directorySettings = z
  .strictObject({
    server: z
      .string()
      .regex(/^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]{1,253})(?::[0-9]{1,5})?$/, 'must be HOST or HOST:PORT')
      .nullable()
      .default(null)
      .meta({ title: '`HOST` or `HOST:PORT`' })
      .describe('Domain controller. Unset: found through DNS (`_ldap._tcp.DOMAIN`).'),
    domain: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*$/, 'must be a DNS name')
      .max(253)
      .nullable()
      .default(null)
      .meta({ title: 'DNS name' })
      .describe('Domain whose controllers are found through DNS if no server is set.'),
    caFile: path
      .nullable()
      .default(null)
      .describe("PEM file of the authorities that the server's certificate must come from. Unset: Node.js' own list."),
    dnsServers: z
      .array(
        z
          .string()
          .max(64)
          .regex(/^(?:\[[0-9a-fA-F:]+\]|[0-9a-fA-F:]+|[0-9.]+)(?::[0-9]{1,5})?$/, 'must be ADDRESS or ADDRESS:PORT'),
      )
      .min(1)
      .max(8)
      .nullable()
      .default(null)
      .meta({ title: '`ADDRESS` or `ADDRESS:PORT`, each' })
      .describe("DNS servers that know the domain, where the system's do not. Unset: the system's."),
    credentialsFile: path
      .nullable()
      .default(null)
      .describe(
        "JSON file with `user` and `password` of the account that writes the backup; only root may read it. Unset: the machine's own account, with Kerberos.",
      ),
    keytabFile: path
      .default('/etc/krb5.keytab')
      .describe("Keytab with the key of the machine's own account; only root may read it."),
    principal: z
      .string()
      .regex(/^[^@\s]{1,256}@[^@\s]{1,256}$/, 'must be NAME@REALM')
      .nullable()
      .default(null)
      .meta({ title: '`NAME@REALM`' })
      .describe('Kerberos principal of the keytab to use. Unset: the account of the computer.'),
    computer: z
      .string()
      .min(1)
      .max(1024)
      .nullable()
      .default(null)
      .describe('Distinguished name of the computer object, or the name of the computer. Unset: the host name.'),
    startTls: z.boolean().default(false).describe('Uses StartTLS on the LDAP port instead of LDAPS.'),
    timeoutMs: milliseconds(600_000)
      .default(15_000)
      .describe('Time limit for one operation with one server, from connecting to the last response, in milliseconds.'),
  })
  .refine(({ server, domain }) => server !== null || domain !== null, 'needs `server` or `domain`');
