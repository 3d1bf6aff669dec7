/** Judges whether a peer takes too long to send the rest of a message, or to read what waits for it. */
export class SlowPeer {
  #partialMessage: number | undefined;
  #partialSinceMs = 0;
  #unreadSinceMs: number | undefined;
  #deliveredBytes = -1;
  readonly #timeoutMs: number;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** `message`: the one whose rest the peer owes. Not renewed by more bytes: a trickle keeps no message open. */
  sendsTooSlowly(nowMs: number, message: number | undefined): boolean {
    if (message !== this.#partialMessage) this.#partialSinceMs = nowMs;
    this.#partialMessage = message;
    return message !== undefined && nowMs - this.#partialSinceMs >= this.#timeoutMs;
  }

  /** `mustRead`: what the peer leaves unread holds others up. */
  readsTooSlowly(nowMs: number, mustRead: boolean, deliveredBytes: number): boolean {
    if (!mustRead || deliveredBytes !== this.#deliveredBytes) this.#unreadSinceMs = undefined;
    this.#deliveredBytes = deliveredBytes;
    if (!mustRead) return false;
    this.#unreadSinceMs ??= nowMs;
    return nowMs - this.#unreadSinceMs >= this.#timeoutMs;
  }
}
