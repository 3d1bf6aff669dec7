/** An event loop without other events, which records its calls. */
import type { EventLoop } from '../../ts-core/application/ports/event-loop.js';

export class QuietEventLoop implements EventLoop {
  requestsTaken = 0;
  turns = 0;

  takeRequests(): void {
    this.requestsTaken++;
  }

  nextTurn(): Promise<void> {
    this.turns++;
    return Promise.resolve();
  }
}
