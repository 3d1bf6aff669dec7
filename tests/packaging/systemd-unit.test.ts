import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT_CODES } from '../../ts-core/daemon/exit-codes.js';
import { REPOSITORY } from '../support/daemon.js';

const unit = readFileSync(join(REPOSITORY, 'packaging', 'systemd', 'tpmtbs.service'), 'utf8');
const values = (name: string) => [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value);

describe('the systemd unit', () => {
  it('is stopped by no other unit, since D-Bus starts some for any user', () => {
    for (const name of ['Conflicts', 'BindsTo', 'Requires', 'PartOf', 'StopPropagatedFrom']) {
      assert.deepEqual(values(name), [], name);
    }
  });

  it('tries again for as long as the TPM is missing or held, and not what needs a person', () => {
    assert.deepEqual(values('Restart'), ['on-failure']);
    assert.deepEqual(values('StartLimitIntervalSec'), ['0']);
    const prevented = values('RestartPreventExitStatus').join(' ').split(' ').map(Number);
    assert.deepEqual(prevented, [EXIT_CODES.usage, EXIT_CODES.noPermission, EXIT_CODES.badConfiguration]);
  });
});
