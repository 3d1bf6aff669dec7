/**
 * Every setting of `tbsd.json`, with its default, unit and meaning; the sections are in settings/. docs/configuration.md
 * is generated from this schema (tools/docs-configuration.mjs), and a test compares them.
 */
import * as z from 'zod';
import type { BrokerFolders } from './configuration-folders.js';
import type { TransportKind } from './default-transport.js';
import { directorySettings } from './settings/directory.js';
import { metricsSettings, simulatorSettings, socketSettings } from './settings/endpoints.js';
import { limitSettings, schedulingSettings, timeoutSettings } from './settings/limits.js';
import { auditSettings, logSettings } from './settings/logs.js';
import { policySettings } from './settings/policy.js';
import { telemetrySettings } from './settings/telemetry.js';
import { platformSettings, powerSettings, provisioningSettings, transportSettings } from './settings/tpm.js';
import { account, namedAccount, path } from './settings/values.js';

/** `transportKind` is the default: what a broker in this mode uses unless the configuration names another. */
export function configurationSchema(folders: BrokerFolders, transportKind: TransportKind) {
  return z.strictObject({
    $schema: z.string().optional().describe('For editors; sets nothing.'),
    enabled: z.boolean().default(true).describe('If false, every call fails with TBS_E_SERVICE_DISABLED.'),
    stateFolder: path
      .default(folders.state)
      .describe('Folder of the broker’s records, which only the broker’s user may read.'),
    administratorsGroup: account
      .default(null)
      .describe('Group (name or number) whose members are administrators, in addition to root. Unset: only root.'),
    observersGroup: account
      .default(null)
      .describe(
        'Group (name or number) whose members (observers) may read everybody’s data, but change no more than other standard users. Unset: no group.',
      ),
    observerUsers: z
      .array(namedAccount)
      .max(64)
      .default([])
      .describe(
        'Users (name or number) who are observers too, such as the account of a monitoring service. Over TCP only this setting counts, since groups are not known there.',
      ),
    eventActionsUser: account
      .default(null)
      .describe(
        'User (name or number) of the service tbs-actions, who is an observer and reports the runs of event actions. Unset: none. [event-actions.md](event-actions.md)',
      ),
    sandboxedAppsGroup: account
      .default(null)
      .describe('Group (name or number) whose members count as sandboxed apps. Unset: no group.'),
    overflowUser: account
      .default(null)
      .describe(
        "User (name or number) behind the kernel's overflow user id, 65534: `nobody`, or, for a broker in a container, the host's user whose programs connect. Such callers are never administrators. Unset: they are refused. [containers.md](containers.md)",
      ),
    sockets: socketSettings(folders).prefault({}),
    transport: transportSettings(folders, transportKind).prefault({}),
    limits: limitSettings.prefault({}),
    timeouts: timeoutSettings.prefault({}),
    scheduling: schedulingSettings.prefault({}),
    policy: policySettings(folders).prefault({}),
    audit: auditSettings(folders).prefault({}),
    log: logSettings.prefault({}),
    simulator: simulatorSettings.prefault({}),
    metrics: metricsSettings.prefault({}),
    telemetry: telemetrySettings.prefault({}),
    directory: directorySettings
      .nullable()
      .default(null)
      .describe(
        'The directory (AD DS) to which the owner authorization is backed up. Unset: none; see directory-backup.md.',
      ),
    power: powerSettings.prefault({}),
    provisioning: provisioningSettings.prefault({}),
    platform: platformSettings.prefault({}),
  });
}

export type ConfigurationSettings = Omit<z.output<ReturnType<typeof configurationSchema>>, '$schema'>;
