/** Writes replies and notifications to one client. */
import { ChargedOutput } from '../charged-output.js';
import { messageFrameIn } from './message-frames.js';

/**
 * Enough for the longest list with default settings, `commandBlock/list`. Messages are written here first: otherwise each
 * would be garbage once the kernel has taken it, and garbage collection stops the broker.
 */
const ROOM_BYTES = 1_100_000;
const room = Buffer.allocUnsafeSlow(ROOM_BYTES);

export class RpcOutput extends ChargedOutput {
  /** Sends one message, which may be in several texts. */
  send(...texts: readonly string[]): void {
    const message = messageFrameIn(room, texts);
    this.sendBytes(message, message.length);
    // It may contain an authorization value.
    message.fill(0);
  }
}
