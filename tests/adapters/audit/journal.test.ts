import { deepEqual, equal, ok } from 'node:assert/strict';
import { fstatSync } from 'node:fs';
import { openBrokerLog } from '../../../ts-core/adapters/audit/broker-log.js';
import { journalEvents, leadsToJournal } from '../../../ts-core/adapters/audit/journal.js';
import type { AuditEvent } from '../../../ts-core/application/ports/logs.js';

const LOCKOUT: AuditEvent = {
  kind: 'lockoutBegan',
  time: '2026-01-01T12:00:00.000Z',
  userKey: 'uid:1000',
  callerClass: 'standardUser',
  processId: 77,
  message: 'User uid:1000 is locked out.',
  details: { failures: 4 },
};

describe('the journal', () => {
  function written(event: AuditEvent): string[] {
    const sent: string[] = [];
    journalEvents((path, bytes) => sent.push(path, new TextDecoder().decode(bytes)))(event);
    equal(sent[0], '/run/systemd/journal/socket');
    return sent[1]?.split('\n') ?? [];
  }

  it('gets an event with fields to search by', () => {
    deepEqual(written(LOCKOUT), [
      'MESSAGE=User uid:1000 is locked out.',
      'PRIORITY=4',
      'SYSLOG_IDENTIFIER=tbsd',
      'TBS_EVENT=lockoutBegan',
      'TBS_USER=uid:1000',
      'TBS_CLASS=standardUser',
      'TBS_PID=77',
      'TBS_DETAILS={"failures":4}',
      '',
    ]);
  });

  it('gets no field from the text of an event, and no unbounded entry', () => {
    const lines = written({
      ...LOCKOUT,
      message: `${'x'.repeat(100_000)}`,
      details: { text: 'a\nTBS_USER=uid:0', filler: 'y'.repeat(100_000) },
    });
    ok(lines.join('\n').length < 10_000);
    equal(lines.filter((line) => line.startsWith('TBS_DETAILS')).length, 0);
    const [message, priority] = written({ ...LOCKOUT, message: 'a\nPRIORITY=0' });
    deepEqual([message, priority], ['MESSAGE=a PRIORITY=0', 'PRIORITY=4']);
  });

  it('may reject an entry without any effect on the broker', () => {
    journalEvents(() => {
      throw new Error('EAGAIN');
    })(LOCKOUT);
  });

  it('is recognized by the device and inode that systemd names', () => {
    const { dev, ino } = fstatSync(2);
    equal(leadsToJournal({ JOURNAL_STREAM: `${dev}:${ino}` }, 2), true);
    for (const stream of [undefined, '', `${dev}:${ino + 1}`, 'nonsense']) {
      equal(leadsToJournal({ JOURNAL_STREAM: stream }, 2), false, stream);
    }
    equal(leadsToJournal({ JOURNAL_STREAM: `${dev}:${ino}` }, 999_999), false);
  });

  it('gets log lines with their priorities', () => {
    const lines: string[] = [];
    const log = openBrokerLog({
      level: 'debug',
      path: null,
      withPriorities: true,
      stream: { write: (line: string) => void lines.push(line) },
    });
    log.debug({}, 'd');
    log.info({}, 'i');
    log.warn({}, 'w');
    log.error({}, 'e');
    deepEqual(
      lines.map((line) => [line.slice(0, 3), (JSON.parse(line.slice(3)) as { msg: string }).msg]),
      [
        ['<7>', 'd'],
        ['<6>', 'i'],
        ['<4>', 'w'],
        ['<3>', 'e'],
      ],
    );
    void log.close();
  });
});
