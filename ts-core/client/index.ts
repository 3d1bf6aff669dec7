/**
 * The client library for Node.js programs: `import { connect } from 'tpmtbs'`. docs/node-client.md describes it.
 */

export type {
  MethodName,
  NotificationName,
  NotificationOf,
  ParamsOf,
  ResultOf,
} from '../endpoints/rpc/protocol/types-by-method.js';
export { type Broker, type ConnectOptions, connect } from './broker.js';
export { BrokerError, type BrokerErrorKind } from './broker-error.js';
export type { Context, SubmitOptions, SubmitResult } from './context.js';
