/** Compares what the broker sends with the contracts of the protocol. An unknown property is a violation as well. */
import assert from 'node:assert/strict';
import type { z } from 'zod';
import { RPC_METHODS, RPC_NOTIFICATIONS } from '../../ts-core/endpoints/rpc/features.js';

const RESULTS = new Map(RPC_METHODS.map(({ name, result }) => [name, result]));
const NOTIFICATIONS = new Map<string, z.ZodType>(
  RPC_NOTIFICATIONS.map(({ notification, params }) => [notification, params]),
);

/** Does not check methods that the protocol does not have: tests of the endpoint call some. */
export function requireContractedResult(method: string, result: unknown): void {
  const schema = RESULTS.get(method);
  if (schema !== undefined) requireMatch(schema, result, `the result of ${method}`);
}

export function requireContractedNotification(name: string, params: unknown): void {
  const schema = NOTIFICATIONS.get(name);
  assert.ok(schema, `the protocol has no notification ${name}`);
  requireMatch(schema, params, `the parameters of ${name}`);
}

function requireMatch(schema: z.ZodType, value: unknown, what: string): void {
  const { error } = schema.safeParse(value);
  const problems = error?.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
  assert.equal(problems, undefined, `${what} breaks its contract: ${problems?.join('; ')}`);
}
