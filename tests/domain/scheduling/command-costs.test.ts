import assert from 'node:assert/strict';
import { CommandCosts } from '../../../ts-core/domain/scheduling/command-costs.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';

const CREATE = TPM_CC.Create;
const RSA_2048 = 0x0001_0800;
const ECC_P256 = 0x0023_0003;

describe('the learned cost of commands', () => {
  it('is separate for each code, and for each type of key that a code creates', () => {
    const costs = new CommandCosts();
    for (let count = 0; count < 50; count++) {
      costs.learn(CREATE, RSA_2048, 200);
      costs.learn(CREATE, ECC_P256, 5);
      costs.learn(TPM_CC.GetRandom, 0, 1);
    }
    assert.equal(costs.estimateMs(CREATE, RSA_2048), 200);
    assert.equal(costs.estimateMs(CREATE, ECC_P256), 5);
    assert.equal(costs.estimateMs(TPM_CC.GetRandom, 0), 1);
    assert.deepEqual(costs.table()[0], { code: CREATE, keyType: RSA_2048, count: 50, meanMs: 200 });
    assert.equal(costs.table().length, 3);
  });

  it('is the mean of all commands for one that was never seen', () => {
    const costs = new CommandCosts();
    assert.equal(costs.estimateMs(1, 0), 20, 'nothing is known yet');
    costs.learn(2, 0, 7);
    assert.equal(costs.estimateMs(1, 0), 7);
  });

  it('follows a TPM that becomes slower, but hardly a single outlier', () => {
    const costs = new CommandCosts();
    for (let count = 0; count < 20; count++) costs.learn(1, 0, 10);
    costs.learn(1, 0, 100);
    assert.ok(costs.estimateMs(1, 0) < 20);
    for (let count = 0; count < 60; count++) costs.learn(1, 0, 100);
    assert.ok(costs.estimateMs(1, 0) > 95);
  });

  it('is limited in size, and separates vendor codes from key types', () => {
    const costs = new CommandCosts();
    for (let code = 0; code < 5000; code++) costs.learn(0x2000_0000 + code, 0, 1);
    assert.equal(costs.table().length, 1024);
    assert.equal(new Set(costs.table().map(({ code }) => code)).size, 1024);
  });

  it('is separate for a vendor code that looks like a code with a type of key', () => {
    const looksAlike = RSA_2048 * 0x1000 + CREATE;
    for (const vendorCode of [looksAlike, 0x1_0000_0000 - RSA_2048 * 0x1000 + CREATE]) {
      const costs = new CommandCosts();
      costs.learn(CREATE, RSA_2048, 200);
      costs.learn(vendorCode, 0, 1);
      assert.deepEqual([costs.estimateMs(CREATE, RSA_2048), costs.estimateMs(vendorCode, 0)], [200, 1]);
    }
  });

  it('is separate for two codes, however far their types of keys are apart', () => {
    const costs = new CommandCosts();
    const far = RSA_2048 + (CREATE - TPM_CC.CreatePrimary) * 0x1000;
    costs.learn(CREATE, RSA_2048, 200);
    costs.learn(TPM_CC.CreatePrimary, far, 1);
    assert.equal(costs.estimateMs(CREATE, RSA_2048), 200);
  });

  it('does not change in a table that was returned before', () => {
    const costs = new CommandCosts();
    costs.learn(1, 0, 10);
    const before = costs.table();
    costs.learn(1, 0, 100);
    assert.deepEqual(before, [{ code: 1, keyType: 0, count: 1, meanMs: 10 }]);
  });
});
