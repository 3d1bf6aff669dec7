/**
 * The contract of a JSON-RPC method: its name, who may call it, its parameters and its result.
 *
 * The endpoint validates parameters against their schema; the tests validate every result. docs/json-rpc.md, the types
 * of the command line and protocol.json (with which the module's C# types are compared) derive from the schemas, so
 * `describe` gives each property's meaning and unit.
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
  /** One sentence for docs/json-rpc.md. */
  readonly summary: string;
  readonly access: AccessByRole;
  readonly params: Params;
  readonly result: Result;
  /**
   * Parameters with which the method succeeds on a broker that has just started, for docs/json-rpc.md.
   * tests/e2e/results.test.ts calls it with them.
   */
  readonly example?: z.input<Params>;
}

export function method<const Name extends string, Params extends z.ZodType, Result extends z.ZodType>(
  name: Name,
  contract: Omit<RpcMethod<Params, Result>, 'name'>,
): RpcMethod<Params, Result, Name> {
  return { name, ...contract };
}

/** A message that the server sends without a request. */
export interface RpcNotification<Params extends z.ZodType = z.ZodType> {
  readonly notification: string;
  readonly summary: string;
  readonly params: Params;
}

/**
 * Defines an object of the protocol. Its name is the name of its type in protocol.json and docs/json-rpc.md and, after
 * `TpmTbs.`, in PowerShell. Unknown properties are refused by name.
 */
export function objectType<Shape extends z.ZodRawShape>(name: string, description: string, shape: Shape) {
  return z.strictObject(shape).meta({ id: name, description });
}

/** The TypeScript type of a schema's values, read-only. */
export type Described<Schema extends z.ZodType> = DeepReadonly<z.output<Schema>>;

type DeepReadonly<Value> = Value extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : Value extends object
    ? { readonly [Name in keyof Value]: DeepReadonly<Value[Name]> }
    : Value;

export const noParams = z.strictObject({}).optional();

/** The result of a method that returns nothing. */
export const nothing = z.strictObject({});
