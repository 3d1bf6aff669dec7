/**
 * The whole contract by the names of its methods, for clients: types alone, so that a program that calls the broker does
 * not load the schemas that the broker checks parameters with.
 */
import type * as z from 'zod';
import type { FeatureContract } from '../features.js';
import type { Described, RpcMethod, RpcNotification } from './method.js';

type ExportOf<Module> = Module extends unknown ? Module[keyof Module] : never;
type Exports = ExportOf<FeatureContract>;

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
