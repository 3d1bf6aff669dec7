import { deepEqual, equal, match, ok, rejects, throws } from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nativeAddon } from '../../../ts-core/adapters/identity/native-addon.js';
import { LmdbStateStore } from '../../../ts-core/adapters/state/lmdb-state-store.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';

const tryLock = (fd: number) => nativeAddon().tryLockExclusive(fd);
const isRoot = process.getuid?.() === 0;

const refusesWith = (reason: string) => (error: unknown) =>
  error instanceof TbsError && error.symbol === 'TBS_E_INTERNAL_ERROR' && error.details['reason'] === reason;

describe('lmdb state store', () => {
  let base: string;
  let folder: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'tbs-state-'));
    folder = join(base, 'state');
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  const reopened = async <Result>(use: (store: LmdbStateStore) => Result | Promise<Result>): Promise<Result> => {
    const store = LmdbStateStore.open({ folder, tryLock });
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  };

  it('keeps records across a restart, replaces them as a whole and forgets deleted ones', async () => {
    await reopened(async (store) => {
      equal(store.get('localAuthLevel'), undefined);
      await store.put('localAuthLevel', { level: 2 });
      await store.put('localAuthLevel', { level: 4 });
      await store.put('feature:other', [1, 'zwei', null]);
      deepEqual(store.get('localAuthLevel'), { level: 4 });
    });
    await reopened(async (store) => {
      deepEqual(store.get('localAuthLevel'), { level: 4 });
      deepEqual(store.get('feature:other'), [1, 'zwei', null]);
      await store.delete('localAuthLevel');
    });
    await reopened((store) => equal(store.get('localAuthLevel'), undefined));
  });

  it('keeps the last of several writes in progress', async () => {
    await reopened(async (store) => {
      await Promise.all([1, 2, 3, 4, 5].map((number) => store.put('feature:n', number)));
      equal(store.get('feature:n'), 5);
    });
    await reopened((store) => equal(store.get('feature:n'), 5));
  });

  it('prevents others from reading its records, even in a folder that was open', async () => {
    mkdirSync(folder, { mode: 0o755 });
    await reopened((store) => store.put('feature:x', 1));
    equal(statSync(folder).mode & 0o777, 0o700);
    for (const file of readdirSync(folder)) equal(statSync(join(folder, file)).mode & 0o777, 0o600, file);
  });

  it('refuses a folder of another user (needs root to create one)', function () {
    if (!isRoot) this.skip();
    mkdirSync(folder);
    chownSync(folder, 12345, 12345);
    throws(() => LmdbStateStore.open({ folder, tryLock }), refusesWith('unusable'));
  });

  it('refuses a second broker on the same folder and names the first', async () => {
    await reopened(() => {
      throws(
        () => LmdbStateStore.open({ folder, tryLock }),
        (error: unknown) => refusesWith('inUse')(error) && error instanceof TbsError && error.message.includes(folder),
      );
    });
    await reopened((store) => store.put('feature:x', 1));
  });

  it('refuses a record that is too large and keeps the old one', async () => {
    await reopened(async (store) => {
      await store.put('feature:x', 'small');
      await rejects(store.put('feature:x', 'x'.repeat(5_000_000)), refusesWith('tooLarge'));
      equal(store.get('feature:x'), 'small');
    });
  });

  const damage: Readonly<Record<string, (file: string) => void>> = {
    'text in its place': (file) => writeFileSync(file, 'not a database, but long enough to look at '.repeat(500)),
    'a file cut to one byte': (file) => truncateSync(file, 1),
    'a file cut inside its first page': (file) => truncateSync(file, 100),
    'a file cut after its meta pages': (file) => truncateSync(file, 8192),
    'zeros in its place': (file) => writeFileSync(file, new Uint8Array(32_768)),
  };
  for (const [what, harm] of Object.entries(damage)) {
    it(`reports a damaged database clearly: ${what}`, async () => {
      await reopened((store) => store.put('feature:x', 1));
      harm(join(folder, 'records.mdb'));
      throws(
        () => LmdbStateStore.open({ folder, tryLock }),
        (error: unknown) => {
          ok(refusesWith('damaged')(error));
          match((error as TbsError).message, /records\.mdb are damaged/);
          return true;
        },
      );
    });
  }

  it('starts on an empty database file as on a missing one', async () => {
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, 'records.mdb'), '');
    await reopened((store) => store.put('feature:x', 1));
  });

  it('frees the folder when opening it failed', async () => {
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, 'records.mdb'), 'x'.repeat(10_000));
    throws(() => LmdbStateStore.open({ folder, tryLock }), refusesWith('damaged'));
    rmSync(join(folder, 'records.mdb'));
    await reopened((store) => store.put('feature:x', 1));
  });

  it('loses nothing acknowledged when it is killed at any moment', async function () {
    this.timeout(60_000);
    const writer = fileURLToPath(new URL('./record-writer.js', import.meta.url));
    let acknowledged = 0;
    for (let round = 0; round < 12; round += 1) {
      acknowledged = Math.max(acknowledged, await killedWriter(writer, folder, 3 + round * 7));
      await reopened((store) => {
        const kept = Number(store.get('feature:number') ?? 0);
        ok(kept >= acknowledged, `round ${round}: ${acknowledged} was acknowledged, ${kept} is kept`);
        for (let slot = 0; slot < 16; slot += 1) {
          const newest = newestOfSlot(acknowledged, slot);
          const record = store.get(`feature:slot-${slot}`) as { number: number } | undefined;
          ok(newest <= 0 || (record?.number ?? 0) >= newest, `round ${round}: slot ${slot} lost ${newest}`);
        }
      });
    }
    ok(acknowledged > 12, 'the writers got far enough to prove something');
  });

  it('reports a full disk, stays readable and goes on when there is room (needs root to mount a tmpfs)', async function () {
    this.timeout(30_000);
    const small = join(base, 'small');
    mkdirSync(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0755', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      this.skip();
    }
    try {
      folder = join(small, 'state');
      await reopened(async (store) => {
        await store.put('feature:before', 'kept');
        writeFileSync(join(small, 'filler'), new Uint8Array(700_000));
        await rejects(store.put('feature:big', 'x'.repeat(600_000)), refusesWith('diskFull'));
        equal(store.get('feature:before'), 'kept');
        equal(store.get('feature:big'), undefined);
        rmSync(join(small, 'filler'));
        await store.put('feature:big', 'x'.repeat(100_000));
      });
      await reopened((store) => {
        equal(store.get('feature:before'), 'kept');
        equal(String(store.get('feature:big')).length, 100_000);
      });
    } finally {
      execFileSync('umount', ['-l', small]);
    }
  });

  it('completes writes in progress when it is closed, and refuses everything afterwards', async () => {
    const store = LmdbStateStore.open({ folder, tryLock });
    const begun = store.put('feature:begun', 1);
    await store.close();
    await begun;
    await rejects(store.put('feature:late', 1), refusesWith('closed'));
    await rejects(store.delete('feature:begun'), refusesWith('closed'));
    throws(() => store.get('feature:begun'), refusesWith('closed'));
    await store.close();
    const reopened = LmdbStateStore.open({ folder, tryLock });
    equal(reopened.get('feature:begun'), 1);
    await reopened.close();
  });

  it('reports a folder that cannot be created', () => {
    writeFileSync(folder, 'a file');
    throws(() => LmdbStateStore.open({ folder, tryLock }), refusesWith('unusable'));
  });
});

function newestOfSlot(acknowledged: number, slot: number): number {
  return acknowledged - ((((acknowledged - slot) % 16) + 16) % 16);
}

/**
 * Runs the writer until it has acknowledged `records`, kills it immediately, and returns the last acknowledged
 * number.
 */
function killedWriter(writer: string, folder: string, records: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [writer, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    let lines = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output = `${output.slice(-64)}${text}`;
      lines += text.split('\n').length - 1;
      if (lines >= records) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', () => {
      const complete = output.split('\n').slice(0, -1);
      resolve(Number(complete.at(-1) ?? 0));
    });
  });
}
