import assert from 'node:assert/strict';
import {
  compareIdentities,
  identityName,
  mergeIdentities,
  NO_KEY,
  type TpmIdentity,
} from '../../../ts-core/domain/tpm/tpm-identity.js';

const IBM = 0x49424d00;

function tpm20(marks: Readonly<Record<string, string>>, manufacturerId = IBM): TpmIdentity {
  return { version: '2.0', manufacturerId, marks };
}

describe('the identity of a TPM', () => {
  it('is the same where a mark of one kind is the same, and another where all that can be compared differ', () => {
    const known = tpm20({ 'key-ecc': 'aa', 'key-rsa': 'bb' });
    assert.equal(compareIdentities(known, tpm20({ 'key-ecc': 'aa' })), 'same');
    assert.equal(compareIdentities(known, tpm20({ 'key-ecc': 'aa', 'key-rsa': 'cc' })), 'same');
    assert.equal(compareIdentities(known, tpm20({ 'key-ecc': 'cc' })), 'other');
  });

  it('is another for another family or manufacturer, whatever else is known', () => {
    const known = tpm20({ 'key-rsa': 'aa' });
    assert.equal(compareIdentities(known, tpm20({ 'key-rsa': 'aa' }, IBM + 1)), 'other');
    assert.equal(compareIdentities(known, { ...known, version: '1.2' }), 'other');
  });

  it('is unknown while the TPM shows nothing that can be compared', () => {
    assert.equal(compareIdentities(tpm20({ 'key-ecc': 'aa' }), tpm20({})), 'unknown');
    assert.equal(compareIdentities(tpm20({}), tpm20({ 'key-ecc': 'aa' })), 'unknown');
    assert.equal(compareIdentities(tpm20({ 'key-ecc': 'aa' }), tpm20({ 'key-rsa': 'bb' })), 'unknown');
  });

  it('is another where a TPM 2.0 has no certificate any more; a TPM 1.2 with an owner may only hide it', () => {
    const certified = tpm20({ 'certificate-1c00002': 'aa' });
    const bare = tpm20({ 'key-ecc': 'bb' });
    assert.equal(compareIdentities(certified, bare), 'other');
    assert.equal(compareIdentities(certified, tpm20({})), 'unknown');
    const tpm12 = { ...certified, version: '1.2' } as const;
    assert.equal(compareIdentities(tpm12, { ...bare, version: '1.2' }), 'unknown');
  });

  it('is another where the endorsement key is gone, and unknown where it has been created since', () => {
    const bare: TpmIdentity = { version: '1.2', manufacturerId: IBM, marks: { [NO_KEY]: 'aa' } };
    const keyed: TpmIdentity = { ...bare, marks: { 'key-rsa': 'bb' } };
    assert.equal(compareIdentities(keyed, bare), 'other');
    assert.equal(compareIdentities(bare, keyed), 'unknown');
    assert.equal(compareIdentities(bare, bare), 'unknown');
    assert.equal(compareIdentities(mergeIdentities(bare, keyed), bare), 'other');
    assert.equal(identityName(bare), '1.2-49424d00');
  });

  it('collects marks over time', () => {
    const merged = mergeIdentities(tpm20({ 'key-ecc': 'aa' }), tpm20({ 'key-rsa': 'bb' }));
    assert.deepEqual(merged.marks, { 'key-ecc': 'aa', 'key-rsa': 'bb' });
  });

  it('has a name that a folder can have', () => {
    assert.equal(identityName(tpm20({ 'key-ecc': '5a1f03c2e4b7d960aa' })), '2.0-5a1f03c2e4b7d960');
    assert.equal(identityName(tpm20({})), '2.0-49424d00');
  });
});
