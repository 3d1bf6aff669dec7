/**
 * One client of the JSON-RPC endpoint: bounded reading, calls served by the handlers, clean-up when it goes.
 *
 * Back-pressure: while `maxOutstandingCalls` calls are unanswered or more than `maxUnreadReplyBytes` of replies are
 * unread, nothing more is read from the connection, so that a client which never reads costs bounded memory.
 */
import type { Socket } from 'node:net';
import { createMessageConnection, ErrorCodes, type MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import type { ConnectionOpener } from '../../application/caller-connection.js';
import type { Log } from '../../application/ports.js';
import type { Caller } from '../../domain/caller.js';
import { TbsError } from '../../domain/tbs-error.js';
import { requireAccess } from '../access.js';
import { BoundedMessageReader, FramingError } from './bounded-message-reader.js';
import { BoundedMessageWriter } from './bounded-message-writer.js';
import type { RpcHandler } from './handler.js';
import { toResponseError } from './rpc-error.js';
import type { RpcSession } from './rpc-session.js';

export interface RpcLimits {
  readonly maxMessageBytes: number;
  readonly partialMessageTimeoutMs: number;
  readonly maxOutstandingCalls: number;
  readonly maxUnreadReplyBytes: number;
}

/** vscode-jsonrpc reports what it meets; none of it may reach a terminal or hold contents. */
const SILENT_LOGGER = { error: () => {}, warn: () => {}, info: () => {}, log: () => {} };

export class RpcConnection {
  private readonly reader: BoundedMessageReader;
  private readonly writer: BoundedMessageWriter;
  private readonly connection: MessageConnection;
  private readonly endCallbacks: (() => void)[] = [];
  private outstandingCalls = 0;
  private holdingForCalls = false;
  private holdingForReplies = false;
  private ended = false;

  constructor(
    private readonly socket: Socket,
    readonly caller: Caller,
    opener: ConnectionOpener,
    private readonly handlers: ReadonlyMap<string, RpcHandler>,
    private readonly limits: RpcLimits,
    private readonly log: Log,
  ) {
    this.reader = new BoundedMessageReader(socket, limits);
    this.writer = new BoundedMessageWriter(socket);
    this.connection = createMessageConnection(this.reader, this.writer, SILENT_LOGGER);
    const tpm = opener.connect(caller);
    const session: RpcSession = {
      caller,
      tpm,
      transientContexts: new Set(),
      notify: (method, params) => this.notify(method, params),
      onEnd: (callback) => void this.endCallbacks.push(callback),
    };
    this.endCallbacks.push(() => tpm.close());
    // One handler for all: vscode-jsonrpc would pass its own token as the parameters of a call that has none.
    this.connection.onRequest((method, params) => this.serve(method, session, params));
    this.reader.onError((error) => this.breakOff(error));
    this.connection.onClose(() => this.end());
    socket.on('drain', () => this.onDrain());
    socket.on('close', () => this.end());
    this.connection.listen();
  }

  /** Ends the connection; everything its client held is given back. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    for (const callback of this.endCallbacks) callback();
    this.connection.dispose();
    this.reader.dispose();
    this.socket.destroySoon();
  }

  private async serve(method: string, session: RpcSession, params: unknown): Promise<unknown> {
    const handler = this.handlers.get(method);
    if (handler === undefined) return new ResponseError(ErrorCodes.MethodNotFound, `There is no method ${method}.`);
    this.callBegins();
    try {
      requireAccess(handler.method, this.caller);
      return await handler.serve(session, params);
    } catch (error) {
      if (!(error instanceof TbsError) || error.symbol === 'TBS_E_INTERNAL_ERROR') {
        this.log.error({ error, method }, 'a call failed');
      }
      return toResponseError(error);
    } finally {
      this.callEnds();
    }
  }

  private callBegins(): void {
    this.outstandingCalls++;
    if (this.outstandingCalls >= this.limits.maxOutstandingCalls && !this.holdingForCalls) {
      this.holdingForCalls = true;
      this.reader.hold();
    }
    if (this.writer.unreadBytes > this.limits.maxUnreadReplyBytes && !this.holdingForReplies) {
      this.holdingForReplies = true;
      this.reader.hold();
    }
  }

  private callEnds(): void {
    this.outstandingCalls--;
    if (this.ended || !this.holdingForCalls || this.outstandingCalls > this.limits.maxOutstandingCalls / 2) return;
    this.holdingForCalls = false;
    this.reader.release();
  }

  private onDrain(): void {
    if (this.ended || !this.holdingForReplies) return;
    this.holdingForReplies = false;
    this.reader.release();
  }

  private notify(method: string, params: unknown): boolean {
    if (this.ended || this.writer.unreadBytes > this.limits.maxUnreadReplyBytes) return false;
    void this.connection.sendNotification(method, params);
    return true;
  }

  /** A peer that does not speak the protocol hears why, once. */
  private breakOff(error: Error): void {
    if (error instanceof FramingError) {
      const reply = { jsonrpc: '2.0', id: null, error: { code: -32700, message: error.message } };
      void this.writer.write(reply);
    }
    this.end();
  }
}
