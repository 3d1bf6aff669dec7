/** Seals data, and creates and loads the keys for it. TPM Main Part 3, 10 "Storage functions". */
import { concat, FieldReader, sized } from '../tpm/byte-fields.js';
import type { Exchange } from '../tpm/exchange.js';
import { encryptNewSecret, openOiap, openOsap } from './authorization-sessions.js';
import { runCommand } from './authorized-command.js';
import { TPM_ET, TPM_ORD } from './codes.js';
import { type Crypto12, DIGEST_BYTES } from './crypto12.js';

/** A loaded storage key, or TPM_KH_SRK, and its authorization value. */
export interface StorageKey {
  readonly handle: number;
  readonly secret: Uint8Array;
}

/** Seals `data` to this TPM without PCR conditions, to be unsealed with `dataSecret`. Returns the TPM_STORED_DATA. */
export function* seal(
  crypto12: Crypto12,
  key: StorageKey,
  data: Uint8Array,
  dataSecret: Uint8Array,
): Exchange<Uint8Array> {
  const session = yield* openOsap(crypto12, { type: TPM_ET.KEYHANDLE, value: key.handle, secret: key.secret });
  const shared = session.sharedSecret as Uint8Array;
  const encrypted = encryptNewSecret(crypto12, shared, session.nonceEven, dataSecret);
  const parameters = concat(encrypted, sized(new Uint8Array()), sized(data));
  try {
    const command = { ordinal: TPM_ORD.Seal, handles: [key.handle], parameters };
    return (yield* runCommand(crypto12, command, [{ session }])).parameters;
  } finally {
    parameters.fill(0);
  }
}

export function* unseal(
  crypto12: Crypto12,
  key: StorageKey,
  storedData: Uint8Array,
  dataSecret: Uint8Array,
): Exchange<Uint8Array> {
  const keySession = yield* openOiap(crypto12);
  const dataSession = yield* openOiap(crypto12);
  const { parameters } = yield* runCommand(
    crypto12,
    { ordinal: TPM_ORD.Unseal, handles: [key.handle], parameters: storedData },
    [
      { session: keySession, entitySecret: key.secret },
      { session: dataSession, entitySecret: dataSecret },
    ],
  );
  return new FieldReader(parameters).sized().slice();
}

export interface NewKey {
  /** A TPM_KEY without key material (`keyTemplate`). */
  readonly template: Uint8Array;
  readonly usageSecret: Uint8Array;
  readonly migrationSecret: Uint8Array;
}

/** Creates a key under `parent`. Returns the TPM_KEY that TPM_LoadKey2 takes. */
export function* createWrapKey(crypto12: Crypto12, parent: StorageKey, key: NewKey): Exchange<Uint8Array> {
  const session = yield* openOsap(crypto12, { type: TPM_ET.KEYHANDLE, value: parent.handle, secret: parent.secret });
  const shared = session.sharedSecret as Uint8Array;
  const nonceOdd = crypto12.randomBytes(DIGEST_BYTES);
  const { parameters } = yield* runCommand(
    crypto12,
    {
      ordinal: TPM_ORD.CreateWrapKey,
      handles: [parent.handle],
      parameters: concat(
        encryptNewSecret(crypto12, shared, session.nonceEven, key.usageSecret),
        encryptNewSecret(crypto12, shared, nonceOdd, key.migrationSecret),
        key.template,
      ),
    },
    [{ session, nonceOdd }],
  );
  return parameters;
}

/** Loads a TPM_KEY and returns its handle. */
export function* loadKey2(crypto12: Crypto12, parent: StorageKey, key: Uint8Array): Exchange<number> {
  const session = yield* openOiap(crypto12);
  const { handles } = yield* runCommand(
    crypto12,
    { ordinal: TPM_ORD.LoadKey2, handles: [parent.handle], parameters: key, outHandles: 1 },
    [{ session, entitySecret: parent.secret }],
  );
  return handles[0] as number;
}
