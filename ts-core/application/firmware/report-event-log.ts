/** Implements Get-TpmEventLog, Test-TpmEventLog and Tbsi_Get_TCG_Log. */
import { decodeEventLog, type EventLog } from '../../domain/firmware/event-log.js';
import {
  type BankComparison,
  compareWithPcrs,
  logMatchesPcrs,
  replayEventLog,
} from '../../domain/firmware/event-log-replay.js';
import type { HashFunction } from '../../domain/firmware/hash-algorithms.js';
import { TbsError } from '../../domain/tbs-error.js';
import { sameBytes } from '../../domain/tpm/byte-fields.js';
import { readPcrs } from '../../domain/tpm/read-pcrs.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { Dispatcher } from '../commands/dispatcher.js';
import type { EventLogSource } from '../ports/firmware.js';

export interface EventLogTest {
  readonly log: EventLog;
  /** Whether at least one PCR was compared and all of them match. */
  readonly matches: boolean;
  readonly banks: readonly BankComparison[];
}

const TBS_TCGLOG_SRTM_CURRENT = 0;
const TBS_TCGLOG_DRTM_CURRENT = 1;
const TBS_TCGLOG_SRTM_BOOT = 2;
const TBS_TCGLOG_SRTM_RESUME = 3;

/** A log whose bytes were decoded without a fault. */
interface DecodedLog {
  readonly bytes: Uint8Array;
  readonly log: EventLog;
}

export class ReportEventLog {
  #last: DecodedLog | undefined;
  readonly #version: TpmVersion;
  readonly #source: EventLogSource;
  readonly #dispatcher: Dispatcher;
  readonly #hash: HashFunction;

  constructor(version: TpmVersion, source: EventLogSource, dispatcher: Dispatcher, hash: HashFunction) {
    this.#version = version;
    this.#source = source;
    this.#dispatcher = dispatcher;
    this.#hash = hash;
  }

  /**
   * Returns the log's bytes as the firmware wrote them, for Tbsi_Get_TCG_Log.
   *
   * @param logType TBS_TCGLOG. The platform has only the log of this boot, none of a dynamic launch or of a resume.
   */
  async bytes(logType: number): Promise<Uint8Array> {
    switch (logType) {
      case TBS_TCGLOG_SRTM_CURRENT:
      case TBS_TCGLOG_SRTM_BOOT:
        return this.#source.read();
      case TBS_TCGLOG_DRTM_CURRENT:
      case TBS_TCGLOG_SRTM_RESUME:
        throw new TbsError('TBS_E_NO_EVENT_LOG', {
          message: 'The platform has only the log of the boot, none of a dynamic launch or of a resume.',
          action: 'Ask for the log of the boot (TBS_TCGLOG_SRTM_CURRENT).',
          details: { logType },
        });
      default:
        throw new TbsError('TBS_E_BAD_PARAMETER', { details: { parameter: 'logType' } });
    }
  }

  /**
   * Returns the decoded log, the same object while the firmware's bytes stay the same. Throws TBS_E_NO_EVENT_LOG, details
   * `offset` and `reason`, if it is damaged.
   */
  async log(): Promise<EventLog> {
    const bytes = await this.#source.read();
    if (this.#last !== undefined && sameBytes(this.#last.bytes, bytes)) return this.#last.log;
    const verdict = decodeEventLog(bytes);
    if (verdict.verdict === 'decoded') {
      this.#last = { bytes, log: verdict.log };
      return verdict.log;
    }
    const { offset, reason } = verdict.damage;
    const events = verdict.log.events.length;
    throw new TbsError('TBS_E_NO_EVENT_LOG', {
      message: `The measured-boot log is damaged at byte ${offset}, after ${events} events: ${reason}.`,
      action: 'Do not trust this log. Restart the machine; if it is damaged again, update its firmware.',
      details: { offset, reason, events },
    });
  }

  /** Replays the log and compares the results with the PCRs. */
  async test(): Promise<EventLogTest> {
    const log = await this.log();
    const replayed = replayEventLog(log, this.#hash);
    const wanted = new Map(replayed.map((bank) => [bank.algorithmId, [...bank.pcrs.keys()]]));
    const actual = await this.#dispatcher.runExchange(() => readPcrs(this.#version, wanted), {
      yieldsToCommands: true,
    });
    const banks = compareWithPcrs(log, replayed, actual);
    return { log, matches: logMatchesPcrs(banks), banks };
  }
}
