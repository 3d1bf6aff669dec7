/**
 * JSON-RPC 2.0 (jsonrpc.org/specification): parses messages and formats replies. Pure.
 *
 * Notifications are calls without an id: they are served but not answered. Responses are ignored, because the broker
 * sends no requests to its callers.
 */

/** The id of a call that can be answered. */
export type CallId = string | number | null;

export interface Call {
  /** Undefined for a notification. */
  readonly id: CallId | undefined;
  readonly method: string;
  readonly params: unknown;
}

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** One part of a message: a call; a fault, which is answered; or a response. */
export type MessagePart =
  | { readonly kind: 'call'; readonly call: Call }
  | { readonly kind: 'fault'; readonly id: CallId; readonly error: RpcError }
  | { readonly kind: 'response' };

export interface RpcMessage {
  readonly parts: readonly MessagePart[];
  /** Whether the replies are sent together, as one list. */
  readonly isBatch: boolean;
}

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;

/** Maximum number of calls in one batch. */
export const MAX_BATCH_CALLS = 64;
/** Maximum nesting of lists and objects: far more than any parameter needs, far less than exhausts the stack. */
export const MAX_DEPTH = 32;

/**
 * Maximum number of values in a message of a caller who is no administrator: 64 calls with 16 values each.
 * Building thousands of them would delay others by several milliseconds.
 */
export const MAX_USER_VALUES = 1024;

/** Parses one message. Never throws: a fault becomes a part of the message. */
export function readMessage(body: Uint8Array, maxValues = Number.POSITIVE_INFINITY): RpcMessage {
  const exceeded = exceededLimit(body, maxValues);
  if (exceeded !== undefined) return faulty(PARSE_ERROR, exceeded);
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(body));
  } catch (error) {
    return faulty(PARSE_ERROR, error instanceof SyntaxError ? 'The message is not JSON.' : 'The message is not UTF-8.');
  }
  if (!Array.isArray(value)) return { parts: [readPart(value)], isBatch: false };
  if (value.length === 0) return faulty(INVALID_REQUEST, 'The batch is empty.');
  if (value.length > MAX_BATCH_CALLS) {
    return faulty(INVALID_REQUEST, `A batch has at most ${MAX_BATCH_CALLS} calls; this one has ${value.length}.`);
  }
  return { parts: value.map(readPart), isBatch: true };
}

/**
 * A result that is JSON already, in one or several texts, because it is the same for many calls or long. Long texts are
 * not joined: that copies them, and the garbage collector stops the broker to collect the copies.
 */
export class JsonTexts {
  constructor(readonly texts: readonly string[]) {}
}

/** Formats a reply as JSON, in one or several texts. An undefined result becomes null: a reply must have a result. */
export function resultReply(id: CallId, result: unknown): readonly string[] {
  if (!(result instanceof JsonTexts)) return [JSON.stringify({ jsonrpc: '2.0', id, result: result ?? null })];
  return [`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`, ...result.texts, '}'];
}

export function errorReply(id: CallId, { code, message, data }: RpcError): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data } });
}

export function notificationText(method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function faulty(code: number, message: string): RpcMessage {
  return { parts: [fault(null, code, message)], isBatch: false };
}

function fault(id: CallId, code: number, message: string): MessagePart {
  return { kind: 'fault', id, error: { code, message } };
}

function readPart(value: unknown): MessagePart {
  if (!isObject(value)) return fault(null, INVALID_REQUEST, 'A call is an object.');
  const { jsonrpc, id, method, params } = value;
  if ('id' in value && !isCallId(id)) return fault(null, INVALID_REQUEST, unfitId(id));
  if (jsonrpc !== '2.0') return fault(id ?? null, INVALID_REQUEST, 'A call has "jsonrpc": "2.0".');
  if (!('method' in value) && ('result' in value || 'error' in value)) return { kind: 'response' };
  if (typeof method !== 'string') return fault(id ?? null, INVALID_REQUEST, 'The method of a call is a text.');
  if ('params' in value && (typeof params !== 'object' || params === null)) {
    return fault(id ?? null, INVALID_REQUEST, 'The parameters of a call are an object.');
  }
  return { kind: 'call', call: { id, method, params } };
}

function isObject(value: unknown): value is { readonly [name: string]: unknown; readonly id?: CallId } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns whether a reply can repeat this id exactly. */
function isCallId(id: unknown): id is CallId {
  if (typeof id !== 'number') return id === null || typeof id === 'string';
  return Number.isInteger(id) ? Number.isSafeInteger(id) : Number.isFinite(id);
}

function unfitId(id: unknown): string {
  return typeof id === 'number'
    ? 'The id of a call is too large a number to be returned exactly: use one below 2^53, or a string.'
    : 'The id of a call is neither a string nor a number.';
}

/** Looks at the raw bytes, before anything is built from them. Returns the first limit that the message exceeds. */
function exceededLimit(body: Uint8Array, maxValues: number): string | undefined {
  let depth = 0;
  let values = 1;
  let inText = false;
  for (let index = 0; index < body.length; index++) {
    const byte = body[index];
    if (inText) {
      if (byte === BACKSLASH) index++;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH) return `The message nests deeper than ${MAX_DEPTH} levels.`;
      values++;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
    else if (byte === COMMA) values++;
    if (values > maxValues) return `The message has more than ${maxValues} values.`;
  }
  return undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
