/**
 * Conversations with a real software TPM, recorded once (`tests/fixtures/tpm-conversations`), and replayed where no TPM
 * runs: a test sees that an exchange still sends the bytes that the TPM accepted, and what it makes of the answers.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nodeCrypto12 } from '../../ts-core/adapters/crypto/node-crypto12.js';
import type { Exchange } from '../../ts-core/domain/tpm/exchange.js';
import type { TpmVersion } from '../../ts-core/domain/tpm/tpm-version.js';
import type { Crypto12 } from '../../ts-core/domain/tpm12/crypto12.js';

/** Everything is in hexadecimal. */
export interface Conversation {
  /** What the exchange drew: nonces, and nothing for a TPM 2.0. */
  readonly random: readonly string[];
  /** What RSAES-OAEP returned, which is random too. */
  readonly encrypted: readonly string[];
  /** Commands and responses in turn. */
  readonly bytes: readonly string[];
}

export type Conversations = Readonly<Record<string, Conversation>>;

export function conversationsFile(version: TpmVersion): string {
  return fileURLToPath(
    new URL(`../../../tests/fixtures/tpm-conversations/tpm${version.replace('.', '')}.json`, import.meta.url),
  );
}

function recorded(version: TpmVersion, name: string): Conversation {
  const all = JSON.parse(readFileSync(conversationsFile(version), 'utf8')) as Conversations;
  const conversation = all[name];
  if (conversation === undefined) throw new Error(`no conversation ${name} was recorded`);
  return conversation;
}

/** The commands of a recorded conversation, in hexadecimal. */
export function commandsOf(version: TpmVersion, name: string): readonly string[] {
  return recorded(version, name).bytes.filter((_, index) => index % 2 === 0);
}

/** The exchange of one recorded conversation, ready to be replayed. */
export class Replay<Result> {
  readonly #conversation: Conversation;
  readonly #begin: (crypto12: Crypto12) => Exchange<Result>;

  constructor(version: TpmVersion, name: string, begin: (crypto12: Crypto12) => Exchange<Result>) {
    this.#conversation = recorded(version, name);
    this.#begin = begin;
  }

  /** The recorded responses. */
  get answers(): readonly Uint8Array[] {
    return this.#conversation.bytes.filter((_, index) => index % 2 === 1).map(fromHex);
  }

  get lastAnswer(): Uint8Array {
    return this.answers.at(-1) ?? new Uint8Array();
  }

  /** Runs the exchange and asserts that it sends exactly what was recorded. Returns or throws what the exchange does. */
  run(): Result {
    const sent: string[] = [];
    const answers = this.answers;
    const exchange = this.#begin(replayingCrypto(this.#conversation));
    try {
      let step = exchange.next();
      while (step.done !== true) {
        const answer = answers[sent.length];
        sent.push(toHex(step.value));
        assert.ok(answer, `command ${sent.length} was not recorded: ${sent.at(-1)}`);
        step = exchange.next(answer);
      }
      return step.value;
    } finally {
      const recorded = this.#conversation.bytes.filter((_, index) => index % 2 === 0);
      assert.deepEqual(sent, recorded, 'the exchange sends other bytes than the TPM has accepted');
    }
  }

  /** Runs the exchange with another response in the place of the last; never asks for more than were recorded. */
  runWithLastAnswer(lastAnswer: Uint8Array): Result {
    const answers = [...this.answers.slice(0, -1), lastAnswer];
    const exchange = this.#begin(replayingCrypto(this.#conversation));
    let step = exchange.next();
    for (const answer of answers) {
      if (step.done === true) break;
      step = exchange.next(answer);
    }
    if (step.done !== true) throw new SentMoreError();
    return step.value;
  }
}

/** The exchange went on after the last recorded answer, so it took an answer that a test had spoilt. */
export class SentMoreError extends Error {}

/** SHA-1 and HMAC are the real ones; what is random is what was drawn then. */
function replayingCrypto({ random, encrypted }: Conversation): Crypto12 {
  const [drawn, secrets] = [random.values(), encrypted.values()];
  const next = (values: IterableIterator<string>): Uint8Array => {
    const { value, done } = values.next();
    if (done === true) throw new Error('more random values are drawn than were recorded');
    return fromHex(value);
  };
  return { ...nodeCrypto12, randomBytes: () => next(drawn), rsaOaepTcpa: () => next(secrets) };
}

export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
