/**
 * Fuzz target: a wire session that is given any bytes, in any pieces, while submissions finish at any time.
 *
 * Bounded runs are part of the tests; a long one: `npm run fuzz:wire -- --iterations 5000000 --seed 1`.
 */
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import type { ByteConnection } from '../../ts-core/endpoints/byte-connection.js';
import { MAX_REQUEST_BYTES, requestLength } from '../../ts-core/endpoints/wire/frame.js';
import { MAX_OUTSTANDING, MAX_UNSENT_BYTES, WireSession } from '../../ts-core/endpoints/wire/wire-session.js';
import { FakeApplication, responsesIn } from '../endpoints/wire/wire-client.js';
import { REPOSITORY } from '../support/daemon.js';
import { alone, fakeTurns } from '../support/fake-turns.js';
import { fuzz } from './fuzz-run.js';
import type { SeededRandom } from './seeded-random.js';

export const WIRE_CORPUS = `${REPOSITORY}tests/fuzz/wire-corpus`;

class RecordingConnection implements ByteConnection {
  events: ByteConnection['events'];
  readonly sent: Buffer[] = [];
  unread = 0;
  reading = true;
  closing = false;
  readonly #peerReads: boolean;

  constructor(peerReads: boolean) {
    this.#peerReads = peerReads;
  }

  send(bytes: Uint8Array, length: number): void {
    assert.ok(!this.closing, 'a response after the end');
    this.sent.push(Buffer.from(bytes.subarray(0, length)));
    if (!this.#peerReads) this.unread += length;
  }
  unsentBytes(): number {
    return this.unread;
  }
  setReading(reading: boolean): void {
    this.reading = reading;
  }
  close(): void {
    this.closing = true;
  }
}

/** Checks the invariants, which hold for any bytes. */
export async function fuzzWireSession(bytes: Buffer, random: SeededRandom): Promise<void> {
  const application = new FakeApplication();
  application.answerAtOnce = random.below(2) === 0;
  const connection = new RecordingConnection(random.below(4) !== 0);
  const { source, turns } = fakeTurns();
  const session = new WireSession(
    connection,
    application.connect({ userKey: 'uid:1', callerClass: 'standardUser' }),
    application,
    alone(turns),
    () => {},
  );
  for (let at = 0; at < bytes.length && connection.reading && !connection.closing; ) {
    const end = Math.min(bytes.length, at + 1 + random.below(MAX_REQUEST_BYTES));
    connection.events?.received(bytes, at, end);
    at = end;
    source.run();
    assert.ok(application.waiting.length <= MAX_OUTSTANDING, 'too many submissions under way');
    assert.ok(connection.unread <= MAX_UNSENT_BYTES + MAX_REQUEST_BYTES + 16, 'too many unread bytes');
    while (application.waiting.length > 0 && random.below(3) !== 0) application.answerOldest();
  }
  while (application.waiting.length > 0) {
    application.answerOldest();
    source.run();
  }
  await new Promise((resolve) => setImmediate(resolve));
  checkResponses(Buffer.concat(connection.sent), framesIn(bytes));
  session.checkPeer(0);
  connection.events?.closed();
  assert.equal(application.openConnections, 0);
  assert.equal(application.contexts.size, 0);
}

/** Returns the ids of the frames in the stream; a faulty frame ends the stream and may be answered once. */
function framesIn(bytes: Buffer): number[] {
  const ids: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = requestLength(bytes, at, bytes.length);
    if (length < 0) ids.push(bytes.length - at >= 16 ? bytes.readUInt32LE(at + 8) : 0);
    if (length <= 0) break;
    ids.push(bytes.readUInt32LE(at + 8));
    at += length;
  }
  return ids;
}

/** Checks that every response is complete and answers a request, and that no request has two responses. */
function checkResponses(sent: Buffer, ids: readonly number[]): void {
  const { responses, rest } = responsesIn(sent);
  assert.equal(rest.length, 0, 'half a response');
  const open = new Map<number, number>();
  for (const id of ids) open.set(id, (open.get(id) ?? 0) + 1);
  // If the header was incomplete when the frame was found to be faulty, the response has id 0.
  open.set(0, (open.get(0) ?? 0) + 1);
  for (const { requestId } of responses) {
    const left = open.get(requestId) ?? 0;
    assert.ok(left > 0, `request ${requestId} was answered too often`);
    open.set(requestId, left - 1);
  }
}

if (process.argv[1]?.endsWith('wire-session.fuzz.js')) {
  const { values } = parseArgs({
    options: { iterations: { type: 'string', default: '1000000' }, seed: { type: 'string', default: `${Date.now()}` } },
  });
  const iterations = Number(values.iterations);
  await fuzz({ corpusFolder: WIRE_CORPUS, target: fuzzWireSession, seed: Number(values.seed), iterations });
  console.log(`${iterations} inputs, seed ${values.seed}: every invariant held`);
}
