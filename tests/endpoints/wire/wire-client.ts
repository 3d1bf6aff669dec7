/**
 * A client of the wire protocol for tests, written from docs/wire-protocol.md, and a fake application behind it.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import type {
  CallerConnection,
  ConnectionOpener,
  Submission,
  SubmissionOutcome,
} from '../../../ts-core/application/commands/caller-connection.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import type { WireServices } from '../../../ts-core/endpoints/wire/wire-services.js';
import { getRandom } from '../../support/tpm20-commands.js';

export const HELLO_PAYLOAD = Buffer.from('5442535701000100', 'hex');

export function request(operation: number, requestId: number, contextId: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + payload.length, 0);
  header.writeUInt16LE(operation, 4);
  header.writeUInt32LE(requestId, 8);
  header.writeUInt32LE(contextId, 12);
  return Buffer.concat([header, payload]);
}

export function fields(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32LE(value, 4 * index);
  });
  return bytes;
}

export function hello(requestId = 1): Buffer {
  return request(1, requestId, 0, HELLO_PAYLOAD);
}

/** The greeting of a client that speaks versions 1 and 2; version 2 has the reasons of refusals. */
export function helloForReasons(requestId = 1): Buffer {
  return request(1, requestId, 0, Buffer.from('5442535701000200', 'hex'));
}

export function submit(requestId: number, contextId: number, command: Uint8Array, priority = 200): Buffer {
  return request(4, requestId, contextId, Buffer.concat([fields(priority, 0, 0), command]));
}

export const GET_RANDOM_8 = Buffer.from(getRandom(8));

export interface Response {
  readonly operation: number;
  readonly requestId: number;
  readonly result: number;
  readonly payload: Buffer;
}

/**
 * Resolves when the connection has ended, normally or by a reset: the broker resets it if it closes it with unread
 * bytes.
 */
export function whenClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** Splits the complete responses off the start of `bytes`. */
export function responsesIn(bytes: Buffer): { responses: Response[]; rest: Buffer } {
  const responses: Response[] = [];
  let rest = bytes;
  while (rest.length >= 16 && rest.length >= rest.readUInt32LE(0)) {
    const length = rest.readUInt32LE(0);
    assert.ok(length >= 16 && length <= 65552, `a response of ${length} bytes`);
    assert.equal(rest.readUInt16LE(6), 0);
    responses.push({
      operation: rest.readUInt16LE(4),
      requestId: rest.readUInt32LE(8),
      result: rest.readUInt32LE(12),
      payload: Buffer.from(rest.subarray(16, length)),
    });
    rest = rest.subarray(length);
  }
  return { responses, rest };
}

/** An application that holds submissions until the test answers them, unless `answerAtOnce` is set. */
export class FakeApplication implements ConnectionOpener, WireServices {
  answerAtOnce = true;
  readonly waiting: { submission: Submission; done: (outcome: SubmissionOutcome) => void }[] = [];
  readonly cancelled: number[] = [];
  readonly contexts = new Set<number>();
  openConnections = 0;
  submitted = 0;
  logBytes = Buffer.alloc(0);

  connect(caller: Caller): CallerConnection {
    this.openConnections++;
    const own = new Set<number>();
    const check = (contextId: number): void => {
      if (!own.has(contextId)) throw new TbsError('TBS_E_INVALID_CONTEXT');
    };
    return {
      caller,
      openContext: (versions: readonly TpmVersion[]) => {
        if (versions.length === 0) throw new TbsError('TBS_E_INVALID_CONTEXT_PARAM');
        if (!versions.includes('2.0')) throw new TbsError('TBS_E_TPM_NOT_FOUND');
        const contextId = 7 + this.contexts.size;
        own.add(contextId);
        this.contexts.add(contextId);
        return { contextId, tpmVersion: '2.0' as const, maxCommandBytes: 4096 };
      },
      hasContext: (contextId) => own.has(contextId),
      closeContext: (contextId) => {
        check(contextId);
        own.delete(contextId);
        this.contexts.delete(contextId);
      },
      submit: (submission, done) => {
        this.submitted++;
        if (this.answerAtOnce) done(answerTo(submission));
        else this.waiting.push({ submission, done });
      },
      cancelCommands: (contextId) => {
        check(contextId);
        this.cancelled.push(contextId);
        for (const { done } of this.waiting.splice(0)) {
          done({ kind: 'refused', error: new TbsError('TBS_E_COMMAND_CANCELED') });
        }
      },
      close: () => {
        this.openConnections--;
        for (const contextId of own) this.contexts.delete(contextId);
      },
    };
  }

  answerOldest(): void {
    const oldest = this.waiting.shift();
    assert.ok(oldest, 'no submission waits');
    oldest.done(answerTo(oldest.submission));
  }

  deviceInfo() {
    return { tpmVersion: '2.0' as const, interfaceType: 3, implementationRevision: 138 };
  }
  async ownerAuth(_caller: Caller, type: number): Promise<Uint8Array> {
    if (type !== 13) throw new TbsError('TBS_E_OWNERAUTH_NOT_FOUND');
    return Uint8Array.of(1, 2, 3);
  }
  async tcgLog(): Promise<Uint8Array> {
    if (this.logBytes.length === 0) throw new TbsError('TBS_E_NO_EVENT_LOG');
    return this.logBytes;
  }
  async physicalPresence(_caller: Caller, input: Uint8Array): Promise<Uint8Array> {
    return input.toReversed();
  }
  async revokeAttestation(): Promise<void> {
    throw new Error('a fault inside');
  }
}

/** Returns the command with a success header, so that a test can match responses to commands. */
function answerTo(submission: Submission): SubmissionOutcome {
  const response = Uint8Array.from(submission.command);
  return { kind: 'response', response, appliedPriority: submission.priority, waitMs: 0, durationMs: 0 };
}
