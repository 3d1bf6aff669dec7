/**
 * Reaches the TPM through Windows' own TPM Base Services (tbs.dll): one context, one command at a time.
 *
 * TBS virtualizes handles per context, and its command lists apply to the broker like to any other program. It supports
 * only locality 0. A late command is cancelled in TBS, and the next command waits until that one has ended.
 */
import type { Log } from '../../application/ports/logs.js';
import type { TpmTransport, TransmitOptions } from '../../application/ports/tpm-transport.js';
import { TBS_RESULTS, TbsError, type TbsSymbol } from '../../domain/tbs-error.js';
import { errorCodeOf, reasonOf, transportError } from './transport-error.js';

export interface TbsContext {
  /** Rejects with an Error whose `tbsResult` is the TBS result code. */
  submit(command: Uint8Array, priority: number): Promise<Uint8Array>;
  cancel(): void;
  close(): void;
}

/** Throws an Error with `tbsResult` when TBS refuses, or with `code` ENOENT if there is no tbs.dll. */
export type TbsContextOpener = () => TbsContext;

const DESCRIPTION = "Windows' TPM Base Services";
const PRIORITY_NORMAL = 200;
const EXPOSURE =
  "every program can use Windows' own TPM Base Services; there Windows' lists and lockout govern it, not this broker's";
/** TBS results that are passed on unchanged, because they say more than that the command failed. */
const TOLD_AS_IT_IS: readonly TbsSymbol[] = [
  'TPM_E_COMMAND_BLOCKED',
  'TBS_E_COMMAND_CANCELED',
  'TBS_E_TPM_NOT_FOUND',
  'TBS_E_TOO_MANY_TBS_CONTEXTS',
  'TBS_E_SERVICE_DISABLED',
  'TBS_E_BUFFER_TOO_LARGE',
];

export class WindowsTbsTransport implements TpmTransport {
  readonly description = DESCRIPTION;
  readonly maxLocality = 0;
  readonly cancellation = 'tbs';
  readonly ownsTpm = false;
  readonly isSoftwareTpm = false;
  onReset: (() => void) | undefined;

  #context: TbsContext | undefined;
  /** The command that TBS is still running, whether or not anyone waits for it. */
  #underWay: Promise<unknown> | undefined;
  #closed = false;
  readonly #openContext: TbsContextOpener;
  readonly #log: Log;

  constructor(openContext: TbsContextOpener, log: Log) {
    this.#openContext = openContext;
    this.#log = log;
  }

  async transmit(command: Uint8Array, { locality, timeoutMs }: TransmitOptions): Promise<Uint8Array> {
    if (locality !== 0) throw transportError(DESCRIPTION, `locality ${locality} is not possible with it`);
    let expired = false;
    const exchange = async (): Promise<Uint8Array> => {
      await this.#underWay;
      if (expired) throw new Error('an earlier command is still in progress');
      return this.#submit(command);
    };
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        expired = true;
        void this.cancel();
        reject(transportError(DESCRIPTION, `it did not answer within ${Math.round(timeoutMs)} ms`));
      }, timeoutMs);
    });
    try {
      return await Promise.race([exchange(), deadline]);
    } catch (error) {
      throw translated(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async cancel(): Promise<void> {
    if (this.#underWay === undefined) return;
    try {
      this.#context?.cancel();
    } catch (cause) {
      this.#log.warn({ transport: DESCRIPTION, reason: reasonOf(cause) }, 'the TPM did not accept a cancel');
    }
  }

  async exposure(): Promise<readonly string[]> {
    return [EXPOSURE];
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#context?.close();
    this.#context = undefined;
  }

  async #submit(command: Uint8Array): Promise<Uint8Array> {
    if (this.#closed) throw new Error('the transport was closed');
    this.#context ??= this.#openContext();
    const answer = this.#context.submit(command, PRIORITY_NORMAL);
    const ended = answer.then(
      () => undefined,
      () => undefined,
    );
    this.#underWay = ended;
    void ended.then(() => {
      if (this.#underWay === ended) this.#underWay = undefined;
    });
    return answer;
  }
}

function translated(error: unknown): TbsError {
  if (error instanceof TbsError) return error;
  const result = tbsResultOf(error);
  const symbol = TOLD_AS_IT_IS.find((each) => TBS_RESULTS[each].code === result);
  if (symbol !== undefined) {
    return new TbsError(symbol, {
      message: `${TBS_RESULTS[symbol].message} (Reported by Windows' TPM Base Services.)`,
      details: { transport: DESCRIPTION },
      cause: error,
    });
  }
  if (errorCodeOf(error) === 'ENOENT') {
    return new TbsError('TBS_E_TPM_NOT_FOUND', {
      message: 'This system has no TPM Base Services of Windows (tbs.dll).',
      details: { transport: DESCRIPTION },
      cause: error,
    });
  }
  return transportError(DESCRIPTION, reasonOf(error), error);
}

function tbsResultOf(error: unknown): number | undefined {
  const result = error instanceof Error && 'tbsResult' in error ? error.tbsResult : undefined;
  return typeof result === 'number' ? result : undefined;
}
