import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT_CODES } from '../../ts-core/daemon/exit-codes.js';
import { REPOSITORY } from '../support/daemon.js';

const unitPath = join(REPOSITORY, 'packaging', 'systemd', 'tpmtbs.service');
const unit = readFileSync(unitPath, 'utf8');
const values = (name: string, of = unit) =>
  [...of.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value);
const actionsPath = join(REPOSITORY, 'packaging', 'systemd', 'tpmtbs-actions.service');
const actions = readFileSync(actionsPath, 'utf8');

describe('the systemd unit', () => {
  it('is stopped by no other unit, since D-Bus starts some of them for any user', () => {
    for (const name of ['Conflicts', 'BindsTo', 'Requires', 'PartOf', 'StopPropagatedFrom']) {
      assert.deepEqual(values(name), [], name);
    }
  });

  it('waits for the TPM, and retries as long as it is missing or held, but not after faults that need an administrator', () => {
    for (const name of ['Wants', 'After']) assert.deepEqual(values(name), ['dev-tpm0.device'], name);
    assert.deepEqual(values('Restart'), ['on-failure']);
    assert.deepEqual(values('StartLimitIntervalSec'), ['0']);
    const prevented = values('RestartPreventExitStatus').join(' ').split(' ').map(Number);
    assert.deepEqual(prevented, [EXIT_CODES.usage, EXIT_CODES.noPermission, EXIT_CODES.badConfiguration]);
  });

  it('runs the broker as a separate user, with two capabilities', () => {
    assert.deepEqual(values('User'), ['tpmtbs']);
    assert.deepEqual(values('StateDirectoryMode'), ['0700']);
    for (const name of ['CapabilityBoundingSet', 'AmbientCapabilities']) {
      assert.deepEqual(values(name), ['CAP_DAC_READ_SEARCH CAP_SYS_PTRACE'], name);
    }
    assert.match(values('ExecStart')[0] ?? '', / --system$/);
  });

  it('has a slice with a share of the processors', () => {
    const [name = ''] = values('Slice');
    const slice = readFileSync(join(REPOSITORY, 'packaging', 'systemd', name), 'utf8');
    assert.deepEqual(values('CPUWeight', slice), ['1000']);
    assert.deepEqual(values('Slice', actions), [], 'scripts of event actions share with other services');
  });

  it('is exposed at most 3.0, as systemd-analyze rates it', function () {
    const exposure = exposureOf(unitPath) ?? this.skip();
    assert.ok(exposure <= 3.0, `exposure ${exposure}`);
  });
});

/** Undefined where systemd-analyze is missing, or older than --offline (systemd 250). */
function exposureOf(path: string): number | undefined {
  const { status, stdout, error } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', path], {
    encoding: 'utf8',
  });
  if (error !== undefined || status !== 0) return undefined;
  return Number(/Overall exposure level for \S+: ([0-9.]+)/.exec(stdout)?.[1]);
}

describe('the unit of event actions', () => {
  it('runs as a separate user, whom the broker knows as an observer, without any capability', () => {
    assert.deepEqual(values('User', actions), ['tpmtbs-actions']);
    assert.deepEqual(values('CapabilityBoundingSet', actions), ['']);
    const sysusers = readFileSync(join(REPOSITORY, 'packaging', 'systemd', 'tpmtbs.sysusers'), 'utf8');
    assert.match(sysusers, /^u tpmtbs-actions - /m);
    const shipped = readFileSync(join(REPOSITORY, 'packaging', 'debian', 'tbsd.json'), 'utf8');
    assert.deepEqual(JSON.parse(shipped), { eventActionsUser: 'tpmtbs-actions' });
  });

  it('never delays the broker, and is never delayed by it', () => {
    assert.deepEqual(values('After', actions), ['tpmtbs.service']);
    for (const name of ['Requires', 'BindsTo', 'PartOf', 'Wants', 'Before'])
      assert.deepEqual(values(name, actions), []);
    for (const name of ['Wants', 'Requires', 'After']) assert.ok(!values(name).join(' ').includes('tpmtbs-actions'));
  });

  it('survives a worker that uses up its memory', () => {
    assert.deepEqual([values('OOMPolicy', actions), values('MemoryMax', actions)], [['continue'], ['768M']]);
  });

  it('is exposed at most 2.5, as systemd-analyze rates it', function () {
    const exposure = exposureOf(actionsPath) ?? this.skip();
    assert.ok(exposure <= 2.5, `exposure ${exposure}`);
  });
});

describe('the socket units', () => {
  it('listen where the broker and its clients expect them, under the broker’s names', () => {
    for (const name of ['rpc', 'wire']) {
      const socket = readFileSync(join(REPOSITORY, 'packaging', 'systemd', `tpmtbs-${name}.socket`), 'utf8');
      assert.match(socket, new RegExp(`^ListenStream=/run/tpmtbs/${name}\\.sock$`, 'm'));
      assert.match(socket, new RegExp(`^FileDescriptorName=${name}$`, 'm'));
      assert.match(socket, /^Service=tpmtbs\.service$/m);
    }
    // A stop of the broker must leave the folder, in which the service manager's sockets are.
    assert.deepEqual(values('RuntimeDirectoryPreserve'), ['yes']);
  });
});
