/** Decides whether a peer takes too long to send the rest of a message, or to read its replies. */
export class SlowPeer {
  #partialMessage: number | undefined;
  #partialSinceMs = 0;
  #unreadSinceMs: number | undefined;
  #deliveredBytes = -1;
  readonly #timeoutMs: number;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * `message` identifies the incomplete message. Further bytes do not restart the time, so that a trickle cannot keep a
   * message open.
   */
  sendsTooSlowly(nowMs: number, message: number | undefined): boolean {
    if (message !== this.#partialMessage) this.#partialSinceMs = nowMs;
    this.#partialMessage = message;
    return message !== undefined && nowMs - this.#partialSinceMs >= this.#timeoutMs;
  }

  /** `mustRead`: whether the peer's unread replies hold others up. */
  readsTooSlowly(nowMs: number, mustRead: boolean, deliveredBytes: number): boolean {
    if (!mustRead || deliveredBytes !== this.#deliveredBytes) this.#unreadSinceMs = undefined;
    this.#deliveredBytes = deliveredBytes;
    if (!mustRead) return false;
    this.#unreadSinceMs ??= nowMs;
    return nowMs - this.#unreadSinceMs >= this.#timeoutMs;
  }
}
