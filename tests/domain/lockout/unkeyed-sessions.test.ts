import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { nodeHash } from '../../../ts-core/adapters/crypto/node-hash.js';
import type { HashFunction } from '../../../ts-core/domain/firmware/hash-algorithms.js';
import { classifyResponse } from '../../../ts-core/domain/lockout/response-classification.js';
import { UnkeyedSessions } from '../../../ts-core/domain/lockout/unkeyed-sessions.js';
import { errorResponse, HEADER_BYTES, readUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import {
  handleNumber,
  LOADED_SESSION_FIRST,
  TPM_ALG,
  TPM_CC,
  TPM_RC,
  TPM_RH,
  TPM_RS_PW,
  TPM_SE,
  TPM_ST,
  TPMA_SESSION,
  TRANSIENT_FIRST,
} from '../../../ts-core/domain/tpm20/codes.js';
import { aboutSession } from '../../../ts-core/domain/tpm20/responses.js';
import { command, sized, u16, u32 } from '../../support/tpm20-commands.js';

const SESSION = LOADED_SESSION_FIRST;
const OTHER_SESSION = LOADED_SESSION_FIRST + 1;
const KEY = TRANSIENT_FIRST;
const PCR_7 = 7;
const { CONTINUE_SESSION: CONTINUES, DECRYPT, ENCRYPT } = TPMA_SESSION;
const BAD_AUTH = aboutSession(TPM_RC.BAD_AUTH, 0);
const BAD_AUTH_OF_SECOND = aboutSession(TPM_RC.BAD_AUTH, 1);
const HASHES = { [TPM_ALG.SHA1]: 'sha1', [TPM_ALG.SHA256]: 'sha256', [TPM_ALG.SHA384]: 'sha384' };
type HashId = keyof typeof HASHES;

interface Start {
  readonly tpmKey?: number;
  readonly bind?: number;
  readonly type?: number;
  readonly hash?: HashId;
  readonly symmetric?: readonly number[];
}

function startAuthSession({ tpmKey, bind, type, hash, symmetric }: Start): Uint8Array {
  const nulls = [tpmKey ?? TPM_RH.NULL, bind ?? TPM_RH.NULL].flatMap(u32);
  const salt = sized(tpmKey === undefined ? [] : [1, 2, 3]);
  const algorithms = [...(symmetric ?? u16(TPM_ALG.NULL)), ...u16(hash ?? TPM_ALG.SHA256)];
  return command('StartAuthSession', [
    ...nulls,
    ...sized(nonce('caller 0')),
    ...salt,
    type ?? TPM_SE.HMAC,
    ...algorithms,
  ]);
}

function nonce(text: string): number[] {
  return [...createHash('sha1').update(text).digest()];
}

function success(body: readonly number[], tag: number = TPM_ST.NO_SESSIONS): Uint8Array {
  return Uint8Array.from([...u16(tag), ...u32(10 + body.length), ...u32(0), ...body]);
}

interface SessionUse {
  readonly session: number;
  readonly attributes: number;
  readonly nonceTpm: string;
}

interface Use {
  readonly code?: number;
  readonly handles?: readonly number[];
  readonly parameters?: readonly number[];
  readonly key?: string;
  readonly hash?: HashId;
  readonly sessions?: readonly SessionUse[];
  /** Further nonceTPM values that the first HMAC covers. */
  readonly encryptionNonces?: readonly string[];
}

const FIRST: SessionUse = { session: SESSION, attributes: CONTINUES, nonceTpm: 'tpm 0' };

/** Returns a command whose first session has the HMAC that a caller computes with this key. */
function use({ code, handles, parameters, key, hash, sessions, encryptionNonces }: Use = {}): Uint8Array {
  const algorithm = HASHES[hash ?? TPM_ALG.SHA256] as string;
  const ordinal = code ?? TPM_CC.CreatePrimary;
  const names = (handles ?? [TPM_RH.OWNER]).flatMap(u32);
  const body = parameters ?? [1, 2, 3];
  const cpHash = createHash(algorithm)
    .update(Uint8Array.from([...u32(ordinal), ...names, ...body]))
    .digest();
  const area = (sessions ?? [FIRST]).flatMap(({ session, attributes, nonceTpm }, position) => {
    const caller = nonce(`caller of ${session}`);
    const others = position === 0 ? (encryptionNonces ?? []).flatMap(nonce) : [];
    const covered = [...cpHash, ...caller, ...nonce(nonceTpm), ...others, attributes];
    const hmac = createHmac(algorithm, key ?? '')
      .update(Uint8Array.from(covered))
      .digest();
    return [...u32(session), ...sized(caller), attributes, ...sized([...hmac])];
  });
  const bytes = [...names, ...u32(area.length), ...area, ...body];
  return Uint8Array.from([...u16(TPM_ST.SESSIONS), ...u32(10 + bytes.length), ...u32(ordinal), ...bytes]);
}

function sessionResponse(nonces: readonly string[], handle: readonly number[] = []): Uint8Array {
  const area = nonces.flatMap((text) => [...sized(nonce(text)), CONTINUES, ...sized(nonce('hmac'))]);
  return success([...handle, ...u32(5), 1, 2, 3, 4, 5, ...area], TPM_ST.SESSIONS);
}

const HANDLE_COUNTS: Readonly<Record<number, number>> = {
  [TPM_CC.StartAuthSession]: 2,
  [TPM_CC.NV_Read]: 2,
  [TPM_CC.PolicySecret]: 2,
};

function followed(start: Start = {}, session = SESSION, hash: HashFunction = nodeHash) {
  const sessions = new UnkeyedSessions(hash);
  const handlesOf = (bytes: Uint8Array) => {
    const count = HANDLE_COUNTS[readUint32(bytes, 6)] ?? 1;
    return Array.from({ length: count }, (_, position) => readUint32(bytes, 10 + 4 * position));
  };
  const answered = (bytes: Uint8Array, response: Uint8Array) => {
    if (sessions.concerns(bytes)) sessions.answered(bytes, response, handlesOf(bytes).length);
    // The transport may use the buffer again.
    response.fill(0);
  };
  const started = (options: Start, handle: number, nonceTpm: string) =>
    answered(startAuthSession(options), success([...u32(handle), ...sized(nonce(nonceTpm))]));
  started(start, session, 'tpm 0');
  /** Returns whether it counts as a guess that the TPM rejects this command. */
  const counts = (bytes: Uint8Array, response = BAD_AUTH) => {
    const facts = { handlesOf, sessions };
    const code = readUint32(bytes, 6);
    return classifyResponse('2.0', errorResponse('2.0', response), { code, command: bytes }, facts) !== 'other';
  };
  return { sessions, answered, started, counts };
}

describe('the empty value in an HMAC session that is neither salted nor bound', () => {
  it('counts against nobody for the storage and endorsement hierarchies', () => {
    const { counts } = followed();
    assert.equal(counts(use()), false);
    assert.equal(counts(use({ handles: [TPM_RH.ENDORSEMENT] })), false);
  });

  it('counts for every other hierarchy, and if it is not empty', () => {
    const { counts } = followed();
    for (const handle of [TPM_RH.LOCKOUT, TPM_RH.PLATFORM]) assert.equal(counts(use({ handles: [handle] })), true);
    assert.equal(counts(use({ key: 'guess' })), true);
    assert.equal(counts(use(), aboutSession(TPM_RC.AUTH_FAIL, 0)), true);
  });

  for (const [id, name] of Object.entries(HASHES)) {
    it(`is recognized with ${name}`, () => {
      const hash = Number(id) as HashId;
      const { counts } = followed({ hash });
      assert.equal(counts(use({ hash })), false);
      assert.equal(counts(use({ hash, key: 'guess' })), true);
    });
  }

  it('is recognized if the session has a symmetric algorithm for parameters', () => {
    const { counts } = followed({ symmetric: [...u16(TPM_ALG.AES), ...u16(128), ...u16(TPM_ALG.CFB)] });
    assert.equal(counts(use()), false);
  });

  it('is recognized in every command of a session, whose nonce changes with each successful response', () => {
    const { counts, answered } = followed();
    answered(use(), sessionResponse(['tpm 1']));
    const second = use({ sessions: [{ ...FIRST, nonceTpm: 'tpm 1' }] });
    assert.equal(counts(second), false);
    answered(second, errorResponse('2.0', BAD_AUTH));
    assert.equal(counts(second), false);
    answered(second, sessionResponse(['tpm 2'], u32(KEY)));
    assert.equal(counts(second), true, 'the nonce is used up');
    assert.equal(counts(use({ sessions: [{ ...FIRST, nonceTpm: 'tpm 2' }] })), false);
  });

  it('is recognized beside a session that decrypts or encrypts parameters', () => {
    for (const [attributes, encryptionNonces] of [
      [DECRYPT, ['tpm other']],
      [ENCRYPT, ['tpm other']],
      [DECRYPT | ENCRYPT, ['tpm other']],
      [0, []],
    ] as const) {
      const { counts, started } = followed();
      started({}, OTHER_SESSION, 'tpm other');
      const other = { session: OTHER_SESSION, attributes: CONTINUES | attributes, nonceTpm: 'tpm other' };
      assert.equal(counts(use({ sessions: [FIRST, other], encryptionNonces })), false, String(attributes));
      assert.equal(counts(use({ sessions: [FIRST, other], encryptionNonces: ['else'] })), true);
      assert.equal(counts(use()), false, 'a command without the other session');
    }
  });

  it('counts in a session that is salted, bound, or authorized by a policy', () => {
    for (const start of [{ tpmKey: KEY }, { bind: TPM_RH.OWNER }, { type: TPM_SE.POLICY }, { type: TPM_SE.TRIAL }]) {
      assert.equal(followed(start).counts(use()), true, JSON.stringify(start));
    }
  });

  it('counts after the session has ended, and after another session has got its handle', () => {
    const ended = followed();
    ended.answered(use({ sessions: [{ ...FIRST, attributes: 0 }] }), sessionResponse(['tpm 1']));
    assert.equal(ended.counts(use()), true);
    assert.equal(ended.counts(use({ sessions: [{ ...FIRST, nonceTpm: 'tpm 1' }] })), true);
    const replaced = followed();
    replaced.started({ tpmKey: KEY }, SESSION, 'tpm 0');
    assert.equal(replaced.counts(use()), true);
  });

  it('counts for a command that also names an NV index, whose Name is not its handle', () => {
    const { counts } = followed();
    assert.equal(counts(use({ code: TPM_CC.NV_Read, handles: [TPM_RH.OWNER, 0x01800001] })), true);
    assert.equal(counts(use({ code: TPM_CC.PolicySecret, handles: [TPM_RH.OWNER, OTHER_SESSION] })), false);
    assert.equal(counts(use({ code: TPM_CC.PolicySecret, handles: [TPM_RH.OWNER, PCR_7] })), false);
  });

  it('counts if anything else that the HMAC covers differs', () => {
    const { counts } = followed();
    const right = use();
    // HMAC sessions begin with 0x02, policy sessions with 0x03; the HMAC covers neither. One handle and the size of the
    // authorization area come before.
    const sessionType = HEADER_BYTES + 4 + 4;
    assert.equal(readUint32(right, sessionType), SESSION);
    fc.assert(
      fc.property(fc.integer({ min: 6, max: right.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        fc.pre(at !== sessionType);
        const changed = right.slice();
        changed[at] = (changed[at] as number) ^ difference;
        // The lengths of the areas determine the position of everything after them.
        assert.equal(counts(changed), true);
      }),
    );
  });

  it('is tracked for as many sessions as a TPM can have, and no more', () => {
    const { counts, started } = followed();
    for (let number = 1; number <= 300; number++) started({}, SESSION + number, 'tpm 0');
    assert.deepEqual(
      [255, 256].map((number) => counts(use({ sessions: [{ ...FIRST, session: SESSION + number }] }))),
      [false, true],
    );
    const inSession = (session: number) => use({ sessions: [{ ...FIRST, session }] });
    assert.equal(counts(inSession(SESSION + 64)), false);
    assert.equal(counts(inSession(SESSION + 300)), true);
    started({}, SESSION + 64, 'tpm again');
    assert.equal(
      counts(use({ sessions: [{ session: SESSION + 64, attributes: CONTINUES, nonceTpm: 'tpm again' }] })),
      false,
    );
  });

  it('is recognized in the second session, whose HMAC covers no nonce of others', () => {
    const { counts, started } = followed();
    started({}, OTHER_SESSION, 'tpm other');
    const other = { session: OTHER_SESSION, attributes: CONTINUES | DECRYPT, nonceTpm: 'tpm other' };
    const handles = [TPM_RH.OWNER, TPM_RH.ENDORSEMENT];
    const bytes = use({ code: TPM_CC.PolicySecret, handles, sessions: [FIRST, other] });
    assert.equal(counts(bytes, BAD_AUTH_OF_SECOND), false);
    const guess = use({ code: TPM_CC.PolicySecret, handles, sessions: [FIRST, other], key: 'guess' });
    assert.equal(counts(guess, BAD_AUTH_OF_SECOND), true);
  });

  it('counts beside a session that decrypts with a key, whose nonce is not known', () => {
    const { counts } = followed();
    const other = { session: OTHER_SESSION, attributes: CONTINUES | DECRYPT, nonceTpm: 'tpm other' };
    assert.equal(counts(use({ sessions: [FIRST, other], encryptionNonces: ['tpm other'] })), true);
  });

  it('is recognized after commands that used other sessions', () => {
    const { answered, counts, started } = followed();
    started({}, OTHER_SESSION, 'tpm other');
    const other = { session: OTHER_SESSION, attributes: CONTINUES, nonceTpm: 'tpm other' };
    answered(use({ sessions: [FIRST, other] }), sessionResponse(['tpm 1', 'other 1']));
    answered(use({ sessions: [FIRST] }), sessionResponse(['tpm 2']));
    assert.equal(counts(use({ sessions: [{ ...other, nonceTpm: 'other 1' }] })), false);
    assert.equal(counts(use({ sessions: [{ ...FIRST, nonceTpm: 'tpm 2' }] })), false);
  });

  it('is recognized after a password, whose handle has the number of a session', () => {
    const session = SESSION + handleNumber(TPM_RS_PW);
    const { answered, counts } = followed({}, session);
    const password = { session: TPM_RS_PW, attributes: 0, nonceTpm: '' };
    answered(use({ sessions: [password] }), sessionResponse(['']));
    assert.equal(counts(use({ sessions: [{ ...FIRST, session }] })), false);
  });

  it('is recognized where another session audits the start', () => {
    const { answered, counts } = followed();
    const bytes = startAuthSession({});
    const area = [...u32(OTHER_SESSION), ...sized([]), CONTINUES, ...sized([])];
    const handles = bytes.subarray(10, 18);
    const audited = command('StartAuthSession', [...handles, ...u32(area.length), ...area, ...bytes.subarray(18)]);
    audited.set(u16(TPM_ST.SESSIONS));
    const started = [...u32(SESSION), ...u32(22), ...sized(nonce('tpm audited'))];
    answered(audited, success([...started, ...sized([]), CONTINUES, ...sized([])], TPM_ST.SESSIONS));
    assert.equal(counts(use({ sessions: [{ ...FIRST, nonceTpm: 'tpm audited' }] })), false);
  });

  it('counts after a response that ends early or late, since its nonce is not known', () => {
    const late = sessionResponse(['tpm 1']);
    const early = late.slice(0, -1);
    for (const response of [early, Uint8Array.from([...late, 0])]) {
      const { answered, counts, sessions } = followed();
      answered(use(), response);
      assert.equal(sessions.concerns(use()), false, 'the session is no longer followed');
      for (const nonceTpm of ['tpm 0', 'tpm 1'])
        assert.equal(counts(use({ sessions: [{ ...FIRST, nonceTpm }] })), true);
    }
    const { answered, counts } = followed();
    answered(startAuthSession({}), success(u32(SESSION)));
    assert.equal(counts(use()), true, 'a start without a nonce');
  });

  it('counts if the hash is not known, or not available here', () => {
    const unknown = followed();
    const start = startAuthSession({});
    start.set(u16(0x0099), start.length - 2);
    unknown.answered(start, success([...u32(OTHER_SESSION), ...sized(nonce('tpm 0'))]));
    assert.equal(unknown.counts(use({ sessions: [{ ...FIRST, session: OTHER_SESSION }] })), true);
    for (const digests of [0, 1, 2]) {
      let left = digests;
      const failing = followed({}, SESSION, (name, bytes) => (left-- > 0 ? nodeHash(name, bytes) : undefined));
      assert.equal(failing.counts(use()), true, `available for ${digests} of 3 digests`);
    }
  });

  it('is no session that a command of another code started, or one with other handles', () => {
    const started = () => success([...u32(OTHER_SESSION), ...sized(nonce('tpm 0'))]);
    const inOther = use({ sessions: [{ ...FIRST, session: OTHER_SESSION }] });
    const { sessions, answered, counts } = followed();
    const other = startAuthSession({});
    other.set(u32(TPM_CC.NV_Read), 6);
    sessions.answered(other, started(), 2);
    assert.equal(counts(inOther), true);
    sessions.answered(startAuthSession({}), started(), 1);
    assert.equal(counts(inOther), true);
    const start = startAuthSession({});
    const withThird = command('StartAuthSession', [...start.subarray(10, 18), ...u32(KEY), ...start.subarray(18)]);
    sessions.answered(withThird, started(), 3);
    assert.equal(counts(inOther), true);
    answered(startAuthSession({}), started());
    assert.equal(counts(inOther), false);
  });

  it('concerns starts of sessions, and commands with sessions while one is followed', () => {
    const none = new UnkeyedSessions(nodeHash);
    const { sessions } = followed();
    const [start, withSession, without] = [startAuthSession({}), use(), command('GetRandom', u16(8))];
    assert.deepEqual(
      [start, withSession, without].map((bytes) => none.concerns(bytes)),
      [true, false, false],
    );
    assert.deepEqual(
      [start, withSession, without].map((bytes) => sessions.concerns(bytes)),
      [true, true, false],
    );
    const salted = followed({ tpmKey: KEY });
    assert.equal(salted.sessions.concerns(withSession), false, 'a session with a key is not followed');
  });

  it('is not confused by arbitrary responses and commands', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 80 }), (body, tail) => {
        const { answered, counts } = followed();
        answered(use(), success([...body], TPM_ST.SESSIONS));
        answered(command('StartAuthSession', [...tail]), success([...body]));
        assert.equal(counts(use({ key: 'guess' })), true);
      }),
    );
  });
});
