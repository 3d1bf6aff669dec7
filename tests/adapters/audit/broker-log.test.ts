import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBrokerLog } from '../../../ts-core/adapters/audit/broker-log.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';

describe('broker log', () => {
  const logged = (write: (log: ReturnType<typeof openBrokerLog>) => void): Record<string, unknown>[] => {
    const lines: string[] = [];
    write(openBrokerLog({ level: 'info', path: null, stream: { write: (line: string) => void lines.push(line) } }));
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  it('writes JSON lines with level, time and fields, down to the configured level', () => {
    const lines = logged((log) => {
      log.debug({}, 'unseen');
      log.info({ contexts: 3 }, 'seen');
    });
    equal(lines.length, 1);
    equal(lines[0]?.['level'], 'info');
    equal(lines[0]?.['msg'], 'seen');
    equal(lines[0]?.['contexts'], 3);
    match(String(lines[0]?.['time']), /^\d{4}-\d\d-\d\dT/);
  });

  it('writes a few lines with the same message in a minute, and then their count', () => {
    const lines: Record<string, unknown>[] = [];
    let nowMs = 0;
    const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
    const log = openBrokerLog({ level: 'info', path: null, stream, nowMs: () => nowMs });
    for (let count = 0; count < 5000; count++) log.error({ count }, 'a command failed');
    log.warn({}, 'something else');
    equal(lines.filter(({ msg }) => msg === 'a command failed').length, 20);
    equal(lines.at(-1)?.['msg'], 'something else');
    nowMs = 60_000;
    log.error({}, 'a command failed');
    deepEqual(
      lines.slice(-2).map(({ msg, message, count }) => ({ msg, message, count })),
      [
        { msg: 'further lines like this were not written', message: 'a command failed', count: 4980 },
        { msg: 'a command failed', message: undefined, count: undefined },
      ],
    );
    for (let count = 0; count < 30; count++) log.error({}, 'a command failed');
    void log.close();
    equal(lines.at(-1)?.['count'], 11);
  });

  it('removes bytes and all fields with the name of a secret, at any depth', () => {
    const [line] = logged((log) =>
      log.warn(
        {
          ownerAuth: 'hunter2',
          nested: { list: [{ newPassword: 'hunter2', lockoutAuthValue: 'hunter2' }] },
          command: new TextEncoder().encode('hunter2'),
          level: 4,
        },
        'with secrets',
      ),
    );
    ok(!JSON.stringify(line).includes('hunter2'));
    ok(!JSON.stringify(line).includes('104,117'));
    equal(line?.['command'], '[7 bytes]');
    deepEqual(line?.['nested'], { list: [{ newPassword: '[redacted]', lockoutAuthValue: '[redacted]' }] });
  });

  it('shows an error with its causes, but no secret of its details', () => {
    const cause = Object.assign(new Error('socket gone'), { code: 'EPIPE' });
    const [line] = logged((log) =>
      log.error({ err: new TbsError('TBS_E_IOERROR', { cause, details: { ownerAuth: 'hunter2' } }) }, 'failed'),
    );
    const text = JSON.stringify(line);
    match(text, /TBS_E_IOERROR/);
    match(text, /socket gone/);
    match(text, /EPIPE/);
    ok(!text.includes('hunter2'));
  });

  it('accepts circular and deep fields', () => {
    const circular: Record<string, unknown> = { big: 1n };
    circular['self'] = circular;
    equal(logged((log) => log.info(circular, 'circular')).length, 1);
  });

  it('drops lines that are logged after it was closed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tbs-log-'));
    try {
      const path = join(folder, 'tbsd.log');
      const log = openBrokerLog({ level: 'info', path });
      log.info({}, 'before the end');
      await log.close();
      log.error({}, 'after the end');
      equal(readFileSync(path, 'utf8').split('\n').length, 2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('creates a file that only its owner can read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tbs-log-'));
    try {
      const path = join(folder, 'deeper', 'tbsd.log');
      const log = openBrokerLog({ level: 'info', path });
      log.info({ a: 1 }, 'to a file');
      await log.close();
      match(readFileSync(path, 'utf8'), /to a file/);
      equal(statSync(path).mode & 0o777, 0o600);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
