/** Tests that state which was stored with one TPM is recognized with another. */
import assert from 'node:assert/strict';
import type { OwnerAuthFiles } from '../../../ts-core/application/ports/owner-auth-stores.js';
import { adoptTpm, type ReplacedTpm } from '../../../ts-core/application/state/tpm-bound-state.js';
import type { TpmIdentity } from '../../../ts-core/domain/tpm/tpm-identity.js';
import { TRANSIENT_FIRST } from '../../../ts-core/domain/tpm20/codes.js';
import { MemoryStore } from '../../support/memory-store.js';

const OLD: TpmIdentity = { version: '2.0', manufacturerId: 1, marks: { 'key-ecc': 'aaaa' } };
const NEW: TpmIdentity = { version: '2.0', manufacturerId: 1, marks: { 'key-ecc': 'bbbb' } };
const SNAPSHOT = { savedSessions: [], ownedHandles: [TRANSIENT_FIRST + 1] };
const OWNER_AUTH = { appliedLevel: 'Full', autoProvisioning: 'Disabled', lockoutParametersSet: true };

/** The machine's disk: records and files, with a crash before the change of this number. */
class Disk extends MemoryStore {
  secrets = '';
  readonly aside = new Map<string, string>();
  changes = 0;
  crashBefore = Number.POSITIVE_INFINITY;

  get files(): Pick<OwnerAuthFiles, 'setAside' | 'bringBack' | 'forgetSetAside'> {
    return {
      setAside: (tpm) => {
        this.#change();
        if (this.aside.has(tpm) || this.secrets === '') return;
        this.aside.set(tpm, this.secrets);
        this.secrets = '';
      },
      bringBack: (tpm) => {
        this.#change();
        const secrets = this.aside.get(tpm);
        if (secrets === undefined) return;
        assert.equal(this.secrets, '');
        this.secrets = secrets;
        this.aside.delete(tpm);
      },
      forgetSetAside: (tpm) => {
        this.#change();
        this.aside.delete(tpm);
      },
    };
  }

  override async put(...[name, value]: Parameters<MemoryStore['put']>): Promise<void> {
    this.#change();
    await super.put(name, value);
  }

  override async delete(...[name]: Parameters<MemoryStore['delete']>): Promise<void> {
    this.#change();
    await super.delete(name);
  }

  #change(): void {
    if (++this.changes === this.crashBefore) throw new Error('crash');
  }
}

function adopt(disk: Disk, found: TpmIdentity, nowMs = 0): Promise<ReplacedTpm | undefined> {
  return adoptTpm({ store: disk, files: disk.files as OwnerAuthFiles, nowMs }, found);
}

async function usedWith(identity: TpmIdentity): Promise<Disk> {
  const disk = new Disk();
  assert.equal(await adopt(disk, identity), undefined);
  await disk.put('virtualizer', SNAPSHOT);
  await disk.put('feature:ownerAuth', OWNER_AUTH);
  await disk.put('failureLedger', { failures: [] } as never);
  disk.secrets = 'sealed to the old TPM';
  return disk;
}

describe('the state of a TPM', () => {
  it('stays where the TPM is the same, or does not show whether it is', async () => {
    const disk = await usedWith(OLD);
    for (const found of [OLD, { ...OLD, marks: {} }, { ...OLD, marks: { 'key-rsa': 'cccc' } }]) {
      assert.equal(await adopt(disk, found), undefined);
      assert.deepEqual(disk.get('virtualizer'), SNAPSHOT);
      assert.equal(disk.secrets, 'sealed to the old TPM');
    }
    // The broker recognizes the TPM by what it showed at the last start.
    assert.equal(
      await adopt(disk, { ...OLD, marks: { 'key-rsa': 'dddd' } }).then((found) => found?.earlier),
      '2.0-aaaa',
    );
  });

  it('is set aside for another TPM; what concerns users and the machine stays in force', async () => {
    const disk = await usedWith(OLD);
    assert.deepEqual(await adopt(disk, NEW), { earlier: '2.0-aaaa', found: '2.0-bbbb', isBack: false });
    assert.equal(disk.get('virtualizer'), undefined);
    assert.deepEqual(disk.get('feature:ownerAuth'), { autoProvisioning: 'Disabled', disabledSinceBoot: undefined });
    assert.deepEqual(disk.get('failureLedger'), { failures: [] });
    assert.deepEqual([disk.secrets, disk.aside.get('2.0-aaaa')], ['', 'sealed to the old TPM']);
    assert.equal(await adopt(disk, NEW), undefined, 'it is reported once');
  });

  it('comes back with its TPM', async () => {
    const disk = await usedWith(OLD);
    await adopt(disk, NEW);
    disk.secrets = 'sealed to the new TPM';
    assert.deepEqual(await adopt(disk, OLD), { earlier: '2.0-bbbb', found: '2.0-aaaa', isBack: true });
    assert.deepEqual([disk.get('virtualizer'), disk.get('feature:ownerAuth')], [SNAPSHOT, OWNER_AUTH]);
    assert.equal(disk.secrets, 'sealed to the old TPM');
    assert.deepEqual([...disk.aside], [['2.0-bbbb', 'sealed to the new TPM']]);
  });

  it('is complete after a crash at any step, with whichever TPM the broker starts then', async () => {
    for (const next of [OLD, NEW]) {
      let crashes = 0;
      for (let crashBefore = 1; crashBefore < 40; crashBefore++) {
        const disk = await usedWith(OLD);
        disk.changes = 0;
        disk.crashBefore = crashBefore;
        const crashed = await adopt(disk, NEW).then(
          () => false,
          () => true,
        );
        disk.crashBefore = Number.POSITIVE_INFINITY;
        if (crashed) crashes++;
        await adopt(disk, next);
        if (next === NEW) await adopt(disk, OLD);
        assert.deepEqual([disk.get('virtualizer'), disk.get('feature:ownerAuth')], [SNAPSHOT, OWNER_AUTH]);
        assert.equal(disk.secrets, 'sealed to the old TPM', `a crash before change ${crashBefore}`);
      }
      assert.ok(crashes > 5, `${crashes} crashes`);
    }
  });

  it('is kept for the sixteen latest TPMs', async () => {
    const disk = await usedWith(OLD);
    for (let number = 1; number <= 20; number++) {
      await adopt(disk, { ...OLD, marks: { 'key-ecc': `${number}` } }, number);
      disk.secrets = `sealed to ${number}`;
    }
    assert.deepEqual(
      [...disk.aside.keys()],
      Array.from({ length: 16 }, (_, index) => `2.0-${index + 4}`),
    );
  });

  it('that no version has marked belongs to the TPM that is found', async () => {
    const disk = new Disk();
    await disk.put('virtualizer', SNAPSHOT);
    await disk.put('feature:tpm', 'not a record');
    assert.equal(await adopt(disk, NEW), undefined);
    assert.deepEqual(disk.get('virtualizer'), SNAPSHOT);
  });
});
