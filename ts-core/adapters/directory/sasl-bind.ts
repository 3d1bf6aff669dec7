/**
 * A SASL bind (RFC 4513, 5.2) in several steps with binary tokens, which ldapts does not support. The requests are
 * written to ldapts' socket with message ids of their own, and ldapts ignores the responses, which it did not request.
 * Nothing else may be in progress on the connection.
 */
import type { Socket } from 'node:net';
import { Ber, BerReader, BerWriter, BindResponse, StatusCodeParser } from 'ldapts';

const BIND_REQUEST = 0x60;
const BIND_RESPONSE = 0x61;
const SASL_CHOICE = 0xa3;
const REFERRAL = 0xa3;
const SERVER_CREDENTIALS = 0x87;
const LDAP_VERSION = 3;

const SUCCESS = 0;
const SASL_BIND_IN_PROGRESS = 14;

/** Far above the message ids that ldapts uses in one operation. */
const FIRST_MESSAGE_ID = 0x7fff0000;
const MAX_ANSWER_BYTES = 128 * 1024;

export interface SaslAnswer {
  readonly done: boolean;
  readonly credentials: Buffer;
}

export class SaslBind {
  #messageId = FIRST_MESSAGE_ID;
  readonly #socket: Socket;
  readonly #mechanism: string;
  /** Rejects when the operation has timed out. */
  readonly #deadline: Promise<never>;

  constructor(socket: Socket, mechanism: string, deadline: Promise<never>) {
    this.#socket = socket;
    this.#mechanism = mechanism;
    this.#deadline = deadline;
  }

  /** Sends one step and returns the server's response. Rejects with ldapts' error for the result code if refused. */
  async send(credentials: Uint8Array): Promise<SaslAnswer> {
    this.#messageId++;
    const answered = this.#nextAnswer();
    answered.catch(() => undefined);
    this.#socket.write(this.#request(credentials));
    return bindAnswer(await Promise.race([answered, this.#deadline]), this.#messageId);
  }

  #request(credentials: Uint8Array): Buffer {
    const writer = new BerWriter();
    writer.startSequence();
    writer.writeInt(this.#messageId);
    writer.startSequence(BIND_REQUEST);
    writer.writeInt(LDAP_VERSION);
    writer.writeString('');
    writer.startSequence(SASL_CHOICE);
    writer.writeString(this.#mechanism);
    writer.writeBuffer(Buffer.from(credentials), Ber.OctetString);
    writer.endSequence();
    writer.endSequence();
    writer.endSequence();
    return writer.buffer;
  }

  /** Resolves with the next complete LDAP message. */
  #nextAnswer(): Promise<Buffer> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      let received = Buffer.alloc(0);
      const stop = () => {
        socket.off('data', take);
        socket.off('close', lost);
      };
      const lost = () => {
        stop();
        reject(new Error('the connection to the directory was lost'));
      };
      const take = (data: Buffer) => {
        received = Buffer.concat([received, data]);
        const length = messageBytes(received);
        if (length === undefined && received.length <= MAX_ANSWER_BYTES) return;
        stop();
        if (length === undefined) reject(new Error('the answer to the bind is too long'));
        else resolve(received.subarray(0, length));
      };
      socket.on('data', take);
      socket.on('close', lost);
    });
  }
}

/** Returns the length of the message at the start of the bytes; undefined while it is incomplete. */
function messageBytes(bytes: Buffer): number | undefined {
  const reader = new BerReader(bytes);
  if (bytes.length < 2 || reader.readSequence() === null) return undefined;
  const end = reader.offset + reader.length;
  return end <= bytes.length ? end : undefined;
}

function bindAnswer(message: Buffer, messageId: number): SaslAnswer {
  const reader = new BerReader(message);
  reader.readSequence();
  if (reader.readInt() !== messageId || reader.readSequence(BIND_RESPONSE) === null) {
    throw new Error('the response of the directory does not belong to the bind');
  }
  const status = reader.readEnumeration() ?? -1;
  reader.readString();
  const errorMessage = reader.readString() ?? '';
  if (status !== SUCCESS && status !== SASL_BIND_IN_PROGRESS) {
    throw StatusCodeParser.parse(new BindResponse({ messageId, status, errorMessage }));
  }
  if (reader.peek() === REFERRAL) reader.readString(REFERRAL, true);
  const credentials = reader.peek() === SERVER_CREDENTIALS ? reader.readString(SERVER_CREDENTIALS, true) : null;
  return { done: status === SUCCESS, credentials: credentials ?? Buffer.alloc(0) };
}
