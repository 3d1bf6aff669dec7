/**
 * Replays recorded conversations with a real software TPM (`tests/fixtures/tpm-conversations`), so that tests need no
 * TPM. They check that an exchange still sends the bytes that the TPM accepted, and what it reads from the responses.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nodeCrypto12 } from '../../ts-core/adapters/crypto/node-crypto12.js';
import type { BrokerContext } from '../../ts-core/application/owner-auth/broker-context.js';
import type { Exchange } from '../../ts-core/domain/tpm/exchange.js';
import type { TpmVersion } from '../../ts-core/domain/tpm/tpm-version.js';
import type { Crypto12 } from '../../ts-core/domain/tpm12/crypto12.js';

/** All values are hexadecimal. */
export interface Conversation {
  /** The random values that the exchange used: nonces; none for a TPM 2.0. */
  readonly random: readonly string[];
  /** The results of RSAES-OAEP, which are random too. */
  readonly encrypted: readonly string[];
  /** Commands and responses, alternating. */
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

/** Returns the commands of a recorded conversation, in hexadecimal. */
export function commandsOf(version: TpmVersion, name: string): readonly string[] {
  return recorded(version, name).bytes.filter((_, index) => index % 2 === 0);
}

/** Replays the exchange of one recorded conversation. */
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

  /** Runs the exchange and asserts that it sends exactly the recorded commands. Returns or throws as the exchange does. */
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
      assert.deepEqual(sent, recorded, 'the exchange sends other bytes than the TPM accepted');
    }
  }

  /** Runs the exchange with another last response. Throws SentMoreError if the exchange sends a further command. */
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

/**
 * The broker's context on a TPM that answers as recorded, for use cases that send several exchanges. Asserts that they
 * send exactly the recorded commands.
 */
export function recordedTpm12(name: string): { readonly context: BrokerContext; readonly crypto: Crypto12 } {
  const conversation = recorded('1.2', name);
  const bytes = conversation.bytes.values();
  const run = async <Result>(begin: () => Exchange<Result>): Promise<Result> => {
    const exchange = begin();
    let step = exchange.next();
    while (step.done !== true) {
      assert.equal(toHex(step.value), bytes.next().value, 'the use case sends other bytes than the TPM accepted');
      step = exchange.next(fromHex(bytes.next().value ?? ''));
    }
    return step.value;
  };
  return { context: { run } as unknown as BrokerContext, crypto: replayingCrypto(conversation) };
}

/** The exchange continued after the last response, so it accepted a response that the test had damaged. */
export class SentMoreError extends Error {}

/** Returns real SHA-1 and HMAC functions; the random values are the recorded ones. */
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
