/**
 * Serves the operations of the wire protocol other than HELLO and SUBMIT: payload in, payload out. See
 * docs/wire-protocol.md.
 */
import type { CallerConnection } from '../../application/commands/caller-connection.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import { MAX_RESPONSE_PAYLOAD_BYTES, NO_BYTES, Operation, readUint32LE, writeUint32LE } from './frame.js';
import type { WireServices } from './wire-services.js';

const LOG_CHUNK_BYTES = MAX_RESPONSE_PAYLOAD_BYTES - 4;
const TPM_12_BIT = 1;
const TPM_20_BIT = 2;

export class WireCalls {
  readonly #connection: CallerConnection;
  readonly #services: WireServices;
  readonly #contexts = new Map<number, TpmVersion>();

  constructor(connection: CallerConnection, services: WireServices) {
    this.#connection = connection;
    this.#services = services;
  }

  /** Returns the TPM version of a context; undefined when the context does not belong to this connection. */
  versionOf(contextId: number): TpmVersion | undefined {
    return this.#contexts.get(contextId);
  }

  /** Returns the response's payload, which nobody else uses. Throws, or rejects with, a TbsError. */
  call(operation: number, contextId: number, payload: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const { caller } = this.#connection;
    switch (operation) {
      case Operation.OPEN_CONTEXT:
        return this.#openContext(fieldOf(payload));
      case Operation.CLOSE_CONTEXT:
        expectEmpty(payload);
        this.#connection.closeContext(contextId);
        this.#contexts.delete(contextId);
        return NO_BYTES;
      case Operation.CANCEL:
        expectEmpty(payload);
        this.#connection.cancelCommands(contextId);
        return NO_BYTES;
      case Operation.DEVICE_INFO:
        expectEmpty(payload);
        return this.#deviceInfo();
      case Operation.GET_OWNER_AUTH:
        this.#expectContext(contextId);
        return this.#services.ownerAuth(caller, fieldOf(payload));
      case Operation.GET_TCG_LOG:
        return this.#logChunk(payload);
      case Operation.PHYSICAL_PRESENCE:
        this.#expectContext(contextId);
        return this.#services.physicalPresence(caller, payload.slice());
      case Operation.REVOKE_ATTESTATION:
        expectEmpty(payload);
        return this.#services.revokeAttestation(caller).then(() => NO_BYTES);
      case Operation.PING:
        expectEmpty(payload);
        return NO_BYTES;
      default:
        throw new TbsError('TBS_E_BAD_PARAMETER');
    }
  }

  #expectContext(contextId: number): void {
    if (!this.#contexts.has(contextId)) throw new TbsError('TBS_E_INVALID_CONTEXT');
  }

  #openContext(versionBits: number): Uint8Array {
    if (versionBits > (TPM_12_BIT | TPM_20_BIT)) throw new TbsError('TBS_E_INVALID_CONTEXT_PARAM');
    const versions: TpmVersion[] = [];
    if (versionBits & TPM_12_BIT) versions.push('1.2');
    if (versionBits & TPM_20_BIT) versions.push('2.0');
    const opened = this.#connection.openContext(versions);
    this.#contexts.set(opened.contextId, opened.tpmVersion);
    return fieldsOf(opened.contextId, versionNumber(opened.tpmVersion), opened.maxCommandBytes);
  }

  #deviceInfo(): Uint8Array {
    const info = this.#services.deviceInfo(this.#connection.caller);
    return fieldsOf(1, versionNumber(info.tpmVersion), info.interfaceType, info.implementationRevision);
  }

  async #logChunk(payload: Uint8Array): Promise<Uint8Array> {
    if (payload.length !== 8) throw new TbsError('TBS_E_BAD_PARAMETER');
    const logType = readUint32LE(payload, 0);
    const offset = readUint32LE(payload, 4);
    const log = await this.#services.tcgLog(this.#connection.caller, logType);
    const chunk = log.subarray(offset, offset + LOG_CHUNK_BYTES);
    const answer = new Uint8Array(4 + chunk.length);
    writeUint32LE(answer, 0, log.length);
    answer.set(chunk, 4);
    return answer;
  }
}

function versionNumber(version: TpmVersion): number {
  return version === '1.2' ? 1 : 2;
}

function fieldOf(payload: Uint8Array): number {
  if (payload.length !== 4) throw new TbsError('TBS_E_BAD_PARAMETER');
  return readUint32LE(payload, 0);
}

function expectEmpty(payload: Uint8Array): void {
  if (payload.length !== 0) throw new TbsError('TBS_E_BAD_PARAMETER');
}

function fieldsOf(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  values.forEach((value, index) => {
    writeUint32LE(bytes, 4 * index, value);
  });
  return bytes;
}
