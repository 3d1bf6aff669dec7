/**
 * What a protocol file declares: the method's name, the shape of its parameters, checked at the edge, and its result.
 *
 * The shapes use zod with strict objects: an unknown parameter is refused by its name.
 */
import { z } from 'zod';

export interface RpcMethod<Params extends z.ZodType, Result> {
  readonly name: string;
  readonly params: Params;
  /** Never set; carries the result's type. */
  readonly result?: Result;
}

export function method<Result>() {
  return <Params extends z.ZodType>(name: string, params: Params): RpcMethod<Params, Result> => ({ name, params });
}

export const noParams = z.strictObject({}).optional();

export const tpmVersion = z.enum(['1.2', '2.0']);

export const callerClass = z.enum(['administrator', 'standardUser', 'sandboxedApp']);

export const commandCode = z.number().int().min(0).max(0xffffffff);

export const contextId = z.number().int().min(1).max(0xffffffff);

/** A code, or a name in any of the forms `TPM2_GetRandom`, `TPM_CC_GetRandom`, `GetRandom`, `0x17B`, `379`. */
export const commandReference = z.union([commandCode, z.string().min(1).max(80)]);
