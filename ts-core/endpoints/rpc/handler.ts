/** Connects the methods of a feature's contract with the functions that serve them. */
import type * as z from 'zod';
import { TbsError } from '../../domain/tbs-error.js';
import { JsonTexts } from './json-rpc.js';
import type { Described, RpcMethod } from './protocol/method.js';
import type { RpcSession } from './rpc-session.js';

export interface RpcHandler {
  readonly method: RpcMethod;
  /** Validates the parameters and serves the call. Throws TbsErrors. */
  serve(session: RpcSession, params: unknown): unknown;
}

/**
 * The last part of an answer that had to wait, if this part takes time. Each step runs in a turn of the caller's user and
 * is charged to that user; the last one returns the result. Work that a handler does after an `await` is charged to
 * nobody.
 */
export class InTurn<Result> {
  constructor(readonly steps: () => Iterator<undefined, Result | JsonTexts>) {}
}

/** Creates a result in one step. */
export function inTurn<Result>(make: () => Result | JsonTexts): InTurn<Result> {
  return new InTurn(() => ({ next: () => ({ done: true, value: make() }) }));
}

/** A step takes a few tenths of a millisecond. */
const ITEMS_IN_A_STEP = 128;

/** Creates an object with one long list, a part of it in each step. */
export function listInTurns<Name extends string, Source, Item>(
  name: Name,
  sources: readonly Source[],
  itemOf: (source: Source) => Item,
) {
  return new InTurn<{ readonly [Key in Name]: readonly Item[] }>(function* () {
    const texts = [`{${JSON.stringify(name)}:[`];
    for (let first = 0; first < sources.length; first += ITEMS_IN_A_STEP) {
      if (first > 0) yield;
      const items = sources.slice(first, first + ITEMS_IN_A_STEP).map(itemOf);
      texts.push(first > 0 ? ',' : '', JSON.stringify(items).slice(1, -1));
    }
    texts.push(']}');
    return new JsonTexts(texts);
  });
}

/**
 * One function for each method that a protocol file exports, under the same name. The functions of `Turned` create their
 * answers in a turn; those of `Texts` may return JSON.
 */
export type Handlers<Contract, Turned extends keyof Contract = never, Texts extends keyof Contract = never> = {
  readonly [Name in keyof Contract as Contract[Name] extends RpcMethod
    ? Name
    : never]: Contract[Name] extends RpcMethod<infer Params, infer Result>
    ? (
        session: RpcSession,
        params: z.output<Params>,
      ) => Name extends Turned
        ? Promise<InTurn<Described<Result>>>
        : Described<Result> | Promise<Described<Result>> | (Name extends Texts ? JsonTexts : never)
    : never;
};

/** Returns the methods that a protocol file exports, by export name. */
export function methodsOf(contract: object): ReadonlyMap<string, RpcMethod> {
  return new Map(Object.entries(contract).filter((each): each is [string, RpcMethod] => isMethod(each[1])));
}

function isMethod(exported: unknown): exported is RpcMethod {
  return typeof exported === 'object' && exported !== null && 'access' in exported && 'result' in exported;
}

export function bind<
  Contract extends object,
  Turned extends keyof Contract = never,
  Texts extends keyof Contract = never,
>(contract: Contract, handlers: Handlers<Contract, Turned, Texts>): readonly RpcHandler[] {
  const serving = new Map<string, RpcHandler['serve']>(Object.entries(handlers));
  return [...methodsOf(contract)].map(([name, method]) => {
    const serve = serving.get(name) as RpcHandler['serve'];
    return { method, serve: (session, params) => serve(session, parseParams(method.params, params)) };
  });
}

/** Limits on the text of a refusal, because the caller's own names may fill the whole message. */
const MAX_PROBLEMS = 8;
const MAX_PROBLEM_CHARACTERS = 240;

function parseParams(shape: z.ZodType, params: unknown): unknown {
  const parsed = shape.safeParse(params);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const problems = issues.slice(0, MAX_PROBLEMS).map(problemText);
  const further = issues.length > MAX_PROBLEMS ? `; and ${issues.length - MAX_PROBLEMS} more` : '';
  throw new TbsError('TBS_E_BAD_PARAMETER', { message: problems.join('; ') + further, details: { problems } });
}

function problemText(issue: z.core.$ZodIssue): string {
  const place = issue.path.map(String).join('.');
  const text = place === '' ? issue.message : `${place}: ${issue.message}`;
  return text.length <= MAX_PROBLEM_CHARACTERS ? text : `${text.slice(0, MAX_PROBLEM_CHARACTERS)}…`;
}
