import assert from 'node:assert/strict';
import { concat, uint16, uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { TPM_ET, TPM_ORD, TPM_TAG } from '../../../ts-core/domain/tpm12/codes.js';
import {
  authorizationCount,
  authorizesWithTransport,
  clearsEverything,
  createdKind,
  endsOtherSessions,
  handlePlaces,
  outHandleIsAuthenticated,
} from '../../../ts-core/domain/tpm12/command-shape.js';
import { command12 } from '../../support/tpm12-commands.js';

const names = (test: (ordinal: number) => boolean) =>
  Object.entries(TPM_ORD).flatMap(([name, ordinal]) => (test(ordinal) ? [name] : []));

describe('the positions of the handles in a TPM 1.2 command', () => {
  const { RQU_COMMAND, RQU_AUTH1_COMMAND, RQU_AUTH2_COMMAND } = TPM_TAG;
  const places = (ordinal: number, bodyBytes: number, tag: number = RQU_COMMAND) =>
    handlePlaces(command12(ordinal, new Uint8Array(bodyBytes), tag))?.map(({ offset, kind }) => [offset, kind]);

  it('follow the header for one or two keys, and for a session', () => {
    assert.deepEqual(places(TPM_ORD.Seal, 4), [[10, 'key']]);
    assert.deepEqual(places(TPM_ORD.CertifyKey, 8), [
      [10, 'key'],
      [14, 'key'],
    ]);
    assert.deepEqual(places(TPM_ORD.Terminate_Handle, 4), [[10, 'authSession']]);
    assert.deepEqual(places(TPM_ORD.GetRandom, 4), []);
  });

  it('are at the end for one or two authorizations', () => {
    assert.deepEqual(places(TPM_ORD.Sign, 4 + 45, RQU_AUTH1_COMMAND), [
      [10, 'key'],
      [14, 'authSession'],
    ]);
    assert.deepEqual(places(TPM_ORD.Unseal, 4 + 90, RQU_AUTH2_COMMAND), [
      [10, 'key'],
      [14, 'authSession'],
      [59, 'authSession'],
    ]);
  });

  it('include a transport session last if it authorizes the command', () => {
    assert.deepEqual(places(TPM_ORD.ExecuteTransport, 14 + 45, RQU_AUTH1_COMMAND), [[24, 'transportSession']]);
    assert.deepEqual(places(TPM_ORD.ReleaseTransportSigned, 4 + 90, RQU_AUTH2_COMMAND), [
      [10, 'key'],
      [14, 'authSession'],
      [59, 'transportSession'],
    ]);
    assert.deepEqual(names(authorizesWithTransport), ['ExecuteTransport', 'ReleaseTransportSigned']);
  });

  it('follow the entity type in TPM_OSAP and TPM_DSAP, if the entity is a key', () => {
    const entity = (ordinal: number, type: number) =>
      handlePlaces(command12(ordinal, concat(uint16(type), uint32(7))))?.map(({ offset }) => offset);
    assert.deepEqual(entity(TPM_ORD.OSAP, TPM_ET.KEYHANDLE), [12]);
    assert.deepEqual(entity(TPM_ORD.OSAP, 0x0600 | TPM_ET.KEYHANDLE), [12], 'the high byte is an encryption scheme');
    assert.deepEqual(entity(TPM_ORD.OSAP, TPM_ET.OWNER), []);
    assert.deepEqual(entity(TPM_ORD.DSAP, TPM_ET.DEL_KEY_BLOB), [12]);
    assert.deepEqual(entity(TPM_ORD.DSAP, TPM_ET.KEYHANDLE), []);
    assert.deepEqual(handlePlaces(command12(TPM_ORD.OSAP, Uint8Array.of(0, 1))), [], 'too short for one');
  });

  it('are unknown if the command is too short for them', () => {
    assert.equal(places(TPM_ORD.Seal, 3), undefined);
    assert.equal(places(TPM_ORD.CertifyKey, 7), undefined);
    assert.equal(places(TPM_ORD.Sign, 3 + 45, RQU_AUTH1_COMMAND), undefined);
    assert.equal(places(TPM_ORD.GetRandom, 44, RQU_AUTH1_COMMAND), undefined);
    assert.deepEqual(places(TPM_ORD.GetRandom, 45, RQU_AUTH1_COMMAND), [[10, 'authSession']]);
  });
});

describe('the effects of a TPM 1.2 command', () => {
  it('include created keys and sessions', () => {
    assert.deepEqual(
      names((ordinal) => createdKind(ordinal) === 'key'),
      ['LoadKey', 'LoadKey2', 'LoadKeyContext'],
    );
    assert.deepEqual(
      names((ordinal) => createdKind(ordinal) === 'authSession'),
      ['OIAP', 'OSAP', 'DSAP'],
    );
    assert.deepEqual(
      names((ordinal) => createdKind(ordinal) === 'transportSession'),
      ['EstablishTransport'],
    );
  });

  it('include ended sessions, or clearing everything', () => {
    assert.deepEqual(names(endsOtherSessions), [
      'ChangeAuthOwner',
      'NV_DefineSpace',
      'Delegate_Manage',
      'Delegate_CreateOwnerDelegation',
      'Delegate_LoadOwnerDelegation',
      'ReleaseCounter',
      'ReleaseCounterOwner',
    ]);
    assert.deepEqual(names(clearsEverything), ['OwnerClear', 'ForceClear', 'RevokeTrust']);
    assert.deepEqual(names(outHandleIsAuthenticated), ['LoadKey']);
  });

  it('include as many authorizations as its tag says', () => {
    const counts = [TPM_TAG.RQU_COMMAND, TPM_TAG.RQU_AUTH1_COMMAND, TPM_TAG.RQU_AUTH2_COMMAND].map((tag) =>
      authorizationCount(command12(TPM_ORD.Sign, new Uint8Array(), tag)),
    );
    assert.deepEqual(counts, [0, 1, 2]);
  });
});
