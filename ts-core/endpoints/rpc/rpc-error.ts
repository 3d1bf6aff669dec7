/** Converts a TbsError into a JSON-RPC error: the result code as a signed 32-bit number, the symbol, and what to do. */
import { asTbsError } from '../../domain/tbs-error.js';
import type { RpcError } from './json-rpc.js';

export interface RpcErrorData {
  readonly symbol: string;
  /** Unsigned. */
  readonly resultCode: number;
  readonly action: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * Converts any error. One that is not a TbsError becomes TBS_E_INTERNAL_ERROR; its own message never reaches a caller.
 */
export function toRpcError(error: unknown): RpcError & { readonly data: RpcErrorData } {
  const known = asTbsError(error);
  return {
    code: known.resultCode | 0,
    message: known.message,
    data: {
      symbol: known.symbol,
      resultCode: known.resultCode,
      action: known.action,
      details: known.details,
    },
  };
}
