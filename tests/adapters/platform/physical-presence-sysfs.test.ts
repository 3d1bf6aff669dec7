import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PhysicalPresenceSysfs } from '../../../ts-core/adapters/platform/physical-presence-sysfs.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { writePhysicalPresenceTree } from '../../support/physical-presence-tree.js';

describe('physical presence through sysfs', () => {
  let folder: string;
  let platform: PhysicalPresenceSysfs;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'tbs-ppi-')), 'ppi');
    platform = new PhysicalPresenceSysfs(() => folder);
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

  const fails = (symbol: string) => (error: unknown) => error instanceof TbsError && error.symbol === symbol;
  const put = (file: string, text: string) => writeFileSync(join(folder, file), text);

  it('reads the kernel’s files', async () => {
    writePhysicalPresenceTree(folder);
    assert.equal(await platform.version(), '1.3');
    assert.equal(await platform.pendingOperation(), 0);
    assert.equal(await platform.transitionAction(), 2);
    assert.deepEqual(await platform.lastAnswer(), { operation: 22, result: 0 });
    const confirmations = await platform.confirmations();
    assert.deepEqual(
      [5, 17, 6, 128].map((operation) => confirmations?.get(operation)),
      [3, 4, undefined, 2],
    );
  });

  it('reads every result that the kernel can write', async () => {
    writePhysicalPresenceTree(folder);
    const cases: readonly (readonly [string, object | undefined])[] = [
      ['0: No Recent Request\n', undefined],
      ['5 0: Success\n', { operation: 5, result: 0 }],
      ['5 0xFFFFFFF0: User Abort\n', { operation: 5, result: 0xfffffff0 }],
      ['5 0xFFFFFFF1: BIOS Failure\n', { operation: 5, result: 0xfffffff1 }],
      ['5 274: Corresponding TPM error\n', { operation: 5, result: 274 }],
      ['5 4294967295: Error\n', { operation: 5, result: 0xffffffff }],
    ];
    for (const [text, expected] of cases) {
      put('response', text);
      assert.deepEqual(await platform.lastAnswer(), expected, text);
    }
  });

  it('writes a request in the kernel’s format', async () => {
    writePhysicalPresenceTree(folder);
    await platform.request(22);
    assert.equal(readFileSync(join(folder, 'request'), 'latin1'), '22\n');
    assert.equal(await platform.pendingOperation(), 22);
  });

  it('is not supported without the folder, and does not create it', async () => {
    for (const call of [platform.version(), platform.pendingOperation(), platform.lastAnswer(), platform.request(5)]) {
      await assert.rejects(call, fails('TBS_E_PPI_NOT_SUPPORTED'));
    }
    assert.equal(existsSync(folder), false);
    mkdirSync(folder);
    await assert.rejects(platform.request(5), fails('TBS_E_PPI_NOT_SUPPORTED'));
    assert.equal(existsSync(join(folder, 'request')), false);
    put('version', '\n');
    await assert.rejects(platform.version(), fails('TBS_E_PPI_NOT_SUPPORTED'));
  });

  it('distinguishes a firmware without operations from one that cannot be asked', async () => {
    writePhysicalPresenceTree(folder);
    for (const file of ['tcg_operations', 'vs_operations']) put(file, '');
    assert.deepEqual(await platform.confirmations(), new Map());
    for (const file of ['tcg_operations', 'vs_operations']) rmSync(join(folder, file));
    assert.equal(await platform.confirmations(), undefined);
  });

  it('reports an error if the firmware does not answer the question about operations', async () => {
    writePhysicalPresenceTree(folder);
    rmSync(join(folder, 'tcg_operations'));
    mkdirSync(join(folder, 'tcg_operations'));
    await assert.rejects(platform.confirmations(), fails('TBS_E_IOERROR'));
  });

  it('reports an error for text that the kernel would not write', async () => {
    writePhysicalPresenceTree(folder);
    for (const text of ['', 'soon', '5', '5 x: y', '\u0000'.repeat(100_000)]) {
      put('response', text);
      await assert.rejects(platform.lastAnswer(), fails('TBS_E_IOERROR'), JSON.stringify(text.slice(0, 9)));
    }
  });

  it('reports an error for a request that the platform does not accept', async () => {
    writePhysicalPresenceTree(folder);
    rmSync(join(folder, 'request'));
    // Nobody can open this for writing, not even root.
    mkdirSync(join(folder, 'request'));
    await assert.rejects(platform.request(5), fails('TBS_E_IOERROR'));
    chmodSync(join(folder, 'request'), 0o755);
  });
});
