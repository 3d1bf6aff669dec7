/** The connection to the broker, over the JSON-RPC endpoint. The command line and the client library use it. */
import type { Socket } from 'node:net';
import {
  ConnectionError,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  ErrorCodes,
  Message,
  type MessageConnection,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import type {
  MethodName,
  NotificationName,
  NotificationOf,
  ParamsOf,
  ResultOf,
} from '../endpoints/rpc/protocol/types-by-method.js';
import { BrokerError, brokerGone, brokerSilent, connectionClosed } from './broker-error.js';
import { SilenceWatch } from './silence-watch.js';
import { openBrokerSocket } from './trusted-socket.js';

const PING: MethodName = 'connection/ping';

export interface BrokerClient {
  call<Name extends MethodName>(method: Name, params?: ParamsOf<Name>): Promise<ResultOf<Name>>;
  onNotification<Name extends NotificationName>(method: Name, listener: (params: NotificationOf<Name>) => void): void;
  /** Rejects if the broker ends the connection or stops responding. */
  untilEnded(): Promise<never>;
  close(): void;
}

/** Gives up if the broker is silent for `silenceLimitMs` while a call waits for it; 0: never. */
export async function connectToBroker(address: string, silenceLimitMs: number): Promise<BrokerClient> {
  const socket = await openBrokerSocket(address);
  const connection = createMessageConnection(
    new AnswersAndRefusal(socket, (refusal) => endWith(refusal)),
    new SocketMessageWriter(socket),
  );
  connection.listen();
  const { ended, endWith, watch } = watchConnection(socket, connection, silenceLimitMs);
  return {
    call: <Name extends MethodName>(method: Name, params?: ParamsOf<Name>) =>
      watch(Promise.race([send<ResultOf<Name>>(connection, method, params), ended])),
    onNotification: (method, listener) => void connection.onNotification(method, listener),
    untilEnded: () => watch(ended),
    close: () => {
      // Calls without an answer fail.
      endWith(connectionClosed());
      connection.dispose();
      socket.destroy();
    },
  };
}

/** Records an error that answers no call: the broker's reason for refusing the connection. */
class AnswersAndRefusal extends SocketMessageReader {
  readonly #onRefusal: (refusal: BrokerError) => void;

  constructor(socket: Socket, onRefusal: (refusal: BrokerError) => void) {
    super(socket);
    this.#onRefusal = onRefusal;
  }

  override listen(callback: DataCallback): Disposable {
    return super.listen((message) => {
      if (Message.isResponse(message) && message.id === null && message.error !== undefined) {
        this.#onRefusal(asBrokerError(message.error));
      } else callback(message);
    });
  }
}

/** Watches for the end of a connection that the client did not close, and for silence while calls wait. */
function watchConnection(
  socket: Socket,
  connection: MessageConnection,
  silenceLimitMs: number,
): {
  ended: Promise<never>;
  endWith: (failure: BrokerError) => void;
  watch: <Result>(waiting: Promise<Result>) => Promise<Result>;
} {
  let endWith: (failure: BrokerError) => void = () => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    endWith = reject;
  });
  // Avoids an unhandled rejection when no call is waiting.
  ended.catch(() => undefined);
  connection.onClose(() => endWith(brokerGone()));
  if (silenceLimitMs === 0) return { ended, endWith, watch: (waiting) => waiting };
  const silence = new SilenceWatch({
    limitMs: silenceLimitMs,
    ping: () => void connection.sendRequest(PING, {}).catch(() => undefined),
    onSilent: () => endWith(brokerSilent(silenceLimitMs / 1000)),
  });
  socket.on('data', () => silence.heard());
  return { ended, endWith, watch: (waiting) => silence.during(waiting) };
}

async function send<Result>(connection: MessageConnection, method: string, params: unknown): Promise<Result> {
  try {
    return await connection.sendRequest<Result>(method, params ?? {});
  } catch (error) {
    if (error instanceof ConnectionError) throw connectionClosed();
    if (!(error instanceof ResponseError)) throw error;
    throw CONNECTION_FAULTS.has(error.code) ? brokerGone() : asBrokerError(error);
  }
}

/** Errors that vscode-jsonrpc reports itself if the peer is gone before the answer. */
const CONNECTION_FAULTS: ReadonlySet<number> = new Set([
  ErrorCodes.MessageWriteError,
  ErrorCodes.MessageReadError,
  ErrorCodes.PendingResponseRejected,
]);

interface ErrorData {
  readonly symbol?: string;
  readonly action?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

function asBrokerError(error: {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}): BrokerError {
  const data = (error.data ?? {}) as ErrorData;
  return new BrokerError(
    'refused',
    data.symbol ?? `JSON-RPC ${error.code}`,
    error.message,
    data.action ?? '',
    data.details,
  );
}
