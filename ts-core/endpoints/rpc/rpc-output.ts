/** Writes replies and notifications to one client. */
import { ChargedOutput } from '../charged-output.js';
import { messageFrame } from './message-frames.js';

export class RpcOutput extends ChargedOutput {
  send(text: string): void {
    const message = messageFrame(text);
    this.sendBytes(message, message.length);
  }
}
