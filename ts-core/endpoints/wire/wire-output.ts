/** Writes response frames to one client. */
import { ChargedOutput } from '../charged-output.js';
import {
  FRAME_HEADER_BYTES,
  MAX_RESPONSE_PAYLOAD_BYTES,
  NO_BYTES,
  Operation,
  RESPONSE_BIT,
  writeResponseHeader,
  writeUint32LE,
} from './frame.js';
import { resultOf } from './wire-results.js';

/** Shared by all sessions: each frame is built here and is sent or copied before anything else runs. */
const outgoing = new Uint8Array(FRAME_HEADER_BYTES + MAX_RESPONSE_PAYLOAD_BYTES);

export class WireOutput extends ChargedOutput {
  /** Sends the response to an operation other than SUBMIT. A payload that no frame can hold is an internal error. */
  reply(operation: number, requestId: number, result: number, payload: Uint8Array = NO_BYTES): void {
    if (payload.length > MAX_RESPONSE_PAYLOAD_BYTES) {
      this.reply(operation, requestId, resultOf('TBS_E_INTERNAL_ERROR'));
      return;
    }
    const length = writeResponseHeader(outgoing, operation & ~RESPONSE_BIT, requestId, result, payload.length);
    outgoing.set(payload, FRAME_HEADER_BYTES);
    this.sendBytes(outgoing, length);
    outgoing.fill(0, FRAME_HEADER_BYTES, length); // owner authorizations pass here
  }

  /** Sends the response to SUBMIT: the priority that applied, the response of the TPM, and the reason of a refusal. */
  replyToSubmit(
    requestId: number,
    result: number,
    appliedPriority: number,
    response: Uint8Array,
    reason: Uint8Array = NO_BYTES,
  ): void {
    const payloadBytes = 4 + response.length + reason.length;
    const length = writeResponseHeader(outgoing, Operation.SUBMIT, requestId, result, payloadBytes);
    writeUint32LE(outgoing, FRAME_HEADER_BYTES, appliedPriority);
    outgoing.set(response, FRAME_HEADER_BYTES + 4);
    outgoing.set(reason, FRAME_HEADER_BYTES + 4 + response.length);
    this.sendBytes(outgoing, length);
  }
}
