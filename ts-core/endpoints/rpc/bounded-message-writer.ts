/** Writes JSON-RPC messages as one write each, and tells how much the peer has not read yet. */
import type { Socket } from 'node:net';
import { AbstractMessageWriter, type Message, type MessageWriter } from 'vscode-jsonrpc/node';

export class BoundedMessageWriter extends AbstractMessageWriter implements MessageWriter {
  constructor(private readonly socket: Socket) {
    super();
    socket.on('error', (error) => this.fireError(error));
    socket.on('close', () => this.fireClose());
  }

  get unreadBytes(): number {
    return this.socket.writableLength;
  }

  write(message: Message): Promise<void> {
    if (this.socket.destroyed) return Promise.resolve();
    const body = JSON.stringify(message);
    this.socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    return Promise.resolve();
  }

  end(): void {
    this.socket.end();
  }
}
