/**
 * The contract of a JSON-RPC method: its name, who may call it, its parameters and its result.
 *
 * The endpoint checks parameters against their schema at the edge; the tests check every result. docs/json-rpc.md, the
 * types of the command line and protocol.json (which the module's C# types are compared with) derive from the schemas,
 * so each property's meaning and unit stands in its `describe`.
 */
import * as z from 'zod';
import type { AccessByRole } from '../../access.js';

export interface RpcMethod<
  Params extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
  Name extends string = string,
> {
  /** `resource/verb`. */
  readonly name: Name;
  /** One sentence for the reader of docs/json-rpc.md. */
  readonly summary: string;
  readonly access: AccessByRole;
  readonly params: Params;
  readonly result: Result;
}

export function method<const Name extends string, Params extends z.ZodType, Result extends z.ZodType>(
  name: Name,
  contract: Omit<RpcMethod<Params, Result>, 'name'>,
): RpcMethod<Params, Result, Name> {
  return { name, ...contract };
}

/** What the server sends without being asked. */
export interface RpcNotification<Params extends z.ZodType = z.ZodType> {
  readonly notification: string;
  readonly summary: string;
  readonly params: Params;
}

/**
 * An object of the protocol. Its name is its type's name in protocol.json and docs/json-rpc.md, and in PowerShell after
 * `TpmTbs.`. An unknown property is refused, by its name.
 */
export function objectType<Shape extends z.ZodRawShape>(name: string, description: string, shape: Shape) {
  return z.strictObject(shape).meta({ id: name, description });
}

/** What a schema describes, as code that only reads it sees it. */
export type Described<Schema extends z.ZodType> = DeepReadonly<z.output<Schema>>;

type DeepReadonly<Value> = Value extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : Value extends object
    ? { readonly [Name in keyof Value]: DeepReadonly<Value[Name]> }
    : Value;

export const noParams = z.strictObject({}).optional();

/** The result of a method that only does something. */
export const nothing = z.strictObject({});
