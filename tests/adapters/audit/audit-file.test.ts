import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AuditFile, type AuditFileOptions } from '../../../ts-core/adapters/audit/audit-file.js';
import type { AuditEvent, Log } from '../../../ts-core/application/ports/logs.js';
import { FakeClock } from '../../support/fake-clock.js';

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('audit file', () => {
  let folder: string;
  let path: string;
  let clock: FakeClock;
  let audit: AuditFile | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tbs-audit-'));
    path = join(folder, 'log', 'audit.jsonl');
    clock = new FakeClock();
  });
  afterEach(async () => {
    await audit?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const openAudit = (options: Partial<AuditFileOptions> = {}): AuditFile => {
    audit = new AuditFile({
      path,
      maxFileBytes: 1_000_000,
      maxFiles: 3,
      coalesceMs: 60_000,
      clock,
      log: silent,
      ...options,
    });
    return audit;
  };
  const event = (fields: Partial<AuditEvent> = {}): AuditEvent => ({
    kind: 'administration',
    time: new Date(clock.wallClockMs()).toISOString(),
    userKey: 'uid:1000',
    callerClass: 'standardUser',
    processId: 77,
    message: 'The command is blocked.',
    details: { code: 0x17b },
    ...fields,
  });
  const refusal = (fields: Partial<AuditEvent> = {}) => event({ kind: 'commandRefused', ...fields });
  const linesOf = (file: string): AuditEvent[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as AuditEvent);

  it('passes on each event that becomes a line, so a flood of refusals counts as one', () => {
    const passedOn: AuditEvent[] = [];
    const opened = openAudit({ onEvent: (each) => passedOn.push(each) });
    for (let count = 0; count < 1000; count++) opened.write(event({ kind: 'commandRefused' }));
    opened.write(event({ kind: 'lockoutBegan' }));
    clock.advance(60_000);
    deepEqual(
      passedOn.map(({ kind, repeated }) => [kind, repeated?.count]),
      [
        ['commandRefused', undefined],
        ['lockoutBegan', undefined],
        ['commandRefused', 999],
      ],
    );
  });

  it('writes one line of JSON for each decision, in a file that only the owner can read', async () => {
    const log = openAudit();
    log.write(event({ message: 'first\nwith a line break' }));
    log.write(event({ message: 'second' }));
    await log.close();
    deepEqual(
      linesOf(path).map(({ message }) => message),
      ['first\nwith a line break', 'second'],
    );
    deepEqual(linesOf(path)[1], event({ message: 'second' }));
    equal(statSync(path).mode & 0o777, 0o600);
    equal(statSync(dirname(path)).mode & 0o777, 0o700);
  });

  it('appends to an existing file and removes the access of others', async () => {
    mkdirSync(dirname(path));
    writeFileSync(path, `${JSON.stringify(event({ message: 'old' }))}\n`);
    chmodSync(path, 0o644);
    const log = openAudit();
    log.write(event({ message: 'new' }));
    await log.close();
    deepEqual(
      linesOf(path).map(({ message }) => message),
      ['old', 'new'],
    );
    equal(statSync(path).mode & 0o777, 0o600);
  });

  it('starts a new line after one that a kill has truncated', async () => {
    mkdirSync(dirname(path));
    writeFileSync(path, '{"kind":"comm');
    const log = openAudit();
    log.write(event({ message: 'whole' }));
    await log.close();
    const lines = readFileSync(path, 'utf8').split('\n');
    equal(lines[0], '{"kind":"comm');
    equal((JSON.parse(lines[1] ?? '') as AuditEvent).message, 'whole');
  });

  it('coalesces consecutive identical refusals into one line', async () => {
    const log = openAudit();
    for (let number = 0; number < 1000; number += 1) {
      log.write(refusal({ processId: number }));
      clock.advance(10);
    }
    clock.advance(60_000);
    await log.close();
    const lines = linesOf(path);
    equal(lines.length, 2);
    equal(lines[0]?.repeated, undefined);
    deepEqual(lines[1]?.repeated, {
      count: 999,
      first: '2026-01-01T12:00:00.010Z',
      last: '2026-01-01T12:00:09.990Z',
    });
  });

  it('writes the count at each interval while a user continues', async () => {
    const log = openAudit();
    for (let second = 0; second < 180; second += 1) {
      log.write(refusal());
      clock.advance(1000);
    }
    await log.close();
    const counts = linesOf(path).map(({ repeated }) => repeated?.count ?? 1);
    equal(
      counts.reduce((sum, count) => sum + count, 0),
      180,
    );
    ok(counts.length <= 5, `${counts}`);
  });

  it('does not coalesce refusals with different user, message or details', async () => {
    const log = openAudit();
    for (const fields of [{}, { userKey: 'uid:1001' }, { message: 'other' }, { details: { code: 1 } }]) {
      log.write(refusal(fields));
      log.write(refusal(fields));
    }
    await log.close();
    equal(linesOf(path).length, 8);
    equal(linesOf(path).filter(({ repeated }) => repeated?.count === 1).length, 4);
  });

  it('coalesces only refusals', async () => {
    const log = openAudit();
    for (let number = 0; number < 5; number += 1) log.write(event({ kind: 'authorizationFailed' }));
    await log.close();
    equal(linesOf(path).length, 5);
  });

  it('remembers a bounded number of refusals and loses no counts', async () => {
    const log = openAudit({ maxBufferedLines: 100_000, maxFileBytes: 100_000_000 });
    for (let number = 0; number < 3000; number += 1) {
      log.write(refusal({ userKey: `uid:${number}` }));
      log.write(refusal({ userKey: `uid:${number}` }));
    }
    await log.close();
    const total = linesOf(path).reduce((sum, { repeated }) => sum + (repeated?.count ?? 1), 0);
    equal(total, 6000);
  });

  it('coalesces all further kinds of refusals of one user, but not those of others', async () => {
    const log = openAudit();
    for (let code = 0; code < 3000; code += 1) log.write(refusal({ message: `${code} is blocked`, details: { code } }));
    log.write(refusal({ userKey: 'uid:1001' }));
    clock.advance(200_000);
    log.write(refusal({ message: 'told apart again' }));
    await log.close();
    const lines = linesOf(path);
    equal(lines.length, 64 + 2 + 1 + 1);
    equal(lines.filter(({ message }) => /^Further refusals/.test(`${message}`)).length, 2);
    equal(
      lines.reduce((sum, { repeated }) => sum + (repeated?.count ?? 1), 0),
      3002,
    );
    equal(lines.at(-1)?.message, 'told apart again');
  });

  it('leaves no timer when there is nothing to write', async () => {
    const log = openAudit();
    log.write(refusal());
    clock.advance(200_000);
    equal(clock.pendingTimers(), 0);
    await log.close();
  });

  it('rotates by size and keeps a bounded number of files', async () => {
    const log = openAudit({ maxFileBytes: 4096 });
    for (let number = 0; number < 200; number += 1) log.write(event({ details: { number } }));
    await log.close();
    const files = readdirSync(dirname(path)).sort();
    deepEqual(files, ['audit.jsonl', 'audit.jsonl.1', 'audit.jsonl.2']);
    for (const file of files) {
      const size = statSync(join(dirname(path), file)).size;
      ok(size > 0 && size <= 4096, `${file} has ${size} bytes`);
      equal(statSync(join(dirname(path), file)).mode & 0o777, 0o600);
    }
    const numbers = [...files]
      .reverse()
      .flatMap((file) => linesOf(join(dirname(path), file)).map(({ details }) => details['number']));
    equal(numbers.at(-1), 199);
    deepEqual(
      numbers,
      numbers.map((_, index) => Number(numbers[0]) + index),
      'in order, without a gap',
    );
  });

  it('keeps only the current file if the limit is one file', async () => {
    const log = openAudit({ maxFileBytes: 4096, maxFiles: 1 });
    for (let number = 0; number < 100; number += 1) log.write(event({ details: { number } }));
    await log.close();
    deepEqual(readdirSync(dirname(path)), ['audit.jsonl']);
    equal(linesOf(path).at(-1)?.details['number'], 99);
  });

  it('starts a new file after another program has moved the old one', async () => {
    const log = openAudit();
    log.write(event({ message: 'before' }));
    await written(path);
    renameSync(path, `${path}.moved`);
    log.write(event({ message: 'after' }));
    await log.close();
    deepEqual(
      linesOf(path).map(({ message }) => message),
      ['after'],
    );
  });

  it('does not follow a symbolic link in place of its file', async () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious');
    mkdirSync(dirname(path));
    symlinkSync(victim, path);
    const log = openAudit();
    log.write(event());
    await log.close();
    equal(readFileSync(victim, 'utf8'), 'precious');
    equal(log.lostLines(), 1);
  });

  it('writes an event without its details if they cannot be JSON or are too large', async () => {
    const log = openAudit();
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    log.write(event({ details: circular }));
    log.write(refusal({ details: { big: 1n } }));
    log.write(event({ details: { big: 'x'.repeat(100_000) } }));
    await log.close();
    const lines = linesOf(path);
    equal(lines.length, 3);
    for (const { details } of lines) match(String(details['omitted']), /JSON|longer/);
  });

  it('counts lines that are written after it was closed', async () => {
    const log = openAudit();
    await log.close();
    log.write(event());
    equal(log.lostLines(), 1);
  });

  it('never throws or blocks when it cannot write, counts lost lines, and continues later', async () => {
    const warnings: object[] = [];
    const log = openAudit({
      maxBufferedLines: 10,
      log: { ...silent, warn: (fields) => warnings.push(fields), error: (fields) => warnings.push(fields) },
    });
    writeFileSync(dirname(path), 'a file where the folder should be');
    for (let number = 0; number < 25; number += 1) log.write(event({ details: { number } }));
    await until(() => warnings.length === 1);
    log.write(event({ details: { number: 25 } }));
    equal(log.lostLines(), 16);
    rmSync(dirname(path));
    clock.advance(1000);
    await written(path);
    // Ten buffered lines and the one that reports the loss: until all are written, the buffer may still be full.
    await until(() => linesOf(path).length === 11);
    log.write(event({ message: 'again' }));
    await log.close();
    equal(log.lostLines(), 16);
    const lines = linesOf(path);
    equal(lines.filter(({ kind }) => kind === 'administration').length, 11);
    equal(lines.find(({ kind }) => kind === 'warning')?.details['lostLines'], 16);
    equal(lines.at(-1)?.message, 'again');
  });

  it('survives a full disk and continues when there is room (needs root to mount a tmpfs)', async function () {
    const small = join(folder, 'small');
    mkdirSync(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      this.skip();
    }
    try {
      path = join(small, 'audit.jsonl');
      let failures = 0;
      const log = openAudit({ maxBufferedLines: 50, log: { ...silent, error: () => (failures += 1) } });
      log.write(event({ message: 'before' }));
      await written(path);
      fill(join(small, 'filler'));
      for (let number = 0; number < 200; number += 1) log.write(event({ message: 'x'.repeat(200) }));
      await until(() => failures === 1);
      ok(log.lostLines() >= 100, `${log.lostLines()} lost`);
      rmSync(join(small, 'filler'));
      clock.advance(1000);
      // While the buffer is still being written, it has no room, and the line is lost like those before.
      let attempts = 0;
      await until(() => {
        const lost = log.lostLines();
        attempts += 1;
        log.write(event({ message: 'after' }));
        return log.lostLines() === lost;
      });
      await log.close();
      const messages = linesOf(path).map(({ message }) => message);
      equal(messages[0], 'before');
      equal(messages.at(-1), 'after');
      const tellings = messages.filter((message) => /^Audit lines are missing/.test(String(message))).length;
      ok(tellings > 0);
      const events = messages.length - tellings;
      equal(events, 1 + 200 + attempts - log.lostLines(), 'every line is there or counted');
    } finally {
      await audit?.close();
      execFileSync('umount', ['-l', small]);
    }
  });
});

function fill(file: string): void {
  try {
    for (;;) appendFileSync(file, new Uint8Array(1024));
  } catch {
    // The disk is full, which is what the test needs.
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2000; tries += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error('the condition did not come true within 2 seconds');
}

function written(path: string): Promise<void> {
  return until(() => {
    try {
      return readFileSync(path).length > 0;
    } catch {
      return false;
    }
  });
}
