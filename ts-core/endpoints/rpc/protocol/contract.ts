/**
 * The whole contract by the names of its methods, for clients: types alone, so that a program that calls the broker does
 * not load the schemas that the broker checks parameters with.
 */
import type * as z from 'zod';
import type * as authLevel from './auth-level.js';
import type * as command from './command.js';
import type * as commandBlock from './command-block.js';
import type * as connection from './connection.js';
import type * as context from './context.js';
import type * as event from './event.js';
import type * as eventLog from './event-log.js';
import type * as lockout from './lockout.js';
import type { Described, RpcMethod, RpcNotification } from './method.js';
import type * as ownerAuth from './owner-auth.js';
import type * as ownerAuthBackup from './owner-auth-backup.js';
import type * as physicalPresence from './physical-presence.js';
import type * as policy from './policy.js';
import type * as power from './power.js';
import type * as queue from './queue.js';
import type * as report from './report.js';
import type * as resource from './resource.js';
import type * as status from './status.js';
import type * as tpm from './tpm.js';

type Exports =
  | ExportOf<typeof authLevel>
  | ExportOf<typeof command>
  | ExportOf<typeof commandBlock>
  | ExportOf<typeof connection>
  | ExportOf<typeof context>
  | ExportOf<typeof event>
  | ExportOf<typeof eventLog>
  | ExportOf<typeof lockout>
  | ExportOf<typeof ownerAuth>
  | ExportOf<typeof ownerAuthBackup>
  | ExportOf<typeof physicalPresence>
  | ExportOf<typeof policy>
  | ExportOf<typeof power>
  | ExportOf<typeof queue>
  | ExportOf<typeof report>
  | ExportOf<typeof resource>
  | ExportOf<typeof status>
  | ExportOf<typeof tpm>;
type ExportOf<Module> = Module[keyof Module];

type Method = Extract<Exports, RpcMethod>;
type Notification = Extract<Exports, RpcNotification>;

/** `status/get` and all others. */
export type MethodName = Method['name'];

type Called<Name extends MethodName> = Extract<Method, { readonly name: Name }>;

/** The parameters of a method as its caller writes them; those with a default may be left out. */
export type ParamsOf<Name extends MethodName> = z.input<Called<Name>['params']>;

export type ResultOf<Name extends MethodName> = Described<Called<Name>['result']>;

export type NotificationName = Notification['notification'];

export type NotificationOf<Name extends NotificationName> = Described<
  Extract<Notification, { readonly notification: Name }>['params']
>;
