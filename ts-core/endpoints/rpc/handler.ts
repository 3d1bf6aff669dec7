/** A method of the protocol joined to the use case that serves it. */
import type { z } from 'zod';
import type { RpcMethodName } from '../../application/access.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { RpcMethod } from './protocol/method.js';
import type { RpcSession } from './rpc-session.js';

export interface RpcHandler {
  readonly name: RpcMethodName;
  /** Checks the parameters and serves the call. Throws TbsErrors. */
  serve(session: RpcSession, params: unknown): unknown;
}

export function handler<Params extends z.ZodType, Result>(
  method: RpcMethod<Params, Result>,
  serve: (session: RpcSession, params: z.output<Params>) => Result | Promise<Result>,
): RpcHandler {
  return {
    name: method.name as RpcMethodName,
    serve: (session, params) => serve(session, parseParams(method.params, params)),
  };
}

function parseParams<Params extends z.ZodType>(shape: Params, params: unknown): z.output<Params> {
  const parsed = shape.safeParse(params);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const place = issue.path.map(String).join('.');
    return place === '' ? issue.message : `${place}: ${issue.message}`;
  });
  throw new TbsError('TBS_E_BAD_PARAMETER', { message: problems.join('; '), details: { problems } });
}
