/**
 * A small TPM 1.2 client for tests. It runs the product's command exchanges against a real TPM, directly or through the
 * virtualizer, and contains the commands that only tests need.
 */
import { connect, type Socket } from 'node:net';
import { nodeCrypto12 as crypto } from '../../ts-core/adapters/crypto/node-crypto12.js';
import { concat, FieldReader, sized, uint8, uint16, uint32 } from '../../ts-core/domain/tpm/byte-fields.js';
import { readUint32, responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import type { Exchange } from '../../ts-core/domain/tpm/exchange.js';
import { encryptNewSecret, openOsap } from '../../ts-core/domain/tpm12/authorization-sessions.js';
import { runCommand, type Session } from '../../ts-core/domain/tpm12/authorized-command.js';
import {
  TCG_FULL_CERT,
  TCG_TAG_PCCLIENT,
  TPM_CAP,
  TPM_ET,
  TPM_KH,
  TPM_NV_INDEX_EK_CERTIFICATE,
  TPM_ORD,
  TPM_TAG,
} from '../../ts-core/domain/tpm12/codes.js';
import { noPcrCondition } from '../../ts-core/domain/tpm12/delegation.js';
import { createEndorsementKeyPair, takeOwnership } from '../../ts-core/domain/tpm12/ownership.js';
import type { Tpm12Virtualizer } from '../../ts-core/domain/virtualization/tpm12/tpm12-virtualizer.js';
import { command12, TPM_TAG_TRANSPORT_PUBLIC } from './tpm12-commands.js';

/** Tags of TPM_NV_DATA_PUBLIC and of the attributes in it, which only tests write. */
const NV_TAG = { ATTRIBUTES: 0x0017, DATA_PUBLIC: 0x0018 } as const;
const TPM_NV_PER_OWNERREAD_OWNERWRITE = 0x00020002;

export { crypto };

export type Transmit = (command: Uint8Array) => Promise<Uint8Array>;

/** Runs an exchange to its end over a transport. */
export async function run<Result>(exchange: Exchange<Result>, transmit: Transmit): Promise<Result> {
  let step = exchange.next();
  while (!step.done) {
    const command = step.value;
    step = await transmit(command).then(
      (response) => exchange.next(response),
      (error) => exchange.throw(error),
    );
  }
  return step.value;
}

/** A connection to swtpm's data socket that records what it sends. */
export class TpmConnection implements AsyncDisposable {
  #buffer: Buffer = Buffer.alloc(0);
  #waiting: ((response: Uint8Array) => void) | undefined;
  /** Ordinals that were sent, in order. */
  readonly sent: number[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      if (this.#buffer.length < 10 || this.#buffer.length < this.#buffer.readUInt32BE(2)) return;
      const response = new Uint8Array(this.#buffer.subarray(0, this.#buffer.readUInt32BE(2)));
      this.#buffer = Buffer.from(this.#buffer.subarray(response.length));
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.(response);
    });
  }

  static open(path: string): Promise<TpmConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(path, () => resolve(new TpmConnection(socket)));
      socket.once('error', reject);
    });
  }

  readonly transmit: Transmit = (command) =>
    new Promise((resolve) => {
      this.sent.push(readUint32(command, 6));
      this.#waiting = resolve;
      this.#socket.write(command);
    });

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
  }
}

/** Transmits as one context of a virtualizer in front of `tpm`. */
export function throughContext(virtualizer: Tpm12Virtualizer, contextId: number, tpm: Transmit): Transmit {
  return (command) => run(virtualizer.execute(contextId, command), tpm);
}

/** Returns a 20-byte authorization value derived from a name. */
export function secret(name: string): Uint8Array {
  return crypto.sha1(new TextEncoder().encode(name));
}

export const OWNER_SECRET = secret('owner');
export const SRK_SECRET = new Uint8Array(20);

/** Gives a new TPM an endorsement key, an owner with `OWNER_SECRET`, and a storage root key with twenty zeros. */
export async function provision(transmit: Transmit): Promise<void> {
  await run(createEndorsementKeyPair(crypto), transmit);
  await run(takeOwnership(crypto, { ownerSecret: OWNER_SECRET, srkSecret: SRK_SECRET }), transmit);
}

/** TPM_Sign of a SHA-1 digest in an open session. */
export function* sign(session: Session, keyHandle: number, keySecret: Uint8Array, continueSession = false) {
  const { parameters } = yield* runCommand(
    crypto,
    { ordinal: TPM_ORD.Sign, handles: [keyHandle], parameters: sized(secret('data to sign')) },
    [{ session, entitySecret: keySecret, continueSession }],
  );
  return new FieldReader(parameters).sized();
}

/** TPM_GetPubKey; returns the modulus. */
export function* getPubKey(session: Session, keyHandle: number, keySecret: Uint8Array, continueSession = false) {
  const { parameters } = yield* runCommand(crypto, { ordinal: TPM_ORD.GetPubKey, handles: [keyHandle] }, [
    { session, entitySecret: keySecret, continueSession },
  ]);
  return parameters;
}

/** TPM_FlushSpecific. */
export function* flush(handle: number, resourceType: number) {
  yield* runCommand(crypto, {
    ordinal: TPM_ORD.FlushSpecific,
    parameters: concat(uint32(handle), uint32(resourceType)),
  });
}

/** TPM_SaveContext; returns the blob. */
export function* saveContext(handle: number, resourceType: number): Exchange<Uint8Array> {
  const { parameters } = yield* runCommand(crypto, {
    ordinal: TPM_ORD.SaveContext,
    parameters: concat(uint32(handle), uint32(resourceType), new TextEncoder().encode('sixteen letters!')),
  });
  return new FieldReader(parameters).sized().slice();
}

/** TPM_LoadContext; returns the handle. */
export function* loadContext(blob: Uint8Array, entityHandle = 0, keepHandle = false): Exchange<number> {
  const { parameters } = yield* runCommand(crypto, {
    ordinal: TPM_ORD.LoadContext,
    parameters: concat(uint32(entityHandle), uint8(keepHandle ? 1 : 0), sized(blob)),
  });
  return new FieldReader(parameters).uint32();
}

/** TPM_GetCapability(TPM_CAP_HANDLE). */
export function* listHandles(resourceType: number): Exchange<number[]> {
  const { parameters } = yield* runCommand(crypto, {
    ordinal: TPM_ORD.GetCapability,
    parameters: concat(uint32(TPM_CAP.HANDLE), sized(uint32(resourceType))),
  });
  const reader = new FieldReader(new FieldReader(parameters).sized());
  return Array.from({ length: reader.uint16() }, () => reader.uint32());
}

/** TPM_GetCapability(TPM_CAP_PROPERTY) of a property that is a number. */
export function* readProperty(property: number): Exchange<number> {
  const { parameters } = yield* runCommand(crypto, {
    ordinal: TPM_ORD.GetCapability,
    parameters: concat(uint32(TPM_CAP.PROPERTY), sized(uint32(property))),
  });
  return new FieldReader(new FieldReader(parameters).sized()).uint32();
}

/** TPM_NV_DefineSpace, authorized by the owner, of an index that the owner reads and writes. */
export function* defineNvSpace(index: number, sizeBytes: number) {
  const session = yield* openOsap(crypto, { type: TPM_ET.OWNER, value: TPM_KH.OWNER, secret: OWNER_SECRET });
  const publicData = concat(
    uint16(NV_TAG.DATA_PUBLIC),
    uint32(index),
    noPcrCondition(),
    noPcrCondition(),
    concat(uint16(NV_TAG.ATTRIBUTES), uint32(TPM_NV_PER_OWNERREAD_OWNERWRITE)),
    Uint8Array.of(0, 0, 0),
    uint32(sizeBytes),
  );
  const shared = session.sharedSecret as Uint8Array;
  const parameters = concat(publicData, encryptNewSecret(crypto, shared, session.nonceEven, new Uint8Array(20)));
  yield* runCommand(crypto, { ordinal: TPM_ORD.NV_DefineSpace, parameters }, [{ session }]);
}

/**
 * What a manufacturer does before it ships a TPM 1.2: puts a certificate into NV as TCG_PCCLIENT_STORED_CERT, to be read
 * by the owner once there is one, and then locks NV.
 */
export function* manufactureWithCertificate(certificate: Uint8Array): Exchange<void> {
  const TPM_NV_INDEX_LOCK = 0xffffffff;
  const stored = concat(
    uint16(TCG_TAG_PCCLIENT.STORED_CERT),
    uint8(TCG_FULL_CERT),
    uint16(2 + certificate.length),
    uint16(TCG_TAG_PCCLIENT.FULL_CERT),
    certificate,
  );
  const define = (index: number, sizeBytes: number) => ({
    ordinal: TPM_ORD.NV_DefineSpace,
    parameters: concat(
      ...[uint16(NV_TAG.DATA_PUBLIC), uint32(index), noPcrCondition(), noPcrCondition()],
      ...[
        uint16(NV_TAG.ATTRIBUTES),
        uint32(TPM_NV_PER_OWNERREAD_OWNERWRITE),
        Uint8Array.of(0, 0, 0),
        uint32(sizeBytes),
      ],
      new Uint8Array(20),
    ),
  });
  yield* runCommand(crypto, define(TPM_NV_INDEX_EK_CERTIFICATE, stored.length));
  const parameters = concat(uint32(TPM_NV_INDEX_EK_CERTIFICATE), uint32(0), sized(stored));
  yield* runCommand(crypto, { ordinal: TPM_ORD.NV_WriteValue, parameters });
  yield* runCommand(crypto, define(TPM_NV_INDEX_LOCK, 0));
}

/** TPM_Delegate_CreateKeyDelegation of TPM_Sign with a loaded key; returns the blob. */
export function* keyDelegation(keyHandle: number, keyName: string, familyId: number, delegate: string) {
  const TPM_KEY_DELEGATE_SIGN = 1 << 14;
  const session = yield* openOsap(crypto, { type: TPM_ET.KEYHANDLE, value: keyHandle, secret: secret(keyName) });
  const publicPart = concat(
    concat(uint16(TPM_TAG.DELEGATE_PUBLIC), uint8(1), noPcrCondition()),
    concat(uint16(TPM_TAG.DELEGATIONS), uint32(2), uint32(TPM_KEY_DELEGATE_SIGN), uint32(0)),
    concat(uint32(familyId), uint32(1)),
  );
  const shared = session.sharedSecret as Uint8Array;
  const parameters = concat(publicPart, encryptNewSecret(crypto, shared, session.nonceEven, secret(delegate)));
  const response = yield* runCommand(
    crypto,
    { ordinal: TPM_ORD.Delegate_CreateKeyDelegation, handles: [keyHandle], parameters },
    [{ session }],
  );
  return new FieldReader(response.parameters).sized().slice();
}

export interface TransportSession {
  readonly handle: number;
  readonly secret: Uint8Array;
  nonceEven: Uint8Array;
}

/** TPM_EstablishTransport without encryption of the secret (TPM_KH_TRANSPORT). `attributes`: TPM_TRANSPORT_*. */
export function* establishTransport(attributes = 0): Exchange<TransportSession> {
  const transportSecret = crypto.randomBytes(20);
  const TPM_ALG_MGF1 = 7;
  const publicPart = concat(uint16(TPM_TAG_TRANSPORT_PUBLIC), uint32(attributes), uint32(TPM_ALG_MGF1), uint16(1));
  const { handles, parameters } = yield* runCommand(crypto, {
    ordinal: TPM_ORD.EstablishTransport,
    handles: [TPM_KH.TRANSPORT],
    parameters: concat(publicPart, sized(transportSecret)),
    outHandles: 1,
  });
  const nonceEven = parameters.slice(parameters.length - 20);
  return { handle: handles[0] as number, secret: transportSecret, nonceEven };
}

/**
 * TPM_ExecuteTransport of a whole command whose handles take `handleBytes`; returns the wrapped response. H1 is SHA-1
 * of the ordinal and the bytes between the handles and the authorization (Part 3, 24.2).
 */
export function* executeTransport(
  session: TransportSession,
  inner: Uint8Array,
  handleBytes: number,
  innerAuthBytes: number,
  continueSession = true,
): Exchange<Uint8Array> {
  const dataw = inner.subarray(10 + handleBytes, inner.length - innerAuthBytes);
  const h1 = crypto.sha1(concat(inner.subarray(6, 10), dataw));
  const digest = crypto.sha1(concat(uint32(TPM_ORD.ExecuteTransport), uint32(inner.length), h1));
  const nonceOdd = crypto.randomBytes(20);
  const continues = uint8(continueSession ? 1 : 0);
  const mac = crypto.hmacSha1(session.secret, concat(digest, session.nonceEven, nonceOdd, continues));
  const body = concat(sized(inner), uint32(session.handle), nonceOdd, continues, mac);
  const response = yield command12(TPM_ORD.ExecuteTransport, body, TPM_TAG.RQU_AUTH1_COMMAND);
  const code = responseCodeOf(response);
  if (code !== 0) throw Object.assign(new Error(`TPM_ExecuteTransport: ${code}`), { responseCode: code });
  session.nonceEven = response.slice(response.length - 41, response.length - 21);
  const size = readUint32(response, 22);
  return response.slice(26, 26 + size);
}

/** Returns the response code with which an exchange fails, or 0 if it succeeds. */
export async function codeOf(exchange: Exchange<unknown>, transmit: Transmit): Promise<number> {
  try {
    await run(exchange, transmit);
    return 0;
  } catch (error) {
    if (error instanceof Error && 'responseCode' in error) return error.responseCode as number;
    throw error;
  }
}
